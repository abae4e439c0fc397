"""`emo collect`: the tables over the finished clips of a run."""

from pathlib import Path
from typing import Annotated

import typer

from emo_utils.apps.commands.shared import SOME_FAILED, Json, print_json
from emo_utils.stopping import signals_held


def collect(
    run: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that emo analyze wrote for several clips.")],
    events: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Events, such as trials: a CSV with clip, start_s, end_s.")
    ] = None,
    baseline_window: Annotated[
        str | None,
        typer.Option(metavar="START:END", help="Correct events by this stretch before each, in seconds, such as -1:0."),
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option(metavar="REGEX", help="Finds the person in a clip's name; the first group is the name."),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Write the timelines of all clips as timeline.csv too.")] = False,
    long: Annotated[
        bool, typer.Option("--long", help="Write timeline_long.parquet too: a row per frame, face and emotion.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write the tables over a run's finished clips: people, segments, events, timelines, and their codebook.

    emo analyze writes them for several clips itself, and keeps them current while clips land.

    Example: emo collect results

    Example: emo collect results --events trials.csv --baseline-window -1:0
    """
    with signals_held():
        from emo_utils.reports.studies.trials import read_window
        from emo_utils.workflows.collect import collect as write

        more = [name for name, wanted in (("timeline.csv", csv), ("timeline_long.parquet", long)) if wanted]
        done = write(run, events, read_window(baseline_window) if baseline_window else None, subject, more)
    if as_json:
        left_out = {path.name: reason for path, reason in done.left_out.items()}
        print_json({"clips": done.clips, "files": [path.name for path in done.files], "left_out": left_out})
    else:
        typer.echo(f"{done.clips} clip{'s' * (done.clips != 1)} in the tables of {done.folder}")
        for path in done.files:
            typer.echo(f"  {path}")
    if done.left_out:
        raise typer.Exit(SOME_FAILED)
