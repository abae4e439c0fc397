"""The timeline as CSV: a row per frame and face; it is written before all other outputs."""

from pathlib import Path

from emo_utils.reports.clips.writer import ClipResults, writer


@writer("timeline", {"timeline.csv": "a row per frame and face; see `emo_utils.timeline`"}, order=0, required=True)
def write_timeline(results: ClipResults, folder: Path, on_frame=None) -> None:
    """Write `timeline.csv`."""
    results.result.timeline.save_csv(folder / "timeline.csv")
