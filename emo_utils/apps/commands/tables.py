"""`emo tables`: result tables of published systems with our figures beside them."""

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Annotated

import typer

from emo_utils.apps.commands.shared import SOME_FAILED, Json, print_json
from emo_utils.errors import EmoError

if TYPE_CHECKING:
    from emo_utils.reports.runs.table_rows import TableRow

LINE = 120
"""Width of a line of text; tables may be wider."""


def tables(
    table: Annotated[list[str] | None, typer.Argument(help="S0 to S4, FER+, AU or REAL; default all.")] = None,
    run: Annotated[bool, typer.Option("--run", help="Run unfinished cells, then show.")] = False,
    only: Annotated[str | None, typer.Option(help="Only cells with a matching name, such as '5/*'.")] = None,
    corpus: Annotated[str | None, typer.Option(help="Another corpus than that of the cells, such as sample.")] = None,
    root: Annotated[Path | None, typer.Option(help="The corpus's folder; needs a TABLE.")] = None,
    seeds: Annotated[str, typer.Option(help="One run per seed, such as 0,1,2; shows mean and spread.")] = "0",
    epochs: Annotated[
        int | None, typer.Option(help="Other number of epochs; the figure then counts as a variant.")
    ] = None,
    size: Annotated[int | None, typer.Option(help="Other side of a face in pixels; a variant.")] = None,
    weights: Annotated[str | None, typer.Option(help="Other initial weights, such as random; a variant.")] = None,
    detector: Annotated[str | None, typer.Option(help="Other face detector; a variant.")] = None,
    fold: Annotated[int | None, typer.Option(help="Only this fold; a variant.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that prepare clips; default one per core.")] = None,
    save: Annotated[Path | None, typer.Option(help="Also write the figures as CSV.")] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
    as_json: Json = False,
) -> None:
    """Show each table: the source's figure, ours under its protocol, ours by person; or why there is none.

    Example: emo tables S3

    Example: emo tables --run S3 --corpus stock

    Example: emo tables --run S3 --corpus sample --only '15/mobile*' --epochs 2 --size 64 --weights random --fold 0
    """
    from emo_utils.reports.runs.table_rows import write_evidence
    from emo_utils.workflows.tables.build import run_tables, select, table_rows
    from emo_utils.workflows.tables.cells import TABLES
    from emo_utils.workflows.tables.plans import Request

    if root and not table:
        raise EmoError("--root is one corpus's folder, and the tables are of several; name a TABLE, such as S4")
    request = Request(corpus, root, _numbers(seeds), epochs, size, weights, detector, fold, workers)
    names = list(dict.fromkeys(found.name for found, _ in select(table or (), only)))
    failures = run_tables(names, request, only, lambda what: typer.echo(what, err=True)) if run else []
    rows = {name: table_rows(name, request, only) for name in names}
    if save:
        write_evidence([row for part in rows.values() for row in part], save)
    if as_json:
        _print_json(rows, failures)
    else:
        for name, part in rows.items():
            _print_table(TABLES[name], part, markdown)
    for failure in failures:
        typer.echo(f"{failure.about}: FAILED, {failure.reason}", err=True)
    if failures:
        raise typer.Exit(SOME_FAILED)


def _numbers(seeds: str) -> tuple[int, ...]:
    try:
        return tuple(dict.fromkeys(int(seed) for seed in seeds.split(",")))
    except ValueError:
        raise EmoError(f"--seeds: expected whole numbers such as 0,1,2; found {seeds!r}") from None


def _print_json(rows: dict[str, list["TableRow"]], failures) -> None:
    from emo_utils.workflows.tables.cells import TABLES

    described = []
    for name, part in rows.items():
        table = TABLES[name]
        words = {
            "title": table.title,
            "system": table.system,
            "source_protocol": table.source_protocol,
            "ours": table.ours,
        }
        described.append({"table": name, **words, "rows": [row.to_dict() for row in part]})
    failed = [{"cell": failure.cell, "run": failure.about, "reason": failure.reason} for failure in failures]
    print_json({"tables": described, "failed": failed})


def _print_table(table, rows: list["TableRow"], as_markdown: bool) -> None:
    from emo_utils.reports.runs.real_rows import real_markdown
    from emo_utils.reports.runs.table_text import WARNING, markdown, text

    heads = {"source": table.source_protocol, "ours": table.ours}
    if any(row.synthetic for row in rows):
        heads["data"] = WARNING
    heads |= _how_to_get(rows)
    if as_markdown:
        typer.echo(f"### T-{table.name}: {table.title}\n\n{table.system}\n")
        typer.echo("".join(f"- **{name}**: {words}\n" for name, words in heads.items()))
        typer.echo((real_markdown(rows) if table.name == "REAL" else markdown(rows)) + "\n")
        return
    typer.echo(f"T-{table.name}: {table.title}\n{table.system}\n")
    for name, words in heads.items():
        typer.echo(fill(words, LINE, initial_indent=f"  {name}: ", subsequent_indent="    "))
    typer.echo(f"\n{text(rows)}\n")


def _how_to_get(rows: list["TableRow"]) -> dict[str, str]:
    """For each corpus that is absent, one sentence."""
    from emo_utils.datasets.registry import corpora

    absent = {row.corpus for row in rows for result in row.results if result.reason == "corpus absent"}
    return {f"{name} is absent": corpora.get(name).facts.obtain for name in sorted(absent)}
