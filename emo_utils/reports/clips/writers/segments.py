"""The segments, `segments.csv`, and the curves in which they were found, `motion.csv`."""

from functools import partial
from pathlib import Path

from emo_utils.motion.segments_file import write_segments
from emo_utils.reports.clips.writer import TABLES, ClipResults, writer
from emo_utils.table_text import number

FILES = {
    "segments.csv": "a row per expression: onset, apex, offset; see `emo_utils.motion.segments_file`",
    "motion.csv": "distance of each face from rest, frame by frame; see `emo_utils.inference.segmenting`",
}


@writer("segments", FILES, TABLES, needs_motion=True)
def save_segments(results: ClipResults, folder: Path, on_frame=None) -> None:
    """Write `segments.csv` and `motion.csv`."""
    result = results.result
    write_segments(result.segments, results.name, folder / "segments.csv")
    five = partial(number, digits=5)
    result.motion.to_csv(folder / "motion.csv", index=False, float_format=five, lineterminator="\n")
