"""Rows of result tables: figures computed from files of predictions, and committed evidence.

Every figure comes from files of predictions through `evaluation.measure`, never from the training loop's memory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from emo_utils.evaluation.measure import measure
from emo_utils.evaluation.resampling import bootstrap_interval

RECALL = "recall/"
SIDES = ("as_source", "by_person")
"""The two figures of a cell: under the source's protocol, and with people kept apart."""


@dataclass(frozen=True)
class CellResult:
    """Result of a cell under one protocol: a figure, or the reason why there is none.

    Attributes:
        state: `done`, `not run`, `not possible`, or empty for a cell without a result of ours.
        reason: of a cell without a figure.
        value: shares from 0 to 1, or a number of parameters; the mean over seeds.
        low, high: 95 % interval over people (over clips, where people are not known), all seeds together.
        spread: standard deviation over seeds; None for one seed.
        n: clips measured; people: persons among them, None where they are not known.
        seeds: those measured.
        commit: of the code that trained.
        part: `test`, or `validation`, on which the epoch was chosen too.
        committed: read from the evidence that comes with the code, not from a run on this machine.
    """

    state: str = ""
    reason: str = ""
    value: float | None = None
    low: float | None = None
    high: float | None = None
    spread: float | None = None
    n: int | None = None
    people: int | None = None
    seeds: tuple[int, ...] = ()
    commit: str = ""
    part: str = ""
    committed: bool = False


@dataclass(frozen=True)
class TableRow:
    """A cell with its results.

    Attributes:
        table, name: of the cell; together its key.
        row, column, metric, source, note: of the cell.
        as_source, by_person: our results.
        corpus: the measured corpus; synthetic: whether it is synthetic, so that its figures are no accuracy.
        changes: differences from the cell's settings, such as `epochs 2 instead of 20`; empty without any.
        command: the command that runs it.
        real: figures of the same method on a real corpus (table REAL), as text; empty without any.
    """

    table: str
    name: str
    row: str
    column: str
    metric: str
    source: str
    as_source: CellResult
    by_person: CellResult
    corpus: str = ""
    synthetic: bool = False
    changes: str = ""
    command: str = ""
    note: str = ""
    real: str = ""

    @property
    def results(self) -> tuple[CellResult, CellResult]:
        """Both, in the order of `SIDES`."""
        return self.as_source, self.by_person

    @property
    def data(self) -> str:
        """`real` or `SYNTHETIC`, with `(committed)` for committed evidence; empty where nothing was measured."""
        done = [result for result in self.results if result.state == "done"]
        if not done or not self.corpus:
            return ""
        committed = " (committed)" if any(result.committed for result in done) else ""
        return ("SYNTHETIC" if self.synthetic else "real") + committed

    def to_dict(self) -> dict:
        """Plain values for JSON; a synthetic figure is under `synthetic_value`, never under `value`."""
        values = asdict(self) | {"data": self.data}
        for side in SIDES if self.synthetic else ():
            values[side]["synthetic_value"] = values[side].pop("value")
        return values


def measure_seeds(tables: Mapping[int, pd.DataFrame], metric: str, people_known: bool = True) -> dict:
    """Value, interval and spread of one figure over the runs of several seeds, as fields of `CellResult`.

    The value is the mean of the seeds' figures. The interval is a 95 % bootstrap over people, of all seeds' predictions
    together. Each person is drawn with the clips of all seeds, so that seeds are not counted as more people.

    Args:
        tables: predictions by seed.
        metric: `accuracy`, `uar`, `macro_f1`, `recall/<class>`.
        people_known: False where each clip counts as a person.
    """
    seeds = tuple(sorted(tables))
    figures = [figure_of(tables[seed], metric) for seed in seeds]
    values = [value for value, _, _ in figures]
    together = pd.concat([tables[seed] for seed in seeds], ignore_index=True)
    _, (low, high), rows = figures[0] if len(seeds) == 1 else figure_of(together, metric)
    return {
        "value": float(np.mean(values)),
        "low": low,
        "high": high,
        "spread": float(np.std(values, ddof=1)) if len(seeds) > 1 else None,
        "n": rows["clip_id"].nunique(),
        "people": rows["subject_id"].nunique() if people_known else None,
        "seeds": seeds,
    }


def figure_of(table: pd.DataFrame, metric: str) -> tuple[float, list[float], pd.DataFrame]:
    """One figure, its 95 % interval over people, and the rows it is computed from.

    Raises:
        TableError: the table breaks the contract of `evaluation.predictions`.
        KeyError: no such metric or class.
    """
    report = measure(table)
    if not metric.startswith(RECALL):
        return report[metric], report[f"{metric}_interval_95"], table
    emotion = metric.removeprefix(RECALL)
    rows = table[table["label"] == emotion]
    if not len(rows):
        raise KeyError(emotion)
    named = rows[[f"p_{name}" for name in report["classes"]]].to_numpy().argmax(axis=1)
    right = np.array(report["classes"])[named] == emotion
    return report["recall"][emotion], bootstrap_interval(right, rows["subject_id"].to_numpy()), rows


EVIDENCE_KEY = ["cell", "protocol", "corpus", "changes"]
"""Columns that together identify a line of evidence."""


def write_evidence(rows: Sequence[TableRow], path: Path) -> None:
    """Write the figures of rows as CSV, a line per figure; existing lines of other figures are kept."""
    lines = []
    for row in rows:
        for side, result in zip(SIDES, row.results, strict=True):
            if result.state == "done":
                about = dict(zip(EVIDENCE_KEY, (f"{row.table}/{row.name}", side, row.corpus, row.changes), strict=True))
                about |= {"data": row.data.split()[0] if row.data else "", "metric": row.metric, "source": row.source}
                passed_over = ("state", "reason", "committed")
                figure = {key: value for key, value in asdict(result).items() if key not in passed_over}
                lines.append(about | figure | {"seeds": " ".join(map(str, result.seeds))})
    columns = None if lines else [*EVIDENCE_KEY, "seeds", "commit", "part"]
    fresh = pd.DataFrame(lines, columns=columns).to_csv(index=False, float_format="%.6g")
    table = pd.read_csv(StringIO(fresh), dtype=str, keep_default_na=False)
    if path.exists():
        table = pd.concat([pd.read_csv(path, dtype=str, keep_default_na=False), table])
    table = table.drop_duplicates(EVIDENCE_KEY, keep="last").sort_values(EVIDENCE_KEY, kind="stable")
    table.to_csv(path, index=False, lineterminator="\n")


def read_evidence(path: Path) -> dict[tuple, CellResult]:
    """Results written by `write_evidence`, by cell, protocol, corpus and changes; empty without such a file."""
    if not path.exists():
        return {}
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    results = {}
    for line in table.to_dict("records"):
        floats = {key: float(line[key]) if line[key] != "" else None for key in ("value", "low", "high", "spread")}
        counts = {key: int(float(line[key])) if line[key] != "" else None for key in ("n", "people")}
        seeds = tuple(int(seed) for seed in line["seeds"].split())
        key = tuple(line[name] for name in EVIDENCE_KEY)
        kept = {"commit": line["commit"], "part": line["part"], "seeds": seeds}
        results[key] = CellResult("done", **floats, **counts, **kept, committed=True)
    return results
