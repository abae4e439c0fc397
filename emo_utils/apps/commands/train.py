"""`emo train`: a corpus to a trained network."""

from pathlib import Path
from typing import Annotated

import typer


def train(
    corpus: Annotated[str, typer.Argument(help="Corpus, such as ferplus.")],
    backbone: Annotated[str, typer.Option(help="Network.")] = "face_net",
    epochs: Annotated[int, typer.Option(help="Times each training face is seen.")] = 60,
    batch_size: Annotated[int, typer.Option(help="Faces a step.")] = 128,
    learning_rate: Annotated[float, typer.Option(help="Peak learning rate.")] = 0.1,
    seed: Annotated[int, typer.Option(help="Start of every random number.")] = 0,
    out: Annotated[
        Path | None, typer.Option(help="The run's folder; default <data>/runs/<corpus>-<backbone>-s<seed>.")
    ] = None,
) -> None:
    """Train a network; a stopped run goes on where it was when the command is given again.

    Example: emo train ferplus --epochs 60 --out data/runs/ferplus
    """
    from emo_utils.settings import load_settings
    from emo_utils.training.experiment import Experiment
    from emo_utils.training.run import train_and_export

    experiment = Experiment(corpus, backbone, seed, epochs, batch_size, learning_rate)
    folder = out or load_settings().data_dir / "runs" / f"{corpus}-{backbone}-s{seed}"
    weights = train_and_export(experiment, folder)
    typer.echo(f"{weights}\n{folder / 'metrics.json'}")
