"""`emo train`: train networks on a corpus."""

from pathlib import Path
from typing import Annotated

import typer

from emo_utils.apps.commands.shared import Json, print_json


def train(
    corpus: Annotated[str, typer.Argument(help="Corpus, such as ferplus or sample.")],
    backbone: Annotated[str | None, typer.Option(help="Network; default by representation.")] = None,
    representation: Annotated[
        str | None,
        typer.Option(help="frame, stack, apex, sequence or features; default frame for pictures, stack for videos."),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(help="Initial weights: ferplus, imagenet, random, or a run's folder; default the backbone's own."),
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="Option of the backbone, as NAME=VALUE; may be repeated.")
    ] = None,
    protocol: Annotated[str | None, typer.Option(help="random, subject or official.")] = None,
    fold: Annotated[int | None, typer.Option(help="Train only this fold; default all.")] = None,
    folds: Annotated[int | None, typer.Option(help="Number of folds; default that of the literature, else 5.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of all random numbers.")] = 0,
    epochs: Annotated[int | None, typer.Option(help="Times each training sample is seen.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Samples a step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak learning rate.")] = None,
    optimizer: Annotated[str | None, typer.Option(help="sgd, adam or adamw.")] = None,
    schedule: Annotated[str | None, typer.Option(help="cosine, one_cycle or constant.")] = None,
    weight_decay: Annotated[
        float | None, typer.Option(help="Weight decay, except for biases and normalisation.")
    ] = None,
    label_smoothing: Annotated[float | None, typer.Option(help="Share of a target spread over the classes.")] = None,
    mixup: Annotated[float | None, typer.Option(help="Alpha of mixup; 0 turns it off.")] = None,
    balance: Annotated[str | None, typer.Option(help="Rare classes: none, weights or sampling.")] = None,
    average_decay: Annotated[
        float | None, typer.Option(help="Decay of the moving average of the weights; 0: off.")
    ] = None,
    clip_gradient: Annotated[float | None, typer.Option(help="Largest norm of the gradient; 0: off.")] = None,
    sharpness: Annotated[
        float | None, typer.Option(help="Radius of sharpness-aware minimisation, at twice the time; 0: off.")
    ] = None,
    patience: Annotated[int | None, typer.Option(help="Stop after this many epochs without gain; 0: never.")] = None,
    augmentation: Annotated[
        str | None, typer.Option(help="faces, soft, medium, mild, video, world, stack, time or none.")
    ] = None,
    teacher: Annotated[
        list[str] | None, typer.Option(help="Distil from this run's folder or shipped weights; may be repeated.")
    ] = None,
    teacher_share: Annotated[float | None, typer.Option(help="Weight of the teachers in the training targets.")] = None,
    teach_once: Annotated[
        bool, typer.Option(help="Teachers predict once per sample, not for each augmented sample.")
    ] = False,
    precision: Annotated[str | None, typer.Option(help="auto, bfloat16 or float32.")] = None,
    control: Annotated[str | None, typer.Option(help="Control experiment: shuffle labels or frames.")] = None,
    interval: Annotated[int | None, typer.Option(help="stack: frames from one channel to the next.")] = None,
    channels: Annotated[int | None, typer.Option(help="stack: faces in it.")] = None,
    window: Annotated[int | None, typer.Option(help="stack: frames it covers.")] = None,
    frames: Annotated[int | None, typer.Option(help="sequence: frames from the start.")] = None,
    every: Annotated[int | None, typer.Option(help="frame, sequence: take every n-th frame of a video.")] = None,
    fps: Annotated[float | None, typer.Option(help="sequence: frames a second, instead of all.")] = None,
    encoder: Annotated[
        list[str] | None,
        typer.Option(help="Frozen encoder of a network over embeddings: weights or a run; may be repeated."),
    ] = None,
    normalise: Annotated[
        str | None, typer.Option(help="Features and embeddings: none, person (by all clips of a person) or ranks.")
    ] = None,
    size: Annotated[int | None, typer.Option(help="Side of a face in pixels.")] = None,
    faces: Annotated[
        str | None,
        typer.Option(
            help="frame: asis, detect (cut out anew), or both, as two samples.",
            show_default="asis for corpora of faces, else detect",
        ),
    ] = None,
    detector: Annotated[str | None, typer.Option(help="Face detector; none: pictures are faces already.")] = None,
    features: Annotated[
        Path | None, typer.Option(help="features: CSV with a row per clip, or a folder of per-frame CSVs.")
    ] = None,
    root: Annotated[Path | None, typer.Option(help="The corpus's folder.")] = None,
    subject: Annotated[str | None, typer.Option(help="folder: pattern whose first group is the person.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Default <data>/runs/<corpus>/<settings>.")] = None,
    as_json: Json = False,
) -> None:
    """Train a network, fold by fold; give the command again to continue a stopped run.

    Example: emo train sample --backbone mobilenetv3_large --representation stack --protocol subject --fold 0
    """
    from accelerate import PartialState

    from emo_utils.datasets.registry import corpora
    from emo_utils.training.person import TRANSDUCTIVE
    from emo_utils.workflows.sources import Data, default_representation
    from emo_utils.workflows.train import train as train_folds

    corpus_options = {"root": root, "subject": subject}
    representation = representation or default_representation(corpus, corpus_options, features)
    samples = {"interval": interval, "channels": channels, "window": window, "frames": frames, "every": every}
    samples |= {"size": size, "faces": faces, "detector": detector, "fps": fps}
    data = Data(corpus, representation, samples, corpus_options, features, encoders=tuple(encoder or ()))
    settings = {
        "backbone": backbone,
        "backbone_options": dict(map(_name_and_value, option)) if option else None,
        "weights": weights,
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "optimizer": optimizer,
        "schedule": schedule,
        "weight_decay": weight_decay,
        "label_smoothing": label_smoothing,
        "mixup": mixup,
        "balance": balance,
        "average_decay": average_decay,
        "clip_gradient": clip_gradient,
        "sharpness": sharpness,
        "patience": patience,
        "augmentation": augmentation,
        "teachers": tuple(teacher) if teacher else None,
        "teacher_share": teacher_share,
        "teach_once": teach_once or None,
        "control": control,
        "precision": precision,
        "normalise": normalise,
    }
    trained = train_folds(data, settings, protocol, fold, folds, seed, out)
    if not PartialState().is_main_process:
        return
    if as_json:
        print_json({"folder": str(trained.folder), "folds": list(trained.folds), **trained.pooled})
        return
    synthetic = corpora.get(corpus).facts.synthetic
    typer.echo(
        f"{corpus}{' (SYNTHETIC: proves that the code works, says nothing about accuracy)' if synthetic else ''}"
    )
    if trained.note:
        typer.echo(trained.note)
    typer.echo(trained.table.round(3).to_string())
    if normalise not in (None, "none"):
        typer.echo(f"normalised by {normalise}: {TRANSDUCTIVE}")
    typer.echo(trained.folder)


def _name_and_value(text: str) -> tuple[str, object]:
    """Parse `hidden=64` into a name and a Python value; other values than literals stay text."""
    from ast import literal_eval

    from emo_utils.errors import EmoError

    name, equals, value = text.partition("=")
    if not equals:
        raise EmoError(f"--option: expected NAME=VALUE, such as hidden=64; found {text!r}")
    try:
        return name, literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value
