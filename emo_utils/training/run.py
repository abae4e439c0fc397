"""A whole run, from its settings to a weights file and its figures."""

import json
from pathlib import Path

import numpy as np
import torch

from emo_utils.datasets import corpora
from emo_utils.training.evaluate import evaluate_weights, uncertain_threshold
from emo_utils.training.experiment import Experiment, code_commit
from emo_utils.training.export import export, fit_temperature
from emo_utils.training.fit import fit, predict


def train_and_export(experiment: Experiment, folder: Path) -> Path:
    """Train, calibrate on the validation split, export, and measure validation and test.

    The test split is read once, at the very end, by the exported file.

    Returns:
        The ONNX file, `weights.onnx` in `folder`; beside it its sidecar, `metrics.json`, `predictions_<split>.csv`.
    """
    model = fit(experiment, folder)
    return export_run(model, experiment, folder)


def export_run(model: torch.nn.Module, experiment: Experiment, folder: Path) -> Path:
    """The part of `train_and_export` that follows training."""
    corpus = corpora.create(experiment.corpus)
    validation = corpus.load("validation")
    logits = predict(model, validation.pixels, experiment.input_spec)
    temperature = fit_temperature(logits, torch.from_numpy(validation.votes))
    probabilities = (logits / temperature).softmax(dim=1).numpy()
    correct = probabilities.argmax(axis=1) == validation.labels
    path = folder / "weights.onnx"
    story = {
        "uncertain_below": uncertain_threshold(probabilities.max(axis=1), correct),
        "experiment": experiment.to_dict(),
        "trained_at_commit": _numbers(folder).get("commit", "unknown"),
        "exported_at_commit": code_commit(),
        "best_epoch": _numbers(folder).get("best_epoch"),
        "data": {"corpus": experiment.corpus, "licence": corpus.licence, "citation": corpus.citation},
        "licence": "MIT (weights trained by this package; see the data's own terms)",
        "validation": _short(correct, probabilities),
    }
    export(model, path, experiment.input_spec, validation.classes, temperature, story)
    metrics = {
        split: evaluate_weights(str(path), experiment.corpus, split, folder / f"predictions_{split}.csv")
        for split in ("validation", "test")
    }
    (folder / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n")
    sidecar = json.loads(path.with_suffix(".json").read_text())
    kept = ("n", "accuracy", "accuracy_interval_95", "uar", "macro_f1", "ece", "nll", "recall")
    sidecar["metrics"] = {split: {key: report[key] for key in kept} for split, report in metrics.items()}
    path.with_suffix(".json").write_text(json.dumps(sidecar, indent=1) + "\n")
    return path


def _numbers(folder: Path) -> dict:
    file = folder / "checkpoint.json"
    return json.loads(file.read_text()) if file.exists() else {}


def _short(correct: np.ndarray, probabilities: np.ndarray) -> dict:
    return {"accuracy": float(correct.mean()), "mean_confidence": float(probabilities.max(axis=1).mean())}
