"""`emo agree`: agreement of results with human codes."""

from pathlib import Path
from typing import Annotated

import typer

from emo_utils.apps.commands.shared import Json, print_json


def agree(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="The folder that emo analyze wrote.")],
    codes: Annotated[
        Path, typer.Argument(metavar="CODES", help="A CSV, an ELAN file, a table of BORIS, or a folder of them.")
    ],
    tolerance: Annotated[
        float, typer.Option(help="Two onsets of one emotion within so many seconds count as one.", min=0)
    ] = 0.5,
    subject: Annotated[
        str | None,
        typer.Option(metavar="REGEX", help="Finds the person in a clip's name; intervals resample people."),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(
            help="smoothed_emotion, baseline_emotion or emotion. Default: baseline_emotion where there is one."
        ),
    ] = None,
    uncoded: Annotated[
        str | None,
        typer.Option(help="What frames without a code count as: neutral or skip. Default: skip if neutral is coded."),
    ] = None,
    tiers: Annotated[
        str | None, typer.Option(metavar="REGEX", help="Tiers of ELAN files; the first group is the coder.")
    ] = None,
    save: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the table as CSV too.")] = None,
    as_json: Json = False,
) -> None:
    r"""Measure how far results agree with human coders: Cohen's kappa and ICC per emotion, confusion, onsets.

    Intervals are 95 % bootstraps over people.

    Example: emo agree results codes.csv --subject 'S(\d+)'
    """
    from emo_utils.evaluation.agreement import rows_of_report
    from emo_utils.output import whole_file
    from emo_utils.table_text import rows_text, write_table
    from emo_utils.workflows.agree import agree as measure

    report = measure(
        results, codes, tolerance_s=tolerance, subject=subject, column=column, uncoded=uncoded, tiers=tiers
    )  # fmt: skip
    compared = {
        **{f"{name} and {report['column']}": one for name, one in report["coders"].items()},
        **report["between"],
    }
    rows = [{"raters": name, **row} for name, one in compared.items() for row in rows_of_report(one)]
    if save:
        with whole_file(save) as part:
            write_table(part, list(rows[0]), [rows_text(rows[0], rows)])
    if as_json:
        print_json(report)
        return
    for name, one in compared.items():
        typer.echo(f"{name}: {one['people']} people, {one['clips']} clips, {one['seconds']:.1f} s coded")
        for row in rows_of_report(one):
            typer.echo(_line(row))
        typer.echo("  seconds by emotion, rows are the first rater's:")
        for emotion, cells in zip(report["emotions"], one["confusion"], strict=True):
            typer.echo(f"    {emotion:<10}" + "".join(f"{value:9.1f}" for value in cells))
    for note in report["notes"]:
        typer.echo(f"note: {note}")


def _line(row: dict) -> str:
    parts = [_figure(name, row[name], row[f"{name}_low"], row[f"{name}_high"]) for name in ("kappa", "icc")]
    onsets = "" if row["onset_f1"] is None else f"onsets F1 {row['onset_f1']:.2f}"
    return f"  {row['emotion']:<10} {parts[0]:<32}{parts[1]:<30}{onsets}".rstrip()


def _figure(name: str, value: float | None, low: float | None, high: float | None) -> str:
    if value is None:
        return ""
    return f"{name} {value:.2f}" + ("" if low is None else f" ({low:.2f} to {high:.2f})")
