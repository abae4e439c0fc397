"""The rows of the table: a figure, its spread, and its goal, printed and written as CSV."""

import csv
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path


@dataclass(frozen=True)
class Goal:
    """What a figure shall be.

    Attributes:
        limit: the value.
        at_least: the figure shall be at least the limit; else at most.
    """

    limit: float
    at_least: bool = False

    def met(self, value: float) -> bool:
        """Whether a figure is good enough."""
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'at least' if self.at_least else 'at most'} {self.limit:g}"


@dataclass(frozen=True)
class Row:
    """A figure.

    Attributes:
        part: what it belongs to.
        case: what was measured.
        value: the median; None where nothing could be measured, see `note`.
        unit: of the value.
        low, high: the least and the largest of the repeated measurements.
        repeats: number of measurements.
        goal: what it shall be; None for none.
        note: in words.
    """

    part: str
    case: str
    value: float | None
    unit: str
    low: float | None = None
    high: float | None = None
    repeats: int = 1
    goal: Goal | None = None
    note: str = ""

    @classmethod
    def of(
        cls, part: str, case: str, values: Sequence[float], unit: str, goal: Goal | None = None, note: str = ""
    ) -> "Row":
        """The median of repeated measurements."""
        return cls(part, case, statistics.median(values), unit, min(values), max(values), len(values), goal, note)

    @property
    def verdict(self) -> str:
        """`met`, `not met`, or nothing where there is no goal."""
        if self.goal is None:
            return ""
        return "met" if self.value is not None and self.goal.met(self.value) else "not met"

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.part:<11} {self.case:<46} not measured: {self.note}"
        text = f"{self.part:<11} {self.case:<46} {_short(self.value):>9} {self.unit:<12}"
        if self.repeats > 1:
            text += f" ({_short(self.low)} to {_short(self.high)}, n {self.repeats})"
        if self.goal:
            text += f"  goal {self.goal}: {self.verdict}"
        return text + (f"  [{self.note}]" if self.note else "")


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


COLUMNS = ("part", "case", "value", "unit", "low", "high", "repeats", "goal", "verdict", "note")


def write_csv(path: Path, rows: Iterable[Row], about: dict[str, str]) -> None:
    """Write rows, each with what is said about the run (date, commit, machine)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([*COLUMNS, *about])
        for row in rows:
            values = [getattr(row, name) for name in COLUMNS]
            cells = [_short(one) if isinstance(one, float) else "" if one is None else str(one) for one in values]
            writer.writerow([*cells, *about.values()])


def read_csv(path: Path) -> tuple[list[Row], dict[str, str]]:
    """Read what `write_csv` wrote; goals are read too."""
    with path.open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    about = {name: value for name, value in lines[0].items() if name not in COLUMNS} if lines else {}
    return [_row(line) for line in lines], about


def _row(line: dict[str, str]) -> Row:
    kinds = {field.name for field in fields(Row)}
    values: dict = {name: line[name] for name in ("part", "case", "unit", "note") if name in kinds}
    numbers = {name: float(line[name]) if line[name] else None for name in ("value", "low", "high")}
    goal = Goal(float(line["goal"].split()[-1]), line["goal"].startswith("at least")) if line["goal"] else None
    return Row(**values, **numbers, repeats=int(line["repeats"]), goal=goal)
