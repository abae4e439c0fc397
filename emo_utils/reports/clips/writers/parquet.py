"""The timeline as Parquet: the same table with its types, in a small file that loads fast."""

from pathlib import Path

from emo_utils.reports.clips.writer import ClipResults, writer


@writer("parquet", {"timeline.parquet": "the same table as timeline.csv, unrounded"}, order=1, package="pyarrow")
def write_parquet(results: ClipResults, folder: Path, on_frame=None) -> None:
    """Write `timeline.parquet`."""
    results.result.timeline.save_parquet(folder / "timeline.parquet")
