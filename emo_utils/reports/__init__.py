"""Read results and show them: summaries, charts, annotated videos. Nothing here computes an expression."""
