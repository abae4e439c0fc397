"""A table as spreadsheets save it: with their separators, encodings and decimal commas."""

SAVED_AS = {
    "comma, UTF-8": (",", "utf-8", "."),
    "comma, UTF-8 with a mark": (",", "utf-8-sig", "."),
    "semicolon, UTF-8 with a mark": (";", "utf-8-sig", ","),
    "semicolon, Windows": (";", "cp1252", ","),
    "tab, UTF-16": ("\t", "utf-16", ","),
    "tab, UTF-8": ("\t", "utf-8", "."),
}
"""Separator, encoding and decimal sign, by name."""


def saved_as(name: str, rows: list[list[str]]) -> bytes:
    """The rows as that spreadsheet saves them; numbers are given with a decimal point."""
    separator, encoding, decimal = SAVED_AS[name]

    def cell(value: str) -> str:
        number = value.replace(".", "", 1).lstrip("-").isdecimal()
        return value.replace(".", decimal) if number else value

    text = "".join(separator.join(map(cell, row)) + "\r\n" for row in rows)
    return text.encode(encoding)
