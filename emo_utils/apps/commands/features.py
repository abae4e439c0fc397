"""`emo features`: numbers per clip, to train on."""

from pathlib import Path
from typing import Annotated

import typer

from emo_utils.apps.commands.shared import SOME_FAILED, Json, names_in, print_json


def features(
    corpus: Annotated[str, typer.Argument(help="Corpus of clips, such as sample.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The CSV to write: a row per clip.")],
    measures: Annotated[
        str, typer.Option(metavar="NAME,...", help="Measures whose columns are summarised.")
    ] = "pose,blendshapes",
    root: Annotated[Path | None, typer.Option(help="The corpus's folder; default <data>/raw/<corpus>.")] = None,
    subject: Annotated[str | None, typer.Option(help="folder: pattern whose first group is the person.")] = None,
    results: Annotated[
        Path | None, typer.Option(help="Folder for the analyses of the clips; default <data>/analyses/<corpus>-<hash>.")
    ] = None,
    sample_fps: Annotated[float | None, typer.Option(help="Read this many frames a second; default all.")] = None,
    workers: Annotated[int, typer.Option(help="Processes that analyse clips.", min=1)] = 1,
    as_json: Json = False,
) -> None:
    """Turn clips into numbers per clip: mean, standard deviation, 10th and 90th percentile of each measure.

    Train on the table with emo train CORPUS --features FILE. Give the command again to continue a stopped run.

    Example: emo features sample -o features.csv
    """
    from emo_utils.workflows.clip_features import write_features

    given = {"root": root, "subject": subject}
    made = write_features(corpus, out, names_in(measures), given, results, sample_fps=sample_fps, workers=workers)
    if as_json:
        counts = {"clips": len(made.table), "columns": len(made.table.columns) - 3}
        print_json({"file": str(made.path), "results": str(made.results), **counts, "left_out": made.left_out})
    else:
        for clip_id, reason in made.left_out.items():
            typer.echo(f"{clip_id}: LEFT OUT, {reason}")
        typer.echo(f"{len(made.table)} clips, {len(made.table.columns) - 3} numbers each\n{made.path}")
    if made.left_out:
        raise typer.Exit(SOME_FAILED)
