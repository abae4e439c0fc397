"""`emo fetch`: corpora and model files."""

from typing import Annotated

import typer


def fetch(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Default: list all names.")] = None,
) -> None:
    """Fetch corpora and model files, with progress and hash.

    Example: emo fetch face_detection_short_range
    """
    from emo_utils.workflows.fetch import fetch_one, fetchable

    for name in names or ():
        typer.echo(fetch_one(name))
    if not names:
        for name, state, licence in fetchable():
            typer.echo(f"{name:<28} {state:<12} {licence}")
