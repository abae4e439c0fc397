"""`emo export`: put the networks of trained runs into one weights file."""

from pathlib import Path
from typing import Annotated

import typer

from emo_utils.apps.commands.shared import Json, print_json


def export(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Folders of finished runs, or shipped names.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The .onnx file to write; a sidecar goes beside it.")],
    mirror: Annotated[
        bool, typer.Option("--mirror", help="Read each face's mirror image too; twice the time.")
    ] = False,
    int8: Annotated[bool, typer.Option("--int8", help="8-bit weights and activations; smaller and faster.")] = False,
    root: Annotated[Path | None, typer.Option(help="The corpus's folder.")] = None,
    as_json: Json = False,
) -> None:
    """Put the networks of runs into one calibrated weights file, which reads the mean of their logits.

    Example: emo export runs/first runs/second --out both.onnx
    """
    from emo_utils.inference.weights import read_weights
    from emo_utils.training.release import Form
    from emo_utils.workflows.export import export_weights

    path = export_weights(runs, out, Form(mirror, int8), {"root": root})
    sidecar = read_weights(path).sidecar
    if as_json:
        print_json({"file": str(path), **sidecar})
        return
    typer.echo(f"{path}: {sidecar['networks']} networks, {sidecar['parameters']:,} parameters")
    for part, figures in sidecar["metrics"].items():
        typer.echo(
            f"  {part:<10} n {figures['n']}, accuracy {figures['accuracy']:.1%}, UAR {figures['uar']:.1%}, "
            f"ECE {figures['ece']:.3f}"
        )
