"""Coverage and accuracy when faces of low confidence are left without a prediction."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from emo_utils.evaluation.predictions import arrays, classes_of

THRESHOLDS = tuple(step / 20 for step in range(20))
"""Confidences 0 to 0.95 in steps of 0.05."""

SHOWN = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Thresholds of a report."""


def coverage_curve(
    confidence: np.ndarray, correct: np.ndarray, thresholds: Iterable[float] = THRESHOLDS
) -> list[dict[str, float | None]]:
    """Coverage and accuracy when faces below a confidence are left without a prediction.

    Args:
        confidence: float (N,), the probability of the predicted class.
        correct: bool (N,), whether it is the true one.
        thresholds: a face is kept if its confidence is at least this, as for `uncertain` in a timeline.

    Returns:
        For each threshold `threshold`, `coverage` (the share kept), and `accuracy` of these, None if none is kept.
    """
    rows = []
    for threshold in thresholds:
        kept = confidence >= threshold
        accuracy = float(correct[kept].mean()) if kept.any() else None
        rows.append({"threshold": float(threshold), "coverage": float(kept.mean()), "accuracy": accuracy})
    return rows


def table_coverage(table: pd.DataFrame, uncertain_below: float | None = None) -> dict:
    """The entries `coverage` and `uncertain` of a report; see `coverage_curve` and `evaluation.predictions`.

    Args:
        table: of predictions.
        uncertain_below: the weights' own threshold; None where it is not known.

    Returns:
        `coverage`, rows at `SHOWN` and at the weights' own threshold. If that is known, also `uncertain`: the
        threshold (`below`), and the number (`n`) and `share` of faces below it.
    """
    labels, probabilities = arrays(table, classes_of(table))
    confidence, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    own = set() if uncertain_below is None else {uncertain_below}
    report: dict = {"coverage": coverage_curve(confidence, correct, sorted({*SHOWN, *own}))}
    if own:
        under = confidence < uncertain_below
        report["uncertain"] = {"below": uncertain_below, "n": int(under.sum()), "share": float(under.mean())}
    return report
