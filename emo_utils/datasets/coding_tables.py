"""The field's coding tables: onset, apex and offset frames of each expression, in CSV or in a spreadsheet.

CASME II, CAS(ME)2, SAMM and SMIC publish one file each, with columns under different names, empty columns between
them, and (SAMM) lines of explanation above the header. The header is the first line that names a clip, an onset and an
offset. Frames are as the table counts them, which is not always from 0: see `CodedExpression.from_zero`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pandas as pd

from emo_utils.csv_text import read_csv_text
from emo_utils.errors import CorpusError, MissingPackageError
from emo_utils.extras import missing

COLUMNS = {
    "subject": ("subject", "subjectno", "participant", "subject id", "subject_id"),
    "clip": ("filename", "file name", "clip", "clip_id", "video", "videoname"),
    "onset": ("onsetframe", "onset frame", "onset", "onsetf"),
    "apex": ("apexframe", "apex frame", "apex", "apexf"),
    "offset": ("offsetframe", "offset frame", "offset", "offsetf"),
    "label": ("estimated emotion", "emotion", "label", "emotion label", "objective class"),
    "units": ("action units", "au", "aus"),
    "scale": ("expression type", "type", "macro/micro", "micro/macro", "micro"),
}
"""Usual names of each column; case, spaces at the ends and letters in brackets do not matter."""

NEEDED = ("clip", "onset", "offset")
UNKNOWN = ("", "/", "nan", "none", "-", "0.0/")
SPREADSHEETS = (".xlsx", ".xlsm")


@dataclass(frozen=True)
class CodedExpression:
    """One row of a coding table.

    Attributes:
        row: its line in the file, from 1, for messages.
        subject, clip: as the table names them, numbers without decimals.
        onset, apex, offset: frames as the table counts them; apex None where it was not coded.
        label, units, scale: the table's own words, empty where it has no such column.
    """

    row: int
    subject: str
    clip: str
    onset: int
    apex: int | None
    offset: int
    label: str = ""
    units: str = ""
    scale: str = ""

    def from_zero(self) -> tuple[int, int | None, int]:
        """Onset, apex and offset in a clip that was cut from onset to offset, as these sets are given out."""
        return 0, None if self.apex is None else self.apex - self.onset, self.offset - self.onset


def read_codes(path: Path | str) -> list[CodedExpression]:
    """Read a coding table.

    Raises:
        CorpusError: it is missing, has no header, or a frame is no number or out of order; names the row.
        MissingPackageError: it is a spreadsheet, and openpyxl is not installed.
    """
    path = Path(path)
    if not path.is_file():
        raise CorpusError(f"{path}: expected a coding table in CSV or xlsx, found none")
    cells = [[_cell(value) for value in row] for row in _rows(path)]
    at, places = _header(path, cells)
    coded = [
        _coded(path, number, {name: row[place] if place < len(row) else "" for name, place in places.items()})
        for number, row in enumerate(cells[at + 1 :], start=at + 2)
        if len(row) > places["clip"] and row[places["clip"]]
    ]
    if not coded:
        raise CorpusError(f"{path}: expected a row per expression under the header in line {at + 1}, found none")
    return coded


def _rows(path: Path) -> Iterable[Sequence[object]]:
    if path.suffix.lower() in SPREADSHEETS:
        try:
            return pd.read_excel(path, header=None, dtype=object).to_numpy().tolist()
        except ImportError:
            raise MissingPackageError(missing(f"{path}: a spreadsheet", "openpyxl")) from None
    text, separator = read_csv_text(path)
    width = max((line.count(separator) for line in text.splitlines()), default=0) + 1
    shape = {"header": None, "names": range(width), "skip_blank_lines": False}
    return pd.read_csv(StringIO(text), dtype=str, sep=separator, **shape).to_numpy().tolist()


def _cell(value: object) -> str:
    """A cell as text; a number that a spreadsheet keeps as 6.0 is 6."""
    if value is None or value != value:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def _header(path: Path, cells: list[list[str]]) -> tuple[int, dict[str, int]]:
    """Index of the header's line, and the place of each column that it has."""
    for at, row in enumerate(cells):
        names = [re.sub(r"\(.*?\)", "", name).strip().lower() for name in row]
        places = {
            column: next(names.index(usual) for usual in known if usual in names)
            for column, known in COLUMNS.items()
            if any(usual in names for usual in known)
        }
        if set(NEEDED) <= set(places):
            return at, places
    raise CorpusError(
        f"{path}: expected a line with the columns {', '.join(NEEDED)} (such as Filename, OnsetFrame, OffsetFrame), "
        f"found none in {len(cells)} lines"
    )


def _coded(path: Path, row: int, values: dict[str, str]) -> CodedExpression:
    onset, offset = (_frame(path, row, name, values[name]) for name in ("onset", "offset"))
    apex = None if values.get("apex", "").lower() in UNKNOWN else _frame(path, row, "apex", values["apex"])
    if not onset <= (onset if apex is None else apex) <= offset:
        raise CorpusError(f"{path}, row {row}: expected onset <= apex <= offset, found {onset}, {apex}, {offset}")
    own = {name: values.get(name, "") for name in ("label", "units", "scale")}
    return CodedExpression(row, values.get("subject", ""), values["clip"], onset, apex, offset, **own)


def _frame(path: Path, row: int, name: str, text: str) -> int:
    if not text.isdecimal():
        raise CorpusError(f"{path}, row {row}: {name}: expected a frame, found {text!r}")
    return int(text)
