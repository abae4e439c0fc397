"""Weights and a corpus with other emotions: measured on those that both name."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from emo_utils.errors import WeightsError
from emo_utils.structures import FaceImages


def with_common_classes(images: FaceImages, named: Sequence[str], who: str) -> tuple[FaceImages, dict[str, int]]:
    """The faces whose emotion the weights name, and how many of each other emotion are left out.

    Args:
        images: of the corpus.
        named: classes of the weights.
        who: weights and corpus, for the message.

    Returns:
        The faces with the common classes, in the corpus's order; unchanged if the weights name all of them.

    Raises:
        WeightsError: fewer than two emotions are common, or no face is left.
    """
    columns = [column for column, name in enumerate(images.classes) if name in named]
    kept = np.flatnonzero(np.isin(images.labels, columns))
    if len(columns) < 2 or not len(kept):
        raise WeightsError(
            f"{who}: expected at least two emotions in common; the weights name {', '.join(named)}, the corpus has "
            f"{', '.join(images.classes)}"
        )
    if len(columns) == len(images.classes):
        return images, {}
    left = [images.classes[label] for label in images.labels if label not in columns]
    votes = images.votes[np.ix_(kept, columns)]
    joined = replace(
        images,
        names=tuple(images.names[row] for row in kept),
        pixels=images.pixels[kept],
        votes=votes / votes.sum(axis=1, keepdims=True),
        labels=np.array([columns.index(label) for label in images.labels[kept]], np.int64),
        classes=tuple(images.classes[column] for column in columns),
        counts=None if images.counts is None else images.counts[np.ix_(kept, columns)],
    )
    return joined, {name: left.count(name) for name in sorted(set(left))}


def probabilities_of(probabilities: np.ndarray, named: Sequence[str], classes: Sequence[str]) -> np.ndarray:
    """Probabilities float (N, K) of `classes`, out of those (N, C) of the weights' classes `named`; rows sum to 1."""
    chosen = probabilities[:, [list(named).index(name) for name in classes]]
    return chosen if len(classes) == len(named) else chosen / chosen.sum(axis=1, keepdims=True)
