"""`emo demo`: analyse the sample clip."""

from pathlib import Path
from typing import Annotated

import typer

from emo_utils.apps.commands.shared import print_result


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the results.")] = Path("output/demo"),
) -> None:
    """Make the synthetic sample clip and analyse it.

    Example: emo demo --out output/demo
    """
    from emo_utils.workflows.demo import run_demo

    for result in run_demo(out):
        print_result(result)
