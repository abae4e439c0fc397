"""From trained networks to one weights file: calibrated, with the figures measured on the file itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from torch import nn

from emo_utils.datasets.samples import Samples
from emo_utils.errors import EmoError
from emo_utils.evaluation.calibration import fit_temperature, scale, uncertain_threshold
from emo_utils.evaluation.figures import measure_parts, predictions_of, shortened
from emo_utils.evaluation.predictions import arrays
from emo_utils.inference.baseline import emotion_profiles
from emo_utils.inference.engines import joined
from emo_utils.inference.networks import FRAME
from emo_utils.inference.prior import UNIFORM, change_prior, prior_ratio
from emo_utils.inference.sample_engine import SampleEngine, inputs_of
from emo_utils.inference.weights import Weights
from emo_utils.output import whole_file
from emo_utils.structures import InputSpec
from emo_utils.training.onnx_export import (
    CHUNK,
    QUANTISED_ON,
    SampleForm,
    quantise_on,
    set_temperature,
    write_onnx,
    write_onnx_sidecar,
)

BATCH = 64

FEWEST = 16
"""Samples at least from which the ranges of 8-bit numbers are set."""

FRAMES, PICTURE = ("T", "F"), ("C", "S", "S")
"""Axes of a sample: embeddings of frames, and a picture; a sequence of pictures has one more."""


@dataclass(frozen=True)
class Form:
    """Form of a weights file.

    Attributes:
        mirror: average over each face and its mirror image, which takes twice the time.
        int8: 8-bit convolutions.
    """

    mirror: bool = False
    int8: bool = False


def release(
    networks: Sequence[nn.Module],
    path: Path,
    spec: InputSpec,
    parts: dict[str, Samples],
    metadata: dict,
    form: Form = Form(),
) -> Path:
    """Write a weights file of one network or of several together.

    The temperature maximises the likelihood of the labels (the class with most votes) of the validation part, and the
    threshold of `uncertain` is chosen there too. Without a validation part the file is not calibrated. All figures in
    the sidecar are those of the file itself in ONNX Runtime, one prediction per clip (`inference.engines.joined`).

    Args:
        networks: each maps normalised samples, and for sequences their mask, to logits.
        path: the ONNX file; its sidecar goes beside it.
        spec: the input contract of the networks.
        parts: samples by part: `train`, `validation` and `test`; the latter two may be empty.
        metadata: further entries of the sidecar; `window` for a network over time (`inference.windows`).
        form: of the file.
    """
    train = parts["train"]
    sample_form = form_of(train, spec, metadata.get("window"))
    if form.mirror and sample_form.name != "faces":
        raise EmoError(f"mirror: expected a network that reads faces, found one that reads {sample_form.name}")
    with whole_file(path) as part:
        write_onnx(networks, part, spec, mirror=form.mirror, form=sample_form)
        if form.int8:
            quantise_on(part, training_inputs(train, sample_form))
        engine = SampleEngine(Weights(path.stem, part, train.classes, spec, 0.0, {}))
        outputs = {name: predict_clips(engine, parts[name]) for name in ("validation", "test") if len(parts[name])}
        temperature, votes_temperature = calibrate(outputs, parts)
        set_temperature(part, temperature)
        tables = {name: predictions_of(scale(values, temperature), parts[name]) for name, values in outputs.items()}
        entries = {
            "temperature": temperature,
            "votes_temperature": votes_temperature,
            "parameters": sum(p.numel() for network in networks for p in network.parameters()),
            "networks": len(networks),
            "mirror": form.mirror,
            "int8": form.int8,
            "metrics": shortened(measure_parts(tables, train.classes)),
        }
        entries |= thresholds(
            tables.get("validation"), train.classes, metadata.get("prior", {}), votes_temperature / temperature
        )
        if "validation" in tables:
            labels, likely = arrays(tables["validation"], train.classes)
            entries["profiles"] = emotion_profiles(likely, labels, train.classes)
        write_onnx_sidecar(part, path, spec, train.classes, entries | metadata)
    return path


def calibrate(outputs: dict[str, np.ndarray], parts: dict[str, Samples]) -> tuple[float, float]:
    """Temperature for the labels and temperature for the votes, on the validation part.

    Args:
        outputs: probabilities (N, C) before calibration, by part.
        parts: their samples.
    """
    if "validation" not in outputs:
        return 1.0, 1.0
    validation, values = parts["validation"], outputs["validation"]
    return fit_temperature(values, validation.labels), fit_temperature(values, validation.targets)


def thresholds(
    table: pd.DataFrame | None, classes: tuple[str, ...], shares: dict[str, float], sharpness: float
) -> dict[str, float]:
    """The thresholds of `uncertain`: under the training prior, and under the uniform one where shares are known.

    For the latter every label of the table has the same weight, whatever its number of faces.

    Args:
        table: predictions of the validation part, calibrated, under the prior of training; None without one.
        classes: C names.
        shares: of each class in training; see `inference.prior`.
        sharpness: see `Weights.sharpness`.
    """
    if table is None:
        return {"uncertain_below": 0.0}
    labels, probabilities = arrays(table, classes)
    entries = {"uncertain_below": _threshold(probabilities, labels)}
    if shares and all(shares.values()):
        uniform = change_prior(probabilities, prior_ratio(UNIFORM, "", shares, classes, sharpness))
        weights = 1 / np.bincount(labels, minlength=len(classes))[labels]
        entries["uncertain_below_uniform"] = _threshold(uniform, labels, weights)
    return entries


def _threshold(probabilities: np.ndarray, labels: np.ndarray, counts_for: np.ndarray | None = None) -> float:
    correct = probabilities.argmax(axis=1) == labels
    return uncertain_threshold(probabilities.max(axis=1), correct, counts_for)


def predict_clips(engine: SampleEngine, samples: Samples) -> np.ndarray:
    """Probabilities (N, C) of the clip of each sample: the mean over its samples, such as framings of a face."""
    return joined(predict_samples(engine, samples), samples.clip_rows)[samples.clip_rows]


def predict_samples(engine: SampleEngine, samples: Samples) -> np.ndarray:
    """Probabilities (N, C) of all samples."""
    batches = np.split(np.arange(len(samples)), range(BATCH, len(samples), BATCH))
    return np.concatenate([engine.predict_samples(items_of(samples, rows, engine.shape)) for rows in batches])


def form_of(samples: Samples, spec: InputSpec, window: dict | None) -> SampleForm:
    """The input of a network that was trained on these samples."""
    shape = samples.items[0].shape
    if spec.representation == FRAME and spec.colour == "gray":
        return SampleForm("faces", shape[1:])
    if len(shape) == 1:
        return SampleForm("features", shape)
    if len(shape) == len(FRAMES):
        return SampleForm("embeddings", (_used(window), *shape[1:]), mask=True)
    if window is None or len(shape) == len(PICTURE):
        return SampleForm("faces", shape)
    return SampleForm("faces", (_used(window), *shape[1:]), mask=True)


def _used(window: dict) -> int:
    """Number of frames of a window that the network reads."""
    return (window["frames"] - 1) // window["step"] + 1


def items_of(samples: Samples, rows: np.ndarray, shape: tuple[int, ...]) -> list[np.ndarray]:
    """Samples as a network for this shape accepts them; one of single gray crops accepts them without channels."""
    items = [samples.items[int(row)] for row in rows]
    return [item[0] for item in items] if items[0].ndim == len(PICTURE) > len(shape) else items


def training_inputs(samples: Samples, form: SampleForm) -> Iterator[dict[str, np.ndarray]]:
    """Batches of up to `QUANTISED_ON` faces of the training part, as inputs of an ONNX file."""
    frames = form.shape[0] if form.mask else 1
    rows = np.random.default_rng(0).permutation(len(samples))[: max(FEWEST, QUANTISED_ON // frames)]
    for few in np.split(rows, range(CHUNK // frames + 1, len(rows), CHUNK // frames + 1)):
        yield inputs_of(items_of(samples, few, form.shape), form.name, form.shape[0] if form.mask else None)
