"""Rows of result tables as text for a terminal, Markdown, or a DataFrame for a notebook."""

from collections.abc import Sequence

import pandas as pd

from emo_utils.reports.runs.table_rows import CellResult, TableRow

SYNTHETIC = "SYNTHETIC"
WARNING = "SYNTHETIC data: proves that the code works, says nothing about accuracy"
OURS = "ours"
TITLES = ("as the source", "by person")
REAL = "real, here (javanese)"
SHORT_COMMIT = 7


def frame(rows: Sequence[TableRow]) -> pd.DataFrame:
    """Rows as a DataFrame of texts.

    For a synthetic corpus the columns of figures are named `SYNTHETIC` instead of `ours`, so that a synthetic figure is
    not taken for an accuracy.
    """
    heading = SYNTHETIC if any(row.synthetic for row in rows) else OURS
    lines = []
    for row in rows:
        line = {"cell": f"{row.table}/{row.name}", "row": row.row, "column": row.column, "source": row.source or "-"}
        for side, result in zip(TITLES, row.results, strict=True):
            line[f"{heading}, {side}"] = cell_text(result, row.metric, row.synthetic)
            line[f"n / people, {side}"] = clips_text(result)
        seeds = sorted({seed for result in row.results for seed in result.seeds})
        commits = dict.fromkeys(_short(result.commit) for result in row.results if result.commit)
        line |= {"seeds": " ".join(map(str, seeds)), "commit": " ".join(commits), "data": row.data}
        lines.append(line | {REAL: row.real, "changed": row.changes, "to run it": row.command})
    return pd.DataFrame(lines).set_index("cell")


def cell_text(result: CellResult, metric: str, synthetic: bool = False) -> str:
    """`85.9 % [80.1, 90.2]`, or the reason why there is no figure."""
    if result.state != "done":
        return f"{result.state}: {result.reason}" if result.reason else result.state or "-"
    if metric == "parameters":
        return f"{result.value / 1e6:.3f} M"
    scale, digits, unit = (1, 2, "") if metric == "macro_f1" else (100, 1, " %")
    value, low, high = (f"{scale * number:.{digits}f}" for number in (result.value, result.low, result.high))
    spread = "" if result.spread is None else f" ± {scale * result.spread:.{digits}f}"
    chosen = ", validation part" if result.part == "validation" else ""
    return f"{SYNTHETIC + ' ' if synthetic else ''}{value}{spread}{unit} [{low}, {high}]{chosen}"


def clips_text(result: CellResult) -> str:
    """`1440 / 24`; a dash for people who are not known."""
    if result.n is None:
        return ""
    return f"{result.n} / {'-' if result.people is None else result.people}"


def _short(commit: str) -> str:
    digits, _, changes = commit.partition("+")
    return digits[:SHORT_COMMIT] + ("+" if changes else "")


def text(rows: Sequence[TableRow]) -> str:
    """Rows for a terminal, without columns that are empty; notes below."""
    table, notes = _with_notes(rows)
    widths = {name: max(len(name), *table[name].str.len()) for name in table}
    lines = ["  ".join(name.ljust(width) for name, width in widths.items()).rstrip()]
    lines += [
        "  ".join(line[name].ljust(width) for name, width in widths.items()).rstrip() for _, line in table.iterrows()
    ]
    return "\n".join([*lines, *(f"({number}) {note}" for number, note in enumerate(notes, 1))])


def markdown(rows: Sequence[TableRow]) -> str:
    """Rows as a GitHub table; notes below."""
    table, notes = _with_notes(rows)
    lines = [f"| {' | '.join(table)} |", "|" + "---|" * len(table.columns)]
    lines += [f"| {' | '.join(line)} |" for line in table.to_numpy()]
    return "\n".join([*lines, *([""] if notes else []), *(f"({n}) {note}  " for n, note in enumerate(notes, 1))])


def _with_notes(rows: Sequence[TableRow]) -> tuple[pd.DataFrame, list[str]]:
    """The frame with long reasons and notes replaced by numbers, and the texts of the numbers."""
    table, notes = frame(rows), {}
    for side in [name for name in table if name.startswith((OURS, SYNTHETIC))]:
        for position, cell in enumerate(table[side]):
            if cell.startswith("not possible: "):
                number = notes.setdefault(cell.removeprefix("not possible: "), len(notes) + 1)
                table.iloc[position, table.columns.get_loc(side)] = f"not possible ({number})"
    for position, row in enumerate(rows):
        if row.note:
            number = notes.setdefault(row.note, len(notes) + 1)
            table.iloc[position, table.columns.get_loc("source")] += f" ({number})"
    return table[[name for name in table if (table[name] != "").any()]], list(notes)
