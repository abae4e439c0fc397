"""Tables as CSV text that R, pandas and spreadsheets read without help.

Commas, decimal points, UTF-8, one header line, no index, empty cells for what is missing, and line ends of one kind.
A byte order mark is written only where a cell holds more than ASCII. Excel needs it there; `readr::read_csv`
and pandas skip it, but `read.csv` of base R would take it for a part of the first column's name.
"""

import codecs
import csv
import io
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np


def rows_text(columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """Lines of a table, without a header; a column that a row lacks is an empty cell."""
    columns, text = list(columns), io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow([cell(row.get(name)) for name in columns])
    return text.getvalue()


def number(value: float, digits: int = 6) -> str:
    """A number with six digits; a larger one with three decimals, so that frames of long clips keep their times."""
    if abs(value) < 10 ** (digits - 3):
        return f"{value:.{digits}g}"
    return f"{value:.3f}".rstrip("0").rstrip(".")


def cell(value: Any) -> str:
    """One value as text: numbers as `number` gives them, flags as 0 or 1, empty for what is missing."""
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    if isinstance(value, float | np.floating):
        return number(value) if math.isfinite(value) else ""
    return " ".join(str(value).split()) if isinstance(value, str) else str(value)


def write_table(path: Path, columns: Iterable[str], parts: Iterable[str]) -> None:
    """Write a table from its lines."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(columns)
    body = [text.getvalue(), *parts]
    mark = b"" if all(part.isascii() for part in body) else codecs.BOM_UTF8
    with path.open("wb") as file:
        file.write(mark)
        for part in body:
            file.write(part.encode("utf-8"))
