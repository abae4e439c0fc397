"""Measure weights on a corpus. Needs no torch; what is measured is in `training.measure`."""

import json
from pathlib import Path

import numpy as np

from emo_utils.datasets import corpora
from emo_utils.errors import CorpusError, WeightsError
from emo_utils.inference.engines import OnnxEngine
from emo_utils.inference.weights import find_weights
from emo_utils.training.measure import measure
from emo_utils.training.predictions import prediction_table, read_predictions, write_predictions

BATCH = 256


def evaluate_run(folder: Path, corpus: str, split: str) -> dict:
    """Measure what a training run predicted, one fold of it or all folds together.

    Args:
        folder: of `emo train`; a fold's own folder, or the one above the folds, which has the split `test` alone.
        corpus: the one it was trained on.
        split: `validation` or `test`.

    Raises:
        WeightsError: the run is not finished, of another corpus, or did not predict this split.
    """
    try:
        trained_on = json.loads((folder / "metrics.json").read_text())["experiment"]["corpus"]
    except (OSError, ValueError, KeyError) as error:
        raise WeightsError(
            f"{folder}: expected a finished training run, found no metrics.json; run it again"
        ) from error
    path = folder / f"predictions_{split}.csv"
    if trained_on != corpus or not path.exists():
        known = ", ".join(sorted(file.stem.removeprefix("predictions_") for file in folder.glob("predictions_*.csv")))
        raise WeightsError(
            f"{folder}: a run on {trained_on} with predictions of {known}; asked for {corpus}, {split}. Its network is "
            "no file of weights that reads single gray faces, so it cannot be tried on other data here"
        )
    held_out = folder / "predictions_validation.csv"
    validation = read_predictions(held_out) if split == "test" and held_out.exists() else None
    about = {"weights": str(folder), "corpus": corpus, "split": split}
    return about | measure(read_predictions(path), validation=validation)


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
        write_predictions(table, predictions)
    about = {"weights": found.name, "sha256": found.sidecar["sha256"], "corpus": corpus, "split": split}
    return about | measure(table, faces.classes)
