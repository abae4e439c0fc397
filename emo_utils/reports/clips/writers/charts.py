"""Charts of the timeline and of the motion."""

from pathlib import Path

from emo_utils.reports.clips.writer import PICTURES, ClipResults, writer

FILES = {
    "charts/line.png": "probabilities over time",
    "charts/bar.png": "share of time per emotion",
    "charts/pie.png": "the same as a pie per person",
    "charts/motion.png": "motion over time, with segments; if they were requested",
}


@writer("charts", FILES, PICTURES)
def write_charts(results: ClipResults, folder: Path, on_frame=None) -> None:
    """Write `charts/`."""
    from emo_utils.reports.clips.charts import save_charts  # importing matplotlib takes a second

    result = results.result
    save_charts(result.timeline, folder / "charts", result.segments, result.motion)
