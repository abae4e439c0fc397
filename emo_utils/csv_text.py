"""Read CSV files as spreadsheets save them: with comma, semicolon or tab, in UTF-8, UTF-16 or Windows-1252."""

import codecs
import csv
from io import StringIO
from pathlib import Path

ENCODINGS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
"""Byte order marks and their encodings. Excel's "Unicode text" is UTF-16. Without a mark: UTF-8, else Windows-1252."""

SEPARATORS = ",;\t"
"""Excel separates by semicolons in countries where the comma is the decimal sign."""


def read_csv_text(path: Path) -> tuple[str, str]:
    """A file's text without its byte order mark, and the separator of its cells.

    The separator is the character that occurs most often in the first line outside quotes; a comma if none does.

    Raises:
        OSError: it cannot be read.
        UnicodeDecodeError: it is not text.
    """
    data = path.read_bytes()
    encoding = next((name for mark, name in ENCODINGS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        if encoding != "utf-8" or b"\0" in data:
            raise
        text = data.decode("cp1252")
    return text, _separator(text)


def _separator(text: str) -> str:
    header = next((line for line in text.splitlines() if line.strip()), "")
    outside = "".join(header.split('"')[::2])
    return max(SEPARATORS, key=outside.count)


def read_csv_rows(path: Path) -> csv.DictReader:
    """The rows of a file by the names in its first line; see `read_csv_text`."""
    text, separator = read_csv_text(path)
    return csv.DictReader(StringIO(text, newline=""), delimiter=separator)
