"""Measure predictions: from a table of true labels and probabilities, and from nothing else. Needs no torch."""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

from emo_utils.datasets import corpora
from emo_utils.errors import CorpusError, WeightsError
from emo_utils.inference.engines import OnnxEngine
from emo_utils.inference.weights import find_weights

CALIBRATION_BINS = 15
RESAMPLES = 2000
BATCH = 256


def evaluate_weights(weights: str, corpus: str, split: str, predictions: Path | None = None) -> dict:
    """Read one split of a corpus of still faces with a weights file and measure the result.

    Args:
        weights: see `inference.weights.find_weights`.
        corpus: a registered corpus whose `load(split)` gives `FaceImages`.
        split: `train`, `validation` or `test`.
        predictions: where to write the table that everything is computed from, if at all.

    Raises:
        WeightsError: the weights name other classes than the corpus.
        CorpusError: the corpus has no still faces.
    """
    found = find_weights(weights)
    source = corpora.create(corpus)
    if not hasattr(source, "load"):
        raise CorpusError(f"corpus {corpus!r} holds no still faces; expected one that does, such as ferplus")
    faces = source.load(split)
    if set(faces.classes) != set(found.classes):
        raise WeightsError(f"{weights} names {found.classes}, but {corpus} has {faces.classes}")
    engine = OnnxEngine(found)
    read = np.concatenate([engine.predict(faces.pixels[i : i + BATCH]) for i in range(0, len(faces), BATCH)])
    table = prediction_table(faces.names, faces.names, faces.labels, faces.classes, read, found.classes)
    if predictions:
        table.to_csv(predictions, index=False, float_format="%.6g", lineterminator="\n")
    about = {"weights": found.name, "sha256": found.sidecar["sha256"], "corpus": corpus, "split": split}
    return about | measure(table, faces.classes)


def prediction_table(clip_ids, subject_ids, labels, label_classes, probabilities, classes) -> pd.DataFrame:
    """`predictions.csv`: clip_id, subject_id, label (name), and p_<class> per class."""
    table = pd.DataFrame({"clip_id": clip_ids, "subject_id": subject_ids})
    table["label"] = [label_classes[label] for label in labels]
    table[[f"p_{name}" for name in classes]] = probabilities
    return table


def measure(table: pd.DataFrame, classes: tuple[str, ...], seed: int = 0) -> dict:
    """All figures of a prediction table.

    Accuracy is also called WAR in this field; UAR is the mean of the classes' recalls. The interval is the 95 %
    percentile bootstrap over subjects (B. Efron, R. Tibshirani, 1993): with as many clips of one person as there are,
    clips are not independent. ECE has 15 bins of equal width (C. Guo et al., ICML 2017).
    """
    position = {name: index for index, name in enumerate(classes)}
    labels = table["label"].map(position).to_numpy()
    probabilities = table[[f"p_{name}" for name in classes]].to_numpy(float)
    named = probabilities.argmax(axis=1)
    every = np.arange(len(classes))
    precision, recall, _, support = precision_recall_fscore_support(labels, named, labels=every, zero_division=0)
    present = support > 0
    correct = named == labels
    return {
        "n": len(table),
        "subjects": int(table["subject_id"].nunique()),
        "accuracy": float(correct.mean()),
        "accuracy_interval_95": bootstrap_interval(correct, table["subject_id"].to_numpy(), seed),
        "uar": float(recall[present].mean()),
        "macro_f1": float(f1_score(labels, named, labels=every[present], average="macro", zero_division=0)),
        "ece": expected_calibration_error(probabilities.max(axis=1), correct),
        "nll": float(-np.log(np.clip(probabilities[np.arange(len(labels)), labels], 1e-12, None)).mean()),
        "recall": _by_name(classes, recall),
        "precision": _by_name(classes, precision),
        "support": {name: int(count) for name, count in zip(classes, support, strict=True)},
        "confusion": confusion_matrix(labels, named, labels=every).tolist(),
        "classes": list(classes),
    }


def _by_name(classes, values) -> dict[str, float]:
    return {name: float(value) for name, value in zip(classes, values, strict=True)}


def bootstrap_interval(correct: np.ndarray, subjects: np.ndarray, seed: int = 0) -> list[float]:
    """95 % interval of the accuracy: subjects are drawn again with replacement, each with all its clips."""
    _, group = np.unique(subjects, return_inverse=True)
    size, right = np.bincount(group), np.bincount(group, weights=correct)
    rng = np.random.default_rng(seed)
    draws = [rng.integers(0, len(size), len(size)) for _ in range(RESAMPLES)]
    accuracy = [right[draw].sum() / size[draw].sum() for draw in draws]
    return [float(value) for value in np.percentile(accuracy, [2.5, 97.5])]


def expected_calibration_error(confidence: np.ndarray, correct: np.ndarray, bins: int = CALIBRATION_BINS) -> float:
    """Mean distance between confidence and accuracy over equal bins of confidence, weighted by their size."""
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    size = np.bincount(index, minlength=bins)
    gap = np.bincount(index, weights=correct, minlength=bins) - np.bincount(index, weights=confidence, minlength=bins)
    return float(np.abs(gap)[size > 0].sum() / len(confidence))


def uncertain_threshold(confidence: np.ndarray, correct: np.ndarray, fewest: int = 20) -> float:
    """The confidence under which the named class is wrong more often than right.

    The largest step of 0.01 at which the faces of the 0.1 just under it are right in less than half of all cases, and
    are at least `fewest`; 0 where there is none.
    """
    for threshold in np.arange(0.9, 0.1, -0.01):
        under = (confidence < threshold) & (confidence >= threshold - 0.1)
        if under.sum() >= fewest and correct[under].mean() < 0.5:
            return float(round(threshold, 2))
    return 0.0
