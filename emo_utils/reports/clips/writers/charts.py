"""Charts of the timeline and of the motion."""

from pathlib import Path

from emo_utils.reports.clips.writer import PICTURES, ClipResults, writer

FILES = {
    "charts/line.*": "probabilities over time; a file per format of --formats; a clip without faces has no charts",
    "charts/bar.*": "share of time per emotion",
    "charts/pie.*": "the same as a pie per person",
    "charts/motion.*": "motion over time, with segments; if they were requested",
}


@writer("charts", FILES, PICTURES)
def write_charts(results: ClipResults, folder: Path, on_frame=None) -> None:
    """Write `charts/`."""
    from emo_utils.reports.clips.charts import save_charts  # imports matplotlib

    result = results.result
    formats = results.options.chart_formats
    save_charts(result.timeline, folder / "charts", result.segments, result.motion, results.name, formats)
