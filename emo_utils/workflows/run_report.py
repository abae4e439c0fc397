"""`report.html` of a folder of results, beside `manifest.csv`."""

from pathlib import Path, PurePosixPath
from urllib.parse import quote

from emo_utils.file_names import as_text
from emo_utils.output import write_text_whole
from emo_utils.reports.clips.documents.run_page import ClipLine, run_page
from emo_utils.results_folder import read_listing
from emo_utils.workflows.clip_manifest import PASSED_OVER, ClipRow, read_rows

REPORT = "report.html"

MARK = '<meta name="generator" content="emo_utils">'
"""In every report of this package; a file of that name without it belongs to the user and is not replaced."""


def write_run_report(out: Path) -> Path | None:
    """Write the report of all clips in the manifest of a folder.

    Returns:
        The file, `report.new.html` where the user has a `report.html` there; None if the folder has no manifest.
    """
    rows = read_rows(out)
    if rows is None:
        return None
    place = out / REPORT
    if place.exists() and MARK not in place.read_text(encoding="utf-8", errors="replace")[:2000]:
        place = place.with_suffix(".new.html")
    lines = [_line(row, out) for row in rows if row.status != PASSED_OVER]
    write_text_whole(place, run_page(as_text(out.absolute().name), lines))
    return place


def _line(row: ClipRow, out: Path) -> ClipLine:
    name = PurePosixPath(row.clip.replace("\\", "/")).name
    reason = row.reason.replace(row.clip, name)  # no path of this machine in a report
    folder = out / row.folder if row.folder else None
    listing = read_listing(folder) if folder else None
    if listing is None or folder is None:
        return ClipLine(name, row.status, reason)
    own = folder / REPORT
    link = f"{quote(row.folder)}/{REPORT}" if own.is_file() else ""
    return ClipLine(name, row.status, reason, link, listing.outcome.get("summary", {}))
