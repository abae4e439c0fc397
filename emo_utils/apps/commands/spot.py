"""`emo spot`: score the expressions found in long clips against coding tables."""

from pathlib import Path
from typing import Annotated

import typer

from emo_utils.apps.commands.shared import Json, print_json


def spot(
    clips: Annotated[list[Path], typer.Argument(metavar="CLIP...", help="Video files, or folders of them.")],
    codes: Annotated[Path, typer.Option(metavar="FILE", help="Coding table, CSV or xlsx: onset, apex, offset frames.")],
    expressions: Annotated[str, typer.Option(help="macro, micro or both.")] = "both",
    weights: Annotated[
        str, typer.Option(help="Shipped name, .onnx file, or a training run's folder.")
    ] = "ferplus-int8",
    detector: Annotated[str, typer.Option(help="Face detector.")] = "mediapipe",
    as_json: Json = False,
) -> None:
    """Find the expressions of long clips, and score them against a coding table by the MEGC spotting protocol.

    A found expression is right if its intersection over union with a coded one of its scale is at least 0.5.

    Example: emo spot casme_squared/rawvideo --codes CAS_ME_2code_final.xlsx
    """
    from emo_utils.inference.options import AnalysisOptions
    from emo_utils.workflows.coded import spot as score

    options = AnalysisOptions(weights, detector, expressions=expressions, identity_weights="none")
    report = score(clips, codes, options)
    if as_json:
        print_json(report)
        return
    for scale, row in report.items():
        shares = ", ".join(
            f"{name} {'-' if row[name] is None else row[name]}" for name in ("precision", "recall", "f1")
        )
        typer.echo(f"{scale}: {shares} ({row['hits']} right, {row['false']} wrong, {row['missed']} missed)")
