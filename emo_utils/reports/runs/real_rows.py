"""Table REAL as a matrix: a row per method, a column per protocol; for the README and `emo tables REAL --markdown`."""

from collections.abc import Sequence

from emo_utils.reports.runs.table_rows import CellResult, TableRow

COLUMNS = (
    "method",
    "random split",
    "the same, baseline",
    "by person",
    "the same, baseline",
    "zero-shot",
    "the same, baseline",
)
"""A method; then three protocols, each without and with the person's baseline."""
PERSON = "/person"
ZERO_SHOT = "zero-shot/"


def real_markdown(rows: Sequence[TableRow]) -> str:
    """A GitHub table of the rows that have a figure; `-` where a method has none under a protocol."""
    lines = [f"| {' | '.join(COLUMNS)} |", "|" + "---|" * len(COLUMNS)]
    with_baseline = {row.name.removesuffix(PERSON): row for row in rows if row.name.endswith(PERSON)}
    for row in rows:
        if row.name.endswith(PERSON):
            continue
        other = with_baseline.get(row.name)
        random, by_person = ([_figure(one), _figure(corrected)] for one, corrected in _pairs(row, other))
        cells = ["-"] * 4 + by_person if row.name.startswith(ZERO_SHOT) else random + by_person + ["-"] * 2
        if set(cells) != {"-"}:
            lines.append(f"| {row.row}{f', {row.note}' if row.note else ''} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _pairs(row: TableRow, corrected: TableRow | None) -> list[tuple[CellResult, CellResult]]:
    """Results of a method without and with the person's baseline, under a random split and by person."""
    return list(zip(row.results, corrected.results if corrected else (CellResult(), CellResult()), strict=True))


def beside(random: CellResult, by_person: CellResult) -> str:
    """Both figures in one cell beside a source's: `random 31.2 % [..], by person 25.0 % [..]`; empty without any."""
    found = {"random": random, "by person": by_person}
    return ", ".join(f"{name} {_figure(one)}" for name, one in found.items() if one.state == "done")


def _figure(result: CellResult) -> str:
    if result.state != "done":
        return "-"
    return f"{100 * result.value:.1f} % [{100 * result.low:.1f}, {100 * result.high:.1f}]"
