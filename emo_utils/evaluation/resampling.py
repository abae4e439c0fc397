"""Bootstrap intervals of figures over people: clips of one person are not independent.

Each table is reduced to counts per person and class. A resample draws as many people as there are, with replacement,
each with all their clips (B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993). Its figures follow from
sums of those counts, so two thousand resamples are one matrix product.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

RESAMPLES = 2000
BLOCK = 4_000_000
"""Largest number of draws at once; it limits the memory for corpora of thousands of people."""


@dataclass(frozen=True)
class Counts:
    """Clips per person and class, each float64 (S, C), or (R, C) of R resamples.

    Attributes:
        support: clips of the class.
        right: correct predictions of the class.
        named: all predictions of the class, correct or wrong.
    """

    support: np.ndarray
    right: np.ndarray
    named: np.ndarray

    def drawn(self, weights: np.ndarray) -> "Counts":
        """Counts (R, C) of R resamples; `weights` (R, S) says how often each person was drawn."""
        return Counts(weights @ self.support, weights @ self.right, weights @ self.named)

    def figures(self) -> dict[str, np.ndarray]:
        """Accuracy, UAR and macro-F1 of each row, each (S,) or (R,); classes without a clip in the row are left out."""
        present = self.support > 0
        recall = self.right / np.where(present, self.support, 1)
        f1 = 2 * self.right / np.where(present, self.support + self.named, 1)
        classes = np.maximum(present.sum(axis=-1), 1)
        return {
            "accuracy": self.right.sum(axis=-1) / np.maximum(self.support.sum(axis=-1), 1),
            "uar": (recall * present).sum(axis=-1) / classes,
            "macro_f1": (f1 * present).sum(axis=-1) / classes,
        }


def count(people: np.ndarray, labels: np.ndarray, named: np.ndarray, classes: int) -> Counts:
    """Counts per person; `people` int (N,) from 0, true classes `labels` and predicted classes `named` int (N,)."""
    size = people.max() + 1

    def per_person(which: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
        return np.bincount(people * classes + which, weights, size * classes).reshape(size, classes).astype(float)

    return Counts(per_person(labels), per_person(labels, labels == named), per_person(named))


def draw_people(size: int, seed: int = 0, resamples: int = RESAMPLES) -> Iterator[np.ndarray]:
    """How often each of `size` people is drawn: float64 (R, S) in blocks whose R sum to `resamples`."""
    rng = np.random.default_rng(seed)
    block = max(1, BLOCK // size)
    for start in range(0, resamples, block):
        rows = min(block, resamples - start)
        drawn = rng.integers(0, size, (rows, size)) + size * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * size).reshape(rows, size).astype(float)


def resampled_figures(counts: Counts, seed: int = 0, resamples: int = RESAMPLES) -> dict[str, np.ndarray]:
    """Accuracy, UAR and macro-F1 (R,) of resamples of the people. The same seed draws the same people."""
    blocks = [counts.drawn(weights).figures() for weights in draw_people(len(counts.support), seed, resamples)]
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def interval_95(values: np.ndarray) -> list[float]:
    """The 2.5 and 97.5 percentiles."""
    return [float(value) for value in np.percentile(values, [2.5, 97.5])]


def bootstrap_interval(correct: np.ndarray, subjects: np.ndarray, seed: int = 0) -> list[float]:
    """95 % interval of the accuracy over people, from correct predictions bool (N,) and people (N,)."""
    people = np.unique(subjects, return_inverse=True)[1]
    counts = count(people, np.zeros(len(people), int), 1 - np.asarray(correct, int), 2)
    return interval_95(resampled_figures(counts, seed)["accuracy"])
