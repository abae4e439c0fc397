"""A whole run, from its settings and samples to weights, predictions and figures."""

import json
from pathlib import Path

import numpy as np
import torch
from accelerate import PartialState

from emo_utils.assets import FACERES_LICENCE
from emo_utils.datasets.controls import shuffle_frames, shuffle_labels
from emo_utils.datasets.features import FeatureTable
from emo_utils.datasets.registry import corpora
from emo_utils.datasets.samples import Samples
from emo_utils.datasets.splits import Split
from emo_utils.evaluation.figures import measure_parts, predictions_of, shortened
from emo_utils.evaluation.measure import measure
from emo_utils.evaluation.predictions import write_predictions
from emo_utils.hashing import sha256_of_file
from emo_utils.inference.prior import UNIFORM, class_shares
from emo_utils.models import find_backbone
from emo_utils.output import write_text_whole
from emo_utils.training.classical import predict_fold
from emo_utils.training.experiment import Experiment, code_commit
from emo_utils.training.fit import OnEpoch, fit, predict
from emo_utils.training.release import release

METRICS = "metrics.json"
PREDICTIONS = "predictions_{}.csv"


def run(experiment: Experiment, parts: dict[str, Samples], folder: Path, on_epoch: OnEpoch | None = None) -> dict:
    """Train, predict, measure; a finished run is not done again, a stopped one goes on.

    The test part is read once, at the very end. Writes, beside what `fit` writes, `predictions_<part>.csv` (a row per
    clip: the mean over its samples, before calibration), a sidecar `best.json`, and `metrics.json` last of all; for
    networks that read one gray face also `weights.onnx`, which `emo analyze` takes.

    Returns:
        What `metrics.json` holds.
    """
    done = finished(experiment, folder)
    if done:
        return done
    parts = under_control(parts, experiment)
    model = fit(experiment, parts, folder, on_epoch)
    with PartialState().main_process_first():  # of several processes, one predicts and writes
        return finished(experiment, folder) or _finish(model, experiment, parts, folder)


def _finish(model: torch.nn.Module, experiment: Experiment, parts: dict[str, Samples], folder: Path) -> dict:
    """The part of `run` that follows training."""
    logits = {part: predict(model, parts[part], experiment) for part in evaluated(parts)}
    tables = {part: predictions_of(probabilities_of(logits[part]), parts[part]) for part in logits}
    for part, table in tables.items():
        write_predictions(table, folder / PREDICTIONS.format(part))
    metrics = measure_parts(tables, parts["train"].classes)
    metadata = metadata_of(experiment, folder)
    write_sidecar(folder, experiment, parts["train"].classes, metrics, metadata)
    if reads_one_gray_face(experiment):
        export_run(model, experiment, folder, parts, metadata)
    metrics = {"experiment": experiment.to_dict(), "commit": metadata["trained_at_commit"], **metrics}
    write_text_whole(folder / METRICS, json.dumps(metrics, indent=1) + "\n")
    return metrics


def run_classical(experiment: Experiment, table: FeatureTable, split: Split, folder: Path) -> dict:
    """The same for a model of `training.classical`: fit, predict the test part, measure; nothing else is kept."""
    done = finished(experiment, folder)
    if done:
        return done
    folder.mkdir(parents=True, exist_ok=True)
    predictions = predict_fold(table, experiment.backbone, split, experiment.seed)
    write_predictions(predictions, folder / PREDICTIONS.format("test"))
    about = {"experiment": experiment.to_dict(), "commit": code_commit()}
    metrics = {**about, "test": measure(predictions, table.classes)}
    write_text_whole(folder / METRICS, json.dumps(metrics, indent=1) + "\n")
    return metrics


def finished(experiment: Experiment, folder: Path) -> dict | None:
    """The metrics of a run of the same settings that is complete."""
    path = folder / METRICS
    if not path.exists():
        return None
    metrics = json.loads(path.read_text())
    same = json.loads(json.dumps(experiment.to_dict()))
    return metrics if metrics.get("experiment") == same else None


def under_control(parts: dict[str, Samples], experiment: Experiment) -> dict[str, Samples]:
    """The samples as the experiment's control wants them: test labels are always the true ones."""
    if experiment.control == "labels":
        shuffled = {part: shuffle_labels(parts[part], experiment.seed) for part in ("train", "validation")}
        return {**parts, **{part: samples for part, samples in shuffled.items() if len(samples)}}
    if experiment.control == "frames":
        return {part: shuffle_frames(samples, experiment.seed) for part, samples in parts.items()}
    return parts


def evaluated(parts: dict[str, Samples]) -> list[str]:
    """The parts that are predicted and measured."""
    return [part for part in ("validation", "test") if len(parts[part])]


def probabilities_of(logits: torch.Tensor) -> np.ndarray:
    """Softmax in double precision."""
    return logits.double().softmax(dim=1).numpy()


def metadata_of(experiment: Experiment, folder: Path) -> dict:
    """What a sidecar tells beside the contract: settings, commits, data, licence."""
    numbers = json.loads((folder / "checkpoint.json").read_text())
    corpus = corpora.create(experiment.corpus)
    return {
        "experiment": experiment.to_dict(),
        "trained_at_commit": numbers["commit"],
        "best_epoch": numbers["best_epoch"],
        "data": {"corpus": experiment.corpus, "licence": corpus.licence, "citation": corpus.citation},
        "synthetic": corpus.facts.synthetic,
        "licence": licence_of(experiment),
    }


def licence_of(experiment: Experiment) -> str:
    """Terms of the weights; those that may have started from a recogniser of people, in this run or before, name it."""
    own = "MIT (weights trained by this package; see the data's own terms)"
    if "recogniser" not in find_backbone(experiment.backbone).starts or experiment.weights == "random":
        return own
    return f"{own}; started from a recogniser of people, {FACERES_LICENCE}"


def write_sidecar(
    folder: Path, experiment: Experiment, classes: tuple[str, ...], metrics: dict, metadata: dict
) -> None:
    """`best.json` beside `best.safetensors`: the input contract, the classes, the figures, and the metadata."""
    digest = sha256_of_file(folder / "best.safetensors")
    contract = {"classes": list(classes), "input_spec": experiment.input_spec.to_dict(), "sha256": digest}
    told = {**contract, "metrics": shortened(metrics), **metadata}
    write_text_whole(folder / "best.json", json.dumps(told, indent=1) + "\n")


def reads_one_gray_face(experiment: Experiment) -> bool:
    """Whether `emo analyze` can use the network, frame by frame."""
    spec = experiment.input_spec
    return spec.channels == 1 and spec.colour == "gray" and experiment.representation["name"] in ("frame", "apex")


def export_run(model, experiment, folder: Path, parts: dict[str, Samples], metadata: dict) -> Path:
    """Write `weights.onnx`, calibrated on the validation part, with its sidecar, whose figures are calibrated."""
    told = prior_of(parts["train"], experiment) | {"exported_at_commit": code_commit()} | metadata
    return release([model], folder / "weights.onnx", experiment.input_spec, parts, told)


def prior_of(samples: Samples, experiment: Experiment) -> dict:
    """What a sidecar tells of class shares: those of training, and the prior under which clips are read."""
    shares = trained_shares(samples, experiment)
    return {"prior": shares, "clip_prior": UNIFORM if all(shares.values()) else experiment.corpus}


def trained_shares(samples: Samples, experiment: Experiment) -> dict[str, float]:
    """The class shares under which a network trained on these samples gives its probabilities; see `inference.prior`.

    They are those of the targets (votes, not the labels that most votes went to), as the experiment's `balance` made
    them: `weights` multiply a class, `sampling` shows the faces of a label more often.
    """
    targets = samples.targets.astype(float)
    if experiment.balance != "none":
        weights = 1 / np.maximum(np.bincount(samples.labels, minlength=len(samples.classes)), 1)
        targets = targets * (weights if experiment.balance == "weights" else weights[samples.labels][:, None])
    return class_shares(targets, samples.classes)
