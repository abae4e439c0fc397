"""`emo tables`: every result table of the sources with our figures beside theirs, and the runs that make them."""

import logging
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pandas as pd

import emo_utils
from emo_utils.datasets.csv_tables import TableError
from emo_utils.datasets.registry import corpora
from emo_utils.errors import EmoError
from emo_utils.reports.runs.real_rows import beside
from emo_utils.reports.runs.table_rows import SIDES, CellResult, TableRow, measure_seeds, read_evidence
from emo_utils.reports.runs.table_text import frame
from emo_utils.run_folder import RunFolder, pooled_predictions
from emo_utils.workflows.tables.cell_types import Cell, Counted, Table, ZeroShot
from emo_utils.workflows.tables.cells import TABLES, find_table
from emo_utils.workflows.tables.plans import (
    NotPossibleError,
    Plan,
    Request,
    changes,
    measured_corpus,
    missing,
    plan_for,
    seeds_of,
)
from emo_utils.workflows.tables.real_cells import method_of
from emo_utils.workflows.tables.zero_shot import zero_shot_report

log = logging.getLogger(__name__)

EVIDENCE = Path(emo_utils.__file__).resolve().parents[1] / "Assets" / "results" / "tables.csv"
"""Figures that come with the code: shown where a run is not on this machine."""


@dataclass(frozen=True)
class Failure:
    """A run that failed: `cell` is its key, `about` which run, `reason` why."""

    cell: str
    about: str
    reason: str


def select(tables: Sequence[str], only: str | None = None) -> list[tuple[Table, Cell]]:
    """Cells of tables, in order.

    Args:
        tables: names; none means all.
        only: a pattern such as `5/*`, `*/efficientnetv2_s`, or `S3/5/*`; None takes all cells.

    Raises:
        EmoError: no such table, or no cell is named so.
    """
    chosen = [find_table(name) for name in tables] or list(TABLES.values())
    cells = [(table, cell) for table in chosen for cell in table.cells]
    kept = [pair for pair in cells if only is None or _named(*pair, only)]
    if not kept:
        names = ", ".join(table.key(cell) for table, cell in cells)
        raise EmoError(f"--only {only!r}: expected a pattern such as '5/*' that names a cell, found none of {names}")
    return kept


def _named(table: Table, cell: Cell, only: str) -> bool:
    return any(fnmatch(name.lower(), only.lower()) for name in (cell.name, table.key(cell)))


def table_rows(table: str, request: Request | None = None, only: str | None = None) -> list[TableRow]:
    """The rows of one table from finished runs; nothing is trained.

    Args:
        table: its name, such as `S3`.
        request: of which runs; by default the cells' own.
        only: see `select`.

    Raises:
        EmoError: no such table, cell or corpus.
    """
    request = request or Request()
    evidence, lacking = read_evidence(EVIDENCE), _remember_missing(request)
    return [_row(table, cell, request, evidence, lacking) for table, cell in select([table], only)]


def table_frame(table: str, request: Request | None = None, only: str | None = None) -> pd.DataFrame:
    """`table_rows` as a DataFrame of texts, for a notebook."""
    return frame(table_rows(table, request, only))


def _remember_missing(request: Request) -> Callable[[Cell], str]:
    """`missing`, computed once per corpus."""
    known: dict[str, str] = {}

    def lacking(cell: Cell) -> str:
        how = cell.how
        options = getattr(how, "corpus_options", {}) if request.corpus is None else {}
        key = repr((measured_corpus(how, request), options, getattr(how, "features", None), getattr(how, "file", None)))
        if key not in known:
            known[key] = missing(how, request)
        return known[key]

    return lacking


def _row(table: Table, cell: Cell, request: Request, evidence: dict, lacking: Callable[[Cell], str]) -> TableRow:
    about = (table.name, cell.name, cell.row, cell.column, cell.metric, cell.source)
    if cell.how is None:
        return TableRow(*about, CellResult(), CellResult(), note=cell.note)
    results = [_result(table, cell, side, request, evidence, lacking) for side in SIDES]
    corpus = measured_corpus(cell.how, request)
    return TableRow(
        *about,
        *results,
        corpus=corpus,
        synthetic=bool(corpus) and corpora.get(corpus).facts.synthetic,
        changes=changes(cell.how, request),
        command=command(table, cell, request) if any(result.state == "not run" for result in results) else "",
        note=cell.note,
        real=_real(table, cell, evidence, lacking),
    )


def _real(table: Table, cell: Cell, evidence: dict, lacking: Callable[[Cell], str]) -> str:
    """The figures of a source's method in table REAL, as text."""
    name = method_of(table.name, cell.name)
    if not name:
        return ""
    real = find_table("REAL")
    (other,) = (one for one in real.cells if one.name == name)
    return beside(*(_result(real, other, side, Request(), evidence, lacking) for side in SIDES))


def command(table: Table, cell: Cell, request: Request) -> str:
    """The shell command that runs one cell."""
    return shlex.join(["emo", "tables", "--run", table.name, "--only", cell.name, *request.arguments()])


def _result(table: Table, cell: Cell, side: str, request: Request, evidence: dict, lacking) -> CellResult:
    if isinstance(cell.how, Counted) and side != SIDES[0]:
        return CellResult()
    try:
        plans = {seed: plan_for(cell.how, side, request, seed) for seed in seeds_of(cell.how, request)}
    except NotPossibleError as error:
        return CellResult("not possible", str(error))
    except TableError:
        if not lacking(cell):
            raise
        plans = {}  # the runs depend on a file that is absent
    done = {seed: plan for seed, plan in plans.items() if plan.done}
    if done:
        return _measured(cell, done, measured_corpus(cell.how, request))
    committed = evidence.get((table.key(cell), side, measured_corpus(cell.how, request), changes(cell.how, request)))
    if committed:
        return committed
    parts = [(len(plan.finished()), len(plan.folders)) for plan in plans.values()]
    begun = next((f"{folds} of {total} folds are done" for folds, total in parts if folds), "")
    return CellResult("not run", lacking(cell) or begun)


def _measured(cell: Cell, plans: dict[int, Plan], corpus: str) -> CellResult:
    found = [metrics for plan in plans.values() for metrics in plan.finished()]
    commit = " ".join(dict.fromkeys(metrics["commit"] for metrics in found))
    if isinstance(cell.how, Counted):
        return CellResult("done", value=found[0]["parameters"], commit=commit)
    if isinstance(cell.how, ZeroShot):
        return CellResult("done", commit=commit, part="test", **zero_shot_report(found[0], cell.metric))
    predictions = {seed: pooled_predictions(map(RunFolder, plan.folders)) for seed, plan in plans.items()}
    facts = corpora.get(corpus).facts
    try:
        figure = measure_seeds(predictions, cell.metric, facts.people_known)
    except KeyError as error:
        return CellResult("not possible", f"{facts.title} has no {error.args[0]}")
    part = RunFolder(next(iter(plans.values())).folders[0]).parts()[0]
    return CellResult("done", commit=commit, part=part, **figure)


def run_tables(
    tables: Sequence[str],
    request: Request | None = None,
    only: str | None = None,
    on_run: Callable[[str], None] | None = None,
) -> list[Failure]:
    """Run cells, under the source's protocol and by person, each through `workflows.train.train`.

    Finished runs are not repeated, a stopped one is resumed. A failed run is returned as a `Failure`; the others go on.

    Args:
        tables: names; none means all.
        request: of which runs; by default the cells' own.
        only: see `select`.
        on_run: called with a description of each run before it starts, or if it was done before.

    Raises:
        EmoError: no such table, cell or corpus.
    """
    request, seen, failures = request or Request(), set(), []
    say = on_run or (lambda _: None)
    for table, cell in select(tables, only):
        for side, seed in _sides_and_seeds(cell, request):
            about = f"{table.key(cell)}, {side.replace('_', ' ')}, seed {seed}"
            try:
                plan = plan_for(cell.how, side, request, seed)
                if plan.folders in seen:
                    continue
                seen.add(plan.folders)
                say(f"{table.key(cell)}: {plan.about}{': done before' if plan.done else ''}")
                if not plan.done:
                    plan.perform()
            except NotPossibleError:
                continue  # the table gives the reason
            except EmoError as error:
                failures.append(Failure(table.key(cell), about, str(error)))
            except Exception as error:  # any failure of a training must not stop the other cells, which may take hours
                log.exception("%s", about)
                failures.append(Failure(table.key(cell), about, f"{type(error).__name__}: {error}"))
    return failures


def _sides_and_seeds(cell: Cell, request: Request) -> list[tuple[str, int]]:
    if cell.how is None:
        return []
    sides = SIDES[:1] if isinstance(cell.how, Counted) else SIDES
    return [(side, seed) for side in sides for seed in seeds_of(cell.how, request)]
