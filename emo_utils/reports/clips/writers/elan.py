"""The results as annotations for ELAN; segments corrected there are read back by `--segments`."""

from datetime import UTC, datetime
from pathlib import Path

from emo_utils.file_names import as_text
from emo_utils.reports.clips.tiers import tiers_of
from emo_utils.reports.clips.writer import TABLES, ClipResults, writer

MIME_TYPES = {".mp4": "video/mp4", ".mov": "video/quicktime", ".avi": "video/x-msvideo", ".mpg": "video/mpeg"}
USUAL_MIME_TYPE = "video/*"


@writer(
    "elan",
    {"annotations.eaf": "expressions, segments and apexes as tiers for ELAN; corrected there, `--segments` reads it"},
    TABLES + 1,
    default=False,
    package="pympi",
)
def write_elan(results: ClipResults, folder: Path, on_frame=None) -> None:
    """Write `annotations.eaf`. The clip is named without its folder: ELAN looks beside the file, or asks."""
    from pympi.Elan import Eaf

    eaf = Eaf(author="emo_utils")
    eaf.adocument["DATE"] = _date(results)  # the file's own, so that the same clip gives the same bytes
    name = as_text(results.name)
    eaf.add_linked_file(name, f"./{name}", MIME_TYPES.get(Path(name).suffix.lower(), USUAL_MIME_TYPE))
    for tier, marks in tiers_of(results.result):
        eaf.add_tier(tier, part=tier.rpartition(" ")[2])
        for mark in marks:
            eaf.add_annotation(tier, mark.start_ms, mark.end_ms, mark.text)
    eaf.remove_tier("default")
    eaf.to_file(str(folder / "annotations.eaf"))


def _date(results: ClipResults) -> str:
    path = results.source.path if results.source else None
    seconds = path.stat().st_mtime if path and path.exists() else 0
    return datetime.fromtimestamp(int(seconds), UTC).isoformat()
