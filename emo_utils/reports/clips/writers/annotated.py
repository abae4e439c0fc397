"""The clip with the results drawn into it."""

from pathlib import Path

from emo_utils.reports.clips.annotate import annotate_clip, annotate_picture
from emo_utils.reports.clips.buffers import Buffers
from emo_utils.reports.clips.writer import VIDEOS, ClipResults, OnFrame, writer


@writer("annotated", {"annotated.mp4": "the clip with boxes, expressions and its sound"}, VIDEOS, needs_source=True)
def write_annotated(results: ClipResults, folder: Path, on_frame: OnFrame | None = None) -> None:
    """Write `annotated.mp4`; of a single picture `annotated.png`."""
    result = results.result
    if results.source.frames == 1:
        annotate_picture(results.source, result.timeline, folder / "annotated.png")
        return
    window = results.window
    buffers = Buffers.of(result.timeline, window) if window else None
    annotate_clip(results.source, result.timeline, folder / "annotated.mp4", on_frame, result.segments, buffers)
