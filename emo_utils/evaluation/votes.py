"""Agreement of probabilities with the votes of annotators: ten people labelled each FER+ face, often differently.

For a face with four votes for fear and six for surprise, the probabilities should be close to 0.4 and 0.6. The measure
is the Kullback-Leibler divergence from the votes to the probabilities.
"""

import numpy as np
from scipy.special import rel_entr

from emo_utils.evaluation.predictions import SMALLEST

ENOUGH = 3
"""Least number of votes of a label that does not depend on one person's error."""


def mean_divergence(votes: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean Kullback-Leibler divergence in nats from distributions (N, C) of votes to probabilities (N, C).

    It is 0 where they are the same. Classes without a vote add nothing.
    """
    return float(rel_entr(votes, np.maximum(probabilities, SMALLEST)).sum(axis=1).mean())


def vote_agreement(probabilities: np.ndarray, counts: np.ndarray, cleaned: np.ndarray) -> dict:
    """Figures of probabilities against votes.

    Args:
        probabilities: (N, C).
        counts: (N, C), votes for each class, at least one in each row. Votes for other answers (FER+: `unknown`, `NF`)
            are left out, and a row is divided by its own sum.
        cleaned: (N, C), the distributions after single votes are removed as errors.

    Returns:
        `n`; `kl_all_votes` and `kl_without_single_votes` in nats; `label_has_three_votes`, the share of faces whose
        most probable class has at least three votes.

    Raises:
        ValueError: arrays of different shapes, or a face without a vote.
    """
    counts, cleaned = np.asarray(counts, float), np.asarray(cleaned, float)
    if not np.shape(probabilities) == counts.shape == cleaned.shape:
        found = f"{np.shape(probabilities)}, {counts.shape}, {cleaned.shape}"
        raise ValueError(f"expected probabilities, counts and cleaned votes of one shape (N, C), found {found}")
    cast = counts.sum(axis=1, keepdims=True)
    if not (cast > 0).all():
        raise ValueError(f"expected a vote for every face, found none in row {int(cast.argmin())}")
    named = np.asarray(probabilities).argmax(axis=1)
    return {
        "n": len(counts),
        "kl_all_votes": mean_divergence(counts / cast, probabilities),
        "kl_without_single_votes": mean_divergence(cleaned, probabilities),
        "label_has_three_votes": float((counts[np.arange(len(counts)), named] >= ENOUGH).mean()),
    }
