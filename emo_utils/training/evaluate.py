"""Measure weights on a corpus. Needs no torch; what is measured is in `training.measure`."""

from pathlib import Path

import numpy as np

from emo_utils.datasets import corpora
from emo_utils.errors import CorpusError, WeightsError
from emo_utils.inference.engines import OnnxEngine
from emo_utils.inference.weights import find_weights
from emo_utils.training.measure import measure
from emo_utils.training.predictions import prediction_table, write_predictions

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
        write_predictions(table, predictions)
    about = {"weights": found.name, "sha256": found.sidecar["sha256"], "corpus": corpus, "split": split}
    return about | measure(table, faces.classes)
