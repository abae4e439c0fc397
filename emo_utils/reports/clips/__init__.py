"""Results of a clip: charts, annotated video, summary, segments."""
