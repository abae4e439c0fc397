"""What is gained by leaving uncertain faces unnamed: the share that is kept, and how often those are right."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from emo_utils.evaluation.predictions import arrays, classes_of

THRESHOLDS = tuple(step / 20 for step in range(20))
"""Confidences 0 to 0.95 in steps of 0.05."""

SHOWN = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Those of a report."""


def coverage_curve(
    confidence: np.ndarray, correct: np.ndarray, thresholds: Iterable[float] = THRESHOLDS
) -> list[dict[str, float | None]]:
    """Coverage and accuracy where faces under a confidence are left unnamed.

    Args:
        confidence: float (N,), the probability of the named class.
        correct: bool (N,), whether it is the true one.
        thresholds: a face is kept where its confidence is at least this, as `uncertain` in a timeline has it.

    Returns:
        For each threshold `threshold`, `coverage` (the share kept), and `accuracy` among these, None where none is.
    """
    rows = []
    for threshold in thresholds:
        kept = confidence >= threshold
        accuracy = float(correct[kept].mean()) if kept.any() else None
        rows.append({"threshold": float(threshold), "coverage": float(kept.mean()), "accuracy": accuracy})
    return rows


def table_coverage(table: pd.DataFrame, uncertain_below: float | None = None) -> dict:
    """What a report says of a prediction table: see `coverage_curve` and `evaluation.predictions`.

    Args:
        table: of predictions.
        uncertain_below: the weights' own threshold; None where it is not known.

    Returns:
        `coverage`, rows at `SHOWN` and at the weights' own threshold; with the latter also `uncertain`: `below`, how
        many faces are (`n`) and their share.
    """
    labels, probabilities = arrays(table, classes_of(table))
    confidence, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    own = set() if uncertain_below is None else {uncertain_below}
    report: dict = {"coverage": coverage_curve(confidence, correct, sorted({*SHOWN, *own}))}
    if own:
        under = confidence < uncertain_below
        report["uncertain"] = {"below": uncertain_below, "n": int(under.sum()), "share": float(under.mean())}
    return report
