"""The report of a clip to print."""

from pathlib import Path

from emo_utils.reports.clips.writer import PICTURES, ClipResults, OnFrame, writer


@writer("pdf", {"report.pdf": "to print: a page per person, methods, limits, settings"}, PICTURES + 2, default=False)
def write_pdf(results: ClipResults, folder: Path, on_frame: OnFrame | None = None) -> None:
    """Write `report.pdf`."""
    from emo_utils.reports.clips.documents.clip_pdf import clip_pdf  # matplotlib and reportlab take a second

    clip_pdf(results, folder / "report.pdf")
