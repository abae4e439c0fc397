"""`emo forget`: remove one person from a run."""

from pathlib import Path
from typing import Annotated

import typer

from emo_utils.apps.commands.shared import Json, print_json
from emo_utils.stopping import signals_held


def forget(
    run: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that emo analyze wrote.")],
    person: Annotated[
        str, typer.Argument(metavar="PERSON", help="Name of the person across clips; with --clip, their number in it.")
    ],
    clip: Annotated[
        str | None, typer.Option(metavar="NAME", help="Remove the person with this number from this clip alone.")
    ] = None,
    subject: Annotated[
        str | None,
        typer.Option(metavar="REGEX", help="Finds the person in a clip's name. Default: as the run was given."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed; remove nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Remove one person's rows and pictures from a run, and every file that may show them. Clips are not touched.

    Example: emo forget results P07
    """
    with signals_held():
        from emo_utils.workflows.forget import forget as remove

        done = remove(run, person, clip, subject, dry_run)
    if as_json:
        kept = [path.as_posix() for path in done.kept]
        print_json({"clips": done.clips, "people": done.people, "removed": done.removed, "kept": kept})
        return
    would = "would remove" if dry_run else "removed"
    for name in done.clips:
        typer.echo(f"{would} all results of {name}")
    for name, number in done.people:
        typer.echo(f"{would} person {number} from the results of {name}, and the files that may show them")
    for path in done.kept:
        typer.echo(f"KEPT, since it is yours or was changed by you: {path}")
    if done.clips and not dry_run:
        typer.echo("the clips themselves are where they were; a run over them would analyse them again")
