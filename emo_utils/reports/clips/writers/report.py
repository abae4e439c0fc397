"""The report of a clip as one HTML file, without and with the annotated video."""

from pathlib import Path

from emo_utils.output import write_text_whole
from emo_utils.reports.clips.annotate import annotate_clip
from emo_utils.reports.clips.writer import PICTURES, VIDEOS, ClipResults, OnFrame, writer


@writer("report", {"report.html": "people, apexes, charts, methods, limits, settings: one file to open"}, PICTURES + 1)
def write_report(results: ClipResults, folder: Path, on_frame: OnFrame | None = None) -> None:
    """Write `report.html`."""
    from emo_utils.reports.clips.documents.clip_page import clip_page  # matplotlib and jinja2 take a second

    write_text_whole(folder / "report.html", clip_page(results))


@writer(
    "report_video",
    {"report_video.html": "the same, with the annotated video inside"},
    VIDEOS + 2,
    default=False,
    needs_video=True,
)
def write_report_video(results: ClipResults, folder: Path, on_frame: OnFrame | None = None) -> None:
    """Write `report_video.html`."""
    from emo_utils.reports.clips.documents.clip_page import clip_page

    video = folder / "embedded.mp4"
    try:
        annotate_clip(results.source, results.result.timeline, video, on_frame, results.result.segments)
        write_text_whole(folder / "report_video.html", clip_page(results, video))
    finally:
        video.unlink(missing_ok=True)
