"""Calibration of probabilities: expected calibration error, likelihood, reliability, temperature scaling.

Temperature scaling divides all logits by one number T (C. Guo, G. Pleiss, Y. Sun, K. Weinberger, "On Calibration of
Modern Neural Networks", ICML 2017). The predicted class does not change. Logarithms of probabilities are logits up to
a constant per row, which the softmax removes, so tables of probabilities can be scaled too.
"""

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression

from emo_utils.datasets.csv_tables import TableError
from emo_utils.evaluation.predictions import SMALLEST, arrays, classes_of

BINS = 15
GROUPS = 6
"""Number of groups of people for cross-fitting the temperature, where the table has no folds by person."""
COLDEST, HOTTEST = 0.05, 20.0
"""Range of the temperature."""


def expected_calibration_error(confidence: np.ndarray, correct: np.ndarray, bins: int = BINS) -> float:
    """Mean distance between confidence (N,) and accuracy over equal bins of confidence, weighted by their size."""
    table = _bins(confidence, correct, bins)
    return float(np.abs(table["correct"] - table["confidence"]).sum() / len(confidence))


def reliability(table: pd.DataFrame, bins: int = BINS) -> pd.DataFrame:
    """The data of a reliability diagram of a prediction table.

    Returns:
        One row per bin of equal width: `low`, `high` (confidence), `count`, and the bin's mean `confidence` and
        `accuracy`, NaN where the bin is empty.
    """
    labels, probabilities = arrays(table, classes_of(table))
    sums = _bins(probabilities.max(axis=1), probabilities.argmax(axis=1) == labels, bins)
    count = sums["count"]
    means = {"confidence": sums["confidence"] / count.where(count > 0), "accuracy": sums["correct"] / count}
    edges = np.linspace(0, 1, bins + 1)
    return pd.DataFrame({"low": edges[:-1], "high": edges[1:], "count": count, **means})


def _bins(confidence: np.ndarray, correct: np.ndarray, bins: int) -> pd.DataFrame:
    """Per bin: number of predictions, sum of confidence, number of correct predictions."""
    index = np.clip((np.asarray(confidence) * bins).astype(int), 0, bins - 1)
    sums = {"confidence": np.bincount(index, confidence, bins), "correct": np.bincount(index, correct, bins)}
    return pd.DataFrame({"count": np.bincount(index, minlength=bins), **sums})


def negative_log_likelihood(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean -log of the true class's probability; probabilities (N, C), labels int (N,). In nats."""
    return float(-np.log(np.clip(probabilities[np.arange(len(labels)), labels], SMALLEST, None)).mean())


def scale(probabilities: np.ndarray, temperature: float | np.ndarray) -> np.ndarray:
    """Probabilities (N, C) with their logits divided by one temperature, or by one per row (N,)."""
    logits = np.log(np.clip(probabilities, SMALLEST, None)) / np.reshape(temperature, (-1, 1))
    return softmax(logits, axis=1)


def fit_temperature(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The temperature that maximises the likelihood of the true classes.

    Args:
        probabilities: (N, C).
        labels: int (N,), or distributions (N, C), as of votes.

    The log-likelihood is concave in 1 / T, so its slope has one zero, found by Brent's method. Where all predictions
    are correct (or wrong) there is no zero within the range; then the range's end is returned.
    """
    if len(labels) == 0:
        raise TableError("expected clips to fit a temperature on, found none")
    logits = np.log(np.clip(probabilities, SMALLEST, None))
    true = logits[np.arange(len(labels)), labels] if labels.ndim == 1 else (labels * logits).sum(axis=1)

    def overconfidence(log_temperature: float) -> float:
        """The slope of the log-likelihood in 1 / T, with the sign changed; it falls with the temperature."""
        return ((scale(probabilities, np.exp(log_temperature)) * logits).sum(axis=1) - true).mean()

    coldest, hottest = np.log([COLDEST, HOTTEST])
    if overconfidence(coldest) <= 0:
        return COLDEST
    if overconfidence(hottest) > 0:
        return HOTTEST
    return float(np.exp(brentq(overconfidence, coldest, hottest)))


def groups_of_people(table: pd.DataFrame, most: int = GROUPS) -> tuple[np.ndarray, str]:
    """Divide a table's rows into groups that share no person.

    The groups are the table's own folds if there are two or more and no person is in two of them. Otherwise people are
    assigned in turn, those with most clips first, to `most` groups, or to one group each if there are fewer people.

    Returns:
        The group int (N,) of each row, and a description of the groups.
    """
    people = table["subject_id"]
    groups = pd.factorize(table["fold"], sort=True)[0] if "fold" in table else np.zeros(len(table), int)
    pairs = pd.DataFrame({"person": people.to_numpy(), "group": groups}).drop_duplicates()
    if groups.max() > 0 and not pairs["person"].duplicated().any():
        return groups, f"the {groups.max() + 1} folds of the table (no person is in two)"
    sizes = people.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    count = min(most, len(sizes))
    place = pd.Series(np.arange(len(sizes)) % count, index=sizes.index)
    return people.map(place).to_numpy(), f"{count} groups of people"


def cross_fit(
    probabilities: np.ndarray, labels: np.ndarray, groups: np.ndarray
) -> tuple[np.ndarray, list[float]] | None:
    """Scale each group's rows by a temperature fitted on all the other groups' rows.

    Args:
        probabilities: (N, C).
        labels: int (N,).
        groups: int (N,), from 0.

    Returns:
        The scaled probabilities (N, C) and the temperature of each group; None where there is one group only.
    """
    count = groups.max() + 1
    if count < 2:
        return None
    temperatures = [fit_temperature(probabilities[groups != g], labels[groups != g]) for g in range(count)]
    return scale(probabilities, np.array(temperatures)[groups]), temperatures


def uncertain_threshold(
    confidence: np.ndarray, correct: np.ndarray, counts_for: np.ndarray | None = None, fewest: int = 20
) -> float:
    """The confidence below which the predicted class is wrong more often than right.

    The probability of a correct prediction is fitted as a logistic function of the logit of the confidence (J. Platt,
    "Probabilistic Outputs for Support Vector Machines", 1999). It has only two parameters, so a small group of faces
    has little influence. The threshold is where this probability is one half, rounded to 0.01. It is 0 where all
    predictions are correct, or where fewer than `fewest` faces are below it.

    Args:
        confidence: float (N,), the probability of the predicted class.
        correct: bool (N,), whether it is the true one.
        counts_for: float (N,), weight of each face; None for equal weights.
        fewest: number of faces, without weights.
    """
    if correct.all() or not correct.any():
        return 0.0
    clipped = np.clip(confidence, SMALLEST, 1 - SMALLEST)
    logit = np.log(clipped / (1 - clipped))
    fitted = LogisticRegression(C=np.inf).fit(logit[:, None], correct, counts_for)
    slope, intercept = fitted.coef_.item(), fitted.intercept_.item()
    threshold = 1 / (1 + np.exp(intercept / slope)) if slope > 0 else 0.0
    return float(round(threshold, 2)) if (confidence < threshold).sum() >= fewest else 0.0


def calibrated(table: pd.DataFrame) -> pd.DataFrame | None:
    """A prediction table, each row scaled by a temperature fitted on other people; None if there is one person."""
    classes = classes_of(table)
    labels, probabilities = arrays(table, classes)
    fitted = cross_fit(probabilities, labels, groups_of_people(table)[0])
    return None if fitted is None else table.assign(**dict(zip((f"p_{c}" for c in classes), fitted[0].T, strict=True)))
