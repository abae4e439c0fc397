"""`emo apex`: onset, apex and offset of clips that hold one expression each."""

from pathlib import Path
from typing import Annotated

import typer

from emo_utils.apps.commands.shared import SOME_FAILED, Json, print_json


def apex(
    clips: Annotated[list[Path], typer.Argument(metavar="CLIP...", help="Video files, or folders of them.")],
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write the table as CSV too.")] = None,
    codes: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Compare with a coding table, CSV or xlsx, of clips cut at their onsets."),
    ] = None,
    weights: Annotated[
        str, typer.Option(help="Shipped name, .onnx file, or a training run's folder.")
    ] = "ferplus-int8",
    detector: Annotated[str, typer.Option(help="Face detector.")] = "mediapipe",
    flow: Annotated[str, typer.Option(help="Optical flow: dis, farneback or lucas_kanade.")] = "dis",
    as_json: Json = False,
) -> None:
    """Find exactly one onset, apex and offset in each clip, whatever its length and frame rate.

    For clips cut to one expression, as the field's sets are; `emo analyze` finds any number in longer ones.

    Example: emo apex sub01_EP02_01f.avi --out apexes.csv
    """
    from emo_utils.datasets.coding_tables import read_codes
    from emo_utils.inference.options import AnalysisOptions
    from emo_utils.workflows.apexes import find_apexes
    from emo_utils.workflows.coded import apex_errors

    found = find_apexes(clips, AnalysisOptions(weights, detector, flow=flow, identity_weights="none"))
    if out:
        found.write(out)
    errors = apex_errors(found.table, read_codes(codes)) if codes else None
    mean = None if errors is None else round(float(errors["error_frames"].abs().mean()), 2)
    if as_json:
        rows = [
            {name: value for name, value in row.items() if value == value} for row in found.table.to_dict("records")
        ]
        print_json({"apexes": rows, "failed": found.failed, "mean_apex_error_frames": mean})
    else:
        for row in found.table.itertuples():
            marks = ", ".join(f"{name} {getattr(row, name)}" for name in ("onset", "apex", "offset"))
            cut = " (still on at the end)" if row.cut_end else ""
            typer.echo(f"{row.clip}: {marks}{cut}; {row.emotion} {row.confidence:.2f}; {row.region} {row.moved:.3f}")
        if errors is not None:
            typer.echo(f"apexes are {mean} frames off in the mean, over {len(errors)} coded clips")
        for clip, reason in found.failed.items():
            typer.echo(f"{clip}: FAILED, {reason}")
    if found.failed:
        raise typer.Exit(SOME_FAILED)
