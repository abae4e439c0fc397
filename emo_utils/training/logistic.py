"""Logistic regression of clips on statistics of their frames, its strength chosen inside the training people.

The penalty is on the weights alone. Features are standardised by the training set first.
"""

from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from emo_utils.evaluation.calibration import fit_temperature, scale

STRENGTHS = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
"""Weights C of the log-likelihood against half the squared weights; chosen by `cross_validated`."""

Fitted = tuple[np.ndarray, np.ndarray]
"""Weights (P, K) and biases (K,)."""


def fit_logistic(values: np.ndarray, labels: np.ndarray, classes: int, strength: float) -> Fitted:
    """The maximum of `strength` times the log-likelihood minus half the squared weights.

    It is sought in the space that the rows of `values` span, which holds it (P may be far larger than N).

    Args:
        values: float (N, P), standardised.
        labels: int (N,).
        classes: K.
        strength: C.
    """
    left, lengths, right = np.linalg.svd(values, full_matrices=False)
    kept = lengths > lengths[0] * 1e-8
    x, basis = left[:, kept] * lengths[kept], right[kept]
    targets = np.eye(classes)[labels]
    shape = (x.shape[1] + 1, classes)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = flat.reshape(shape)
        likely = log_softmax(x @ weights[:-1] + weights[-1], axis=1)
        error = strength * (np.exp(likely) - targets)
        gradient = np.vstack([x.T @ error + weights[:-1], error.sum(axis=0)])
        return 0.5 * (weights[:-1] ** 2).sum() - strength * (targets * likely).sum(), gradient.ravel()

    found = minimize(loss, np.zeros(np.prod(shape)), jac=True, method="L-BFGS-B", options={"maxiter": 500})
    weights = found.x.reshape(shape)
    return basis.T @ weights[:-1], weights[-1]


def standardised_by(train: np.ndarray, values: np.ndarray, least: float) -> np.ndarray:
    """Values in deviations from the mean of `train`; deviations below `least` count as that."""
    return (values - train.mean(axis=0)) / np.maximum(train.std(axis=0), least)


def cross_validated(
    values: np.ndarray, labels: np.ndarray, classes: int, groups: np.ndarray, strength: float, least: float
) -> np.ndarray:
    """Logits (N, K) of each group by a fit on all others.

    Args:
        values: float (N, P), before standardisation.
        labels: int (N,).
        classes: K.
        groups: (N,), the person or the fold of each row; each is left out once.
        strength: see `fit_logistic`.
        least: see `standardised_by`.
    """
    logits = np.zeros((len(values), classes))
    for group in np.unique(groups):
        rest, out = groups != group, groups == group
        train = standardised_by(values[rest], values[rest], least)
        weights, biases = fit_logistic(train, labels[rest], classes, strength)
        logits[out] = standardised_by(values[rest], values[out], least) @ weights + biases
    return logits


def choose_strength(
    logits_of: Callable[[float], np.ndarray], labels: np.ndarray, strengths: Sequence[float] = STRENGTHS
) -> tuple[float, np.ndarray]:
    """The strength of the best likelihood after calibration, and its cross-validated logits.

    A strongly regularised fit is not confident enough, which a temperature mends; so the likelihood is compared at the
    best temperature of each.
    """
    found = {strength: logits_of(strength) for strength in strengths}
    best = min(strengths, key=lambda strength: calibrated_loss(found[strength], labels)[0])
    return best, found[best]


def calibrated_loss(logits: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Mean negative log-likelihood at the best temperature, and that temperature."""
    probabilities = np.exp(log_softmax(logits, axis=1))
    temperature = fit_temperature(probabilities, labels)
    likely = scale(probabilities, temperature)[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(likely, np.finfo(float).tiny)).mean()), temperature
