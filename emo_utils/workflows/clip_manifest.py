"""`manifest.csv` of a folder of results: every clip of every run into it, with its status."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from emo_utils.file_names import as_text
from emo_utils.output import write_text_whole
from emo_utils.results_folder import relative_path

MANIFEST = "manifest.csv"

OK, FAILED, WAITING, PASSED_OVER = "ok", "failed", "waiting", "passed over"


@dataclass(frozen=True)
class ClipRow:
    """One clip, or one file of a folder that was passed over.

    Attributes:
        clip: its path, as seen from the folder of the manifest.
        status: `ok`; `failed`; `waiting` during a run or after it was stopped; `passed over`.
        reason: of the status; warnings for a clip with status `ok`.
        folder: of its results; empty if there are none.
        frames, people: their numbers; empty if the clip was not analysed.
        seconds: duration of the analysis.
    """

    clip: str
    status: str
    reason: str = ""
    folder: str = ""
    frames: str = ""
    people: str = ""
    seconds: str = ""


COLUMNS = tuple(field.name for field in fields(ClipRow))


def read_rows(folder: Path) -> list[ClipRow] | None:
    """The rows of a folder's manifest; None if there is none, or another program wrote it."""
    try:
        with (folder / MANIFEST).open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ()) != COLUMNS:
                return None
            return [ClipRow(**{name: row[name] or "" for name in COLUMNS}) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error):
        return None


def write_rows(folder: Path, rows: Iterable[ClipRow]) -> None:
    """Write the manifest in one step."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([as_text(value) for value in astuple(row)] for row in rows)
    write_text_whole(folder / MANIFEST, text.getvalue())


def clip_text(path: Path, folder: Path) -> str:
    """The path of a clip as the manifest of a folder names it."""
    return as_text(relative_path(path.absolute(), folder.absolute()))


def keep_others(earlier: Sequence[ClipRow], now: Iterable[str], folder: Path) -> list[ClipRow]:
    """The rows of earlier runs about other files than `now`, if their results still exist."""
    named = set(now)
    return [row for row in earlier if row.clip not in named and (not row.folder or (folder / row.folder).is_dir())]
