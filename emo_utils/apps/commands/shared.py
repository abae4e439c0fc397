"""What the commands share: exit codes, the `--json` option, and how results are printed."""

import json
from typing import Annotated

import typer

DONE, BUG, WRONG_REQUEST, SOME_FAILED = 0, 1, 2, 3

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]


def print_json(value) -> None:
    """Print plain values as JSON."""
    typer.echo(json.dumps(value, indent=1))


def print_result(result) -> None:
    """Print what became of one clip."""
    if result.status != "ok":
        typer.echo(f"{result.clip.name}: FAILED, {result.reason}")
        return
    typer.echo(f"{result.clip.name}: {result.timeline!r} in {result.seconds:.1f} s")
    for person in result.summary["people"]:
        shares = sorted(person["share_of_time"].items(), key=lambda item: -item[1])
        shown = ", ".join(f"{name} {share:.0%}" for name, share in shares if share >= 0.01)
        number = person["segments"]["count"] if "segments" in person else None
        count = "" if number is None else f"; {number} segment{'s' * (number != 1)}"
        typer.echo(f"  person {person['person_id']}: {shown}{count}")
    for missing in result.missing:
        typer.echo(f"  MISSING: {missing}")
    for path in sorted(result.folder.rglob("*")):
        if path.is_file():
            typer.echo(f"  {path}")
