"""CSV tables made here or elsewhere: columns under any of their usual names, numbers that are numbers."""

import re
from collections.abc import Iterable, Sequence
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from emo_utils.csv_text import read_csv_text
from emo_utils.errors import EmoError

CLIP = ("clip_id", "clip", "file", "filename", "file_name", "name", "video", "path", "image", "id")
SUBJECT = ("subject_id", "subject", "person_id", "person", "actor", "speaker")
LABEL = ("label", "y", "y_true", "true", "true_label", "target", "emotion", "ground_truth")
"""Usual names of a column, the likeliest first; case does not matter."""


DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")


class TableError(EmoError):
    """A table of predictions or features that cannot be measured as it is."""


def read_table(path: Path | str) -> pd.DataFrame:
    """Every cell of a CSV as text, empty cells as empty text; the row order is the file's.

    Raises:
        TableError: there is no such file, it is no CSV, it has no rows, or two columns have one name.
    """
    path = Path(path)
    if not path.is_file():
        raise TableError(f"{path}: expected a CSV file, found none; check the path")
    try:
        text, separator = read_csv_text(path)
        cells = pd.read_csv(StringIO(text), header=None, dtype=str, keep_default_na=False, sep=separator)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise TableError(f"{path}: expected a CSV with a header, and as many cells in each row ({error})") from error
    header = [name.strip() for name in cells.iloc[0]]
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled or len(cells) < 2:
        found = f"the column {doubled[0]!r} twice" if doubled else "no row under the header"
        raise TableError(f"{path}: expected columns of different names and at least one row, found {found}")
    table = cells.iloc[1:].set_axis(header, axis=1).reset_index(drop=True)
    return table if separator == "," else table.map(_decimal_point)


def _decimal_point(cell: str) -> str:
    """A decimal comma as a point, where cells are not separated by commas."""
    return cell.replace(",", ".") if DECIMAL_COMMA.fullmatch(cell.strip()) else cell


def find_column(table: pd.DataFrame, names: Iterable[str]) -> str | None:
    """The table's column that has the first of these names that is there; None where there is none of them."""
    own = {column.lower(): column for column in reversed(table.columns)}
    return next((own[name] for name in names if name in own), None)


def need_column(path: Path | str, table: pd.DataFrame, names: Sequence[str], what: str) -> str:
    """As `find_column`.

    Raises:
        TableError: none of the names is there.
    """
    column = find_column(table, names)
    if column is None:
        raise TableError(
            f"{path}: expected a column with {what}, named {', '.join(names)}; found {shown(table.columns)}. Rename "
            "the column"
        )
    return column


def numbers(path: Path | str, table: pd.DataFrame, columns: Sequence[str], rows: pd.Series) -> np.ndarray:
    """Finite numbers float64 (N, F) of text columns; `rows` (N,) names the rows in messages.

    Raises:
        TableError: naming the first cell that is no finite number.
    """
    values = table[list(columns)].apply(pd.to_numeric, errors="coerce").to_numpy(float)
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        row, column = wrong[0]
        raise TableError(
            f"{path}: expected finite numbers in {shown(columns)}; found {table[columns[column]].iloc[row]!r} for "
            f"{rows.iloc[row]!r} in {columns[column]!r} ({len(wrong)} such cells). Correct them or leave the clips out"
        )
    return values


def refuse_doubles(path: Path | str, clip_ids: pd.Series) -> None:
    """A clip that is there twice would count twice.

    Raises:
        TableError: naming the first; an empty id is refused too.
    """
    wrong = clip_ids[clip_ids.duplicated() | (clip_ids == "")]
    if len(wrong):
        found = f"{wrong.iloc[0]!r} again" if wrong.iloc[0] else "an empty cell"
        raise TableError(
            f"{path}: expected each clip once, found {found} ({len(wrong)} such rows of {len(clip_ids)}). Keep one row "
            "per clip; average repeated runs before"
        )


def shown(names: Iterable[str], most: int = 12) -> str:
    """Names in a message, the first dozen of many."""
    names = list(names)
    return ", ".join(names[:most]) + (f" ... ({len(names)} in all)" if len(names) > most else "")
