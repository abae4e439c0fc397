"""Measure a network on features with a table of another corpus; the program that measured the clips made the table."""

from pathlib import Path

from emo_utils.datasets.features import load_features
from emo_utils.errors import WeightsError
from emo_utils.evaluation.measure import measure
from emo_utils.evaluation.predictions import prediction_table, write_predictions
from emo_utils.inference.networks import FEATURES
from emo_utils.inference.sample_engine import SampleEngine
from emo_utils.inference.weights import find_weights

FEWEST_CLASSES = 2


def evaluate_features(weights: str, corpus: str, features: Path, predictions: Path | None = None) -> dict:
    """Predict every clip of a table and measure the predictions.

    Only emotions of both the table and the weights are candidates; clips of others are left out and counted.

    Args:
        weights: of a run on `features`; see `inference.weights.find_weights`.
        corpus: a registered corpus, which names the clips' people and emotions.
        features: the table, a CSV with the columns of the training table, in their order.
        predictions: where to write the prediction table; None writes none.

    Returns:
        The figures of `evaluation.measure`, `prior`, `candidates`, and `left_out`, clips of other emotions by emotion.

    Raises:
        WeightsError: weights that read no features, another number of columns, or fewer than two emotions in common.
        TableError: the table cannot be read.
    """
    found = find_weights(weights)
    if found.representation != FEATURES:
        raise WeightsError(f"{found.name}: expected weights that read features, found {found.representation}")
    table, engine = load_features(corpus, features), SampleEngine(found, prior=found.clip_prior)
    if (len(table.names),) != engine.shape:
        made_of = found.settings.get("file", "the training table")
        raise WeightsError(
            f"{features}: expected the {engine.shape[0]} columns of {made_of}, found {len(table.names)}; measure the "
            "clips with the program and the settings of that table"
        )
    classes = tuple(name for name in found.classes if name in table.classes)
    if len(classes) < FEWEST_CLASSES:
        raise WeightsError(
            f"{found.name} names {', '.join(found.classes)}, {features} has {', '.join(table.classes)}: expected at "
            f"least two in common, found {len(classes)}"
        )
    rows = [row for row, clip in enumerate(table.clips) if clip.emotion in classes]
    clips = [table.clips[row] for row in rows]
    columns = [found.classes.index(name) for name in classes]
    likely = engine.predict_samples(list(table.values[rows].astype("float32")))[:, columns]
    names, people = [clip.clip_id for clip in clips], [clip.subject_id for clip in clips]
    labels = [classes.index(clip.emotion) for clip in clips]
    made = prediction_table(names, people, labels, classes, likely / likely.sum(axis=1, keepdims=True), classes)
    if predictions:
        write_predictions(made, predictions)
    left_out = [clip.emotion for clip in table.clips if clip.emotion not in classes]
    about = {"weights": found.name, "sha256": found.sidecar["sha256"], "corpus": corpus, "features": str(features)}
    about |= {"prior": engine.prior, "candidates": list(classes)}
    about |= {"left_out": {name: left_out.count(name) for name in sorted(set(left_out))}}
    return about | measure(made, classes)
