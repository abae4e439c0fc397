"""A whole run, from its settings and samples to weights, predictions and figures."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from accelerate import PartialState

from emo_utils.datasets import corpora
from emo_utils.datasets.controls import shuffle_frames, shuffle_labels
from emo_utils.datasets.features import FeatureTable
from emo_utils.datasets.manifest import write_whole
from emo_utils.datasets.samples import Samples
from emo_utils.datasets.splits import Split
from emo_utils.training.calibration import uncertain_threshold
from emo_utils.training.classical import predict_fold
from emo_utils.training.experiment import Experiment, code_commit
from emo_utils.training.export import export, fit_temperature
from emo_utils.training.fit import OnEpoch, build, fit, predict
from emo_utils.training.measure import measure
from emo_utils.training.predictions import prediction_table, write_predictions
from emo_utils.training.run_folder import load_weights

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
    tables = {part: predictions_of(logits[part], parts[part]) for part in logits}
    for part, table in tables.items():
        write_whole_csv(table, folder / PREDICTIONS.format(part))
    metrics = measure_parts(tables, parts["train"].classes)
    story = story_of(experiment, folder)
    write_sidecar(folder, experiment, parts["train"].classes, metrics, story)
    if reads_one_gray_face(experiment):
        export_run(model, experiment, folder, parts, logits, story)
    metrics = {"experiment": experiment.to_dict(), "commit": story["trained_at_commit"], **metrics}
    write_whole(folder / METRICS, json.dumps(metrics, indent=1) + "\n")
    return metrics


def run_classical(experiment: Experiment, table: FeatureTable, split: Split, folder: Path) -> dict:
    """The same for a model of `training.classical`: fit, predict the test part, measure; nothing else is kept."""
    done = finished(experiment, folder)
    if done:
        return done
    folder.mkdir(parents=True, exist_ok=True)
    predictions = predict_fold(table, experiment.backbone, split, experiment.seed)
    write_whole_csv(predictions, folder / PREDICTIONS.format("test"))
    about = {"experiment": experiment.to_dict(), "commit": code_commit()}
    metrics = {**about, "test": measure(predictions, table.classes)}
    write_whole(folder / METRICS, json.dumps(metrics, indent=1) + "\n")
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


def predictions_of(logits: torch.Tensor, samples: Samples) -> pd.DataFrame:
    """`predictions.csv` of samples: a row per clip, the mean of the probabilities of its samples."""
    probabilities = logits.double().softmax(dim=1).numpy()
    first = pd.Index(samples.clip_ids).drop_duplicates()
    rows = pd.DataFrame(probabilities).groupby(np.array(samples.clip_ids)).mean().loc[first].to_numpy()
    at = [samples.clip_ids.index(clip_id) for clip_id in first]
    people = [samples.subject_ids[i] for i in at]
    return prediction_table(list(first), people, samples.labels[at], samples.classes, rows, samples.classes)


def measure_parts(tables: dict[str, pd.DataFrame], classes: tuple[str, ...]) -> dict:
    """Figures of each part; the temperature for the test part is fitted on the validation part, where there is one."""
    return {
        part: measure(table, classes, validation=tables.get("validation") if part == "test" else None)
        for part, table in tables.items()
    }


def story_of(experiment: Experiment, folder: Path) -> dict:
    """What a sidecar tells beside the contract: settings, commits, data, licence."""
    numbers = json.loads((folder / "checkpoint.json").read_text())
    corpus = corpora.create(experiment.corpus)
    return {
        "experiment": experiment.to_dict(),
        "trained_at_commit": numbers["commit"],
        "best_epoch": numbers["best_epoch"],
        "data": {"corpus": experiment.corpus, "licence": corpus.licence, "citation": corpus.citation},
        "synthetic": corpus.facts.synthetic,
        "licence": "MIT (weights trained by this package; see the data's own terms)",
    }


def write_sidecar(folder: Path, experiment: Experiment, classes: tuple[str, ...], metrics: dict, story: dict) -> None:
    """`best.json` beside `best.safetensors`: the input contract, the classes, the figures, and the story."""
    digest = hashlib.sha256((folder / "best.safetensors").read_bytes()).hexdigest()
    contract = {"classes": list(classes), "input_spec": experiment.input_spec.to_dict(), "sha256": digest}
    told = {**contract, "metrics": shortened(metrics), **story}
    write_whole(folder / "best.json", json.dumps(told, indent=1) + "\n")


def load_run(folder: Path, samples: Samples) -> tuple[torch.nn.Module, Experiment]:
    """The trained network of a run's folder, for samples like these, and its settings."""
    experiment = Experiment.from_dict(json.loads((folder / "experiment.json").read_text()))
    return load_weights(folder, build(experiment, samples)), experiment


def reads_one_gray_face(experiment: Experiment) -> bool:
    """Whether `emo analyze` can use the network, frame by frame."""
    spec = experiment.input_spec
    return spec.channels == 1 and spec.colour == "gray" and experiment.representation["name"] in ("frame", "apex")


def export_run(model, experiment, folder: Path, parts: dict[str, Samples], logits: dict, story: dict) -> Path:
    """Write `weights.onnx`, calibrated on the validation part, with its sidecar, whose figures are calibrated."""
    temperature, threshold, classes = 1.0, 0.0, parts["train"].classes
    if "validation" in logits:
        validation = parts["validation"]
        temperature = fit_temperature(logits["validation"], torch.from_numpy(validation.targets))
        probabilities = (logits["validation"] / temperature).softmax(dim=1).numpy()
        correct = probabilities.argmax(axis=1) == validation.labels
        threshold = uncertain_threshold(probabilities.max(axis=1), correct)
    tables = {part: predictions_of(values / temperature, parts[part]) for part, values in logits.items()}
    figures = shortened(measure_parts(tables, classes))
    story = {"uncertain_below": threshold, "exported_at_commit": code_commit(), "metrics": figures, **story}
    path = folder / "weights.onnx"
    export(model.cpu(), path, experiment.input_spec, classes, temperature, story)
    return path


def shortened(metrics: dict) -> dict:
    """The figures a sidecar repeats."""
    kept = ("n", "accuracy", "accuracy_interval_95", "uar", "macro_f1", "ece", "nll", "recall")
    return {part: {key: report[key] for key in kept} for part, report in metrics.items()}


def write_whole_csv(table: pd.DataFrame, path: Path) -> None:
    """A prediction table as CSV, seen complete or not at all."""
    part = path.with_name(f".{path.name}.part")
    write_predictions(table, part)
    part.replace(path)
