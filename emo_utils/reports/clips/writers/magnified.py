"""The clip with small motions enlarged."""

from pathlib import Path

from emo_utils.motion.magnify import magnify_clip
from emo_utils.reports.clips.writer import VIDEOS, ClipResults, OnFrame, writer


@writer(
    "magnified",
    {"magnified.mp4": "the clip with small motions enlarged; see `emo_utils.motion.magnify`"},
    VIDEOS + 1,
    default=False,
    needs_video=True,
)
def write_magnified(results: ClipResults, folder: Path, on_frame: OnFrame | None = None) -> None:
    """Write `magnified.mp4`."""
    magnify_clip(results.source.path, folder / "magnified.mp4", on_frame=on_frame)
