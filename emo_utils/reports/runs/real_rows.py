"""Table REAL as a matrix: a row per method, a column per protocol; for the README and `emo tables REAL --markdown`."""

from collections.abc import Sequence

from emo_utils.reports.runs.table_rows import CellResult, TableRow

COLUMNS = ("method", "random split", "by person", "by person, person's baseline", "zero-shot", "zero-shot, baseline")
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
        corrected = _figure(other.by_person) if other else "-"
        if row.name.startswith(ZERO_SHOT):
            cells = ["-", "-", "-", _figure(row.by_person), corrected]
        else:
            cells = [_figure(row.as_source), _figure(row.by_person), corrected, "-", "-"]
        if set(cells) != {"-"}:
            lines.append(f"| {row.row}{f', {row.note}' if row.note else ''} | {' | '.join(cells)} |")
    return "\n".join(lines)


def beside(random: CellResult, by_person: CellResult) -> str:
    """Both figures in one cell beside a source's: `random 31.2 % [..], by person 25.0 % [..]`; empty without any."""
    found = {"random": random, "by person": by_person}
    return ", ".join(f"{name} {_figure(one)}" for name, one in found.items() if one.state == "done")


def _figure(result: CellResult) -> str:
    if result.state != "done":
        return "-"
    return f"{100 * result.value:.1f} % [{100 * result.low:.1f}, {100 * result.high:.1f}]"
