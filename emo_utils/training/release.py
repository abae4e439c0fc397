"""From trained networks to one weights file: calibrated, with the figures measured on the file itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from torch import nn

from emo_utils.datasets.samples import Samples
from emo_utils.evaluation.calibration import fit_temperature, scale, uncertain_threshold
from emo_utils.evaluation.figures import measure_parts, predictions_of, shortened
from emo_utils.evaluation.predictions import arrays
from emo_utils.inference.baseline import emotion_profiles
from emo_utils.inference.engines import OnnxEngine, joined
from emo_utils.inference.prior import UNIFORM, change_prior, prior_ratio
from emo_utils.inference.weights import Weights
from emo_utils.output import whole_file
from emo_utils.structures import InputSpec
from emo_utils.training.onnx_export import QUANTISED_ON, quantise, set_temperature, write_onnx, write_onnx_sidecar

BATCH = 64


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
        networks: each maps normalised gray faces (N, 1, S, S) to logits.
        path: the ONNX file; its sidecar goes beside it.
        spec: the input contract of the networks.
        parts: samples by part: `train`, `validation` and `test`; the latter two may be empty.
        metadata: further entries of the sidecar.
        form: of the file.
    """
    train = parts["train"]
    with whole_file(path) as part:
        write_onnx(networks, part, spec, mirror=form.mirror)
        if form.int8:
            rows = np.random.default_rng(0).permutation(len(train))[:QUANTISED_ON]
            quantise(part, faces_of(train, rows))
        engine = OnnxEngine(Weights(path.stem, part, train.classes, spec, 0.0, {}))
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


def predict_clips(engine: OnnxEngine, samples: Samples) -> np.ndarray:
    """Probabilities (N, C) of the clip of each sample: the mean over its samples, such as framings of a face."""
    return joined(predict_samples(engine, samples), samples.clip_rows)[samples.clip_rows]


def predict_samples(engine: OnnxEngine, samples: Samples) -> np.ndarray:
    """Probabilities (N, C) of all samples."""
    batches = np.split(np.arange(len(samples)), range(BATCH, len(samples), BATCH))
    return np.concatenate([engine.predict(faces_of(samples, rows)) for rows in batches])


def faces_of(samples: Samples, rows: np.ndarray) -> np.ndarray:
    """Samples of one gray face each as uint8 (N, S, S)."""
    return samples.batch(rows)[0][:, 0]
