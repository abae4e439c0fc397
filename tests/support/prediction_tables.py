"""Small prediction tables for tests, and the real ones where the shared data is."""

import numpy as np
import pandas as pd
import pytest

CLASSES = ("anger", "fear", "neutral")
REAL_PEOPLE = r"(\d\d)$"


def table(labels, probabilities, subjects=None, folds=None):
    """A table of `CLASSES` that keeps the contract; each clip is its own person by default."""
    frame = pd.DataFrame({"clip_id": [f"c{i:04}" for i in range(len(labels))]})
    frame["subject_id"] = [f"s{i}" for i in (range(len(labels)) if subjects is None else subjects)]
    frame["label"] = labels
    if folds is not None:
        frame["fold"] = folds
    frame[[f"p_{name}" for name in CLASSES]] = probabilities
    return frame


def drawn_table(clips=300, people=10, sharpness=1.0, seed=0):
    """Clips drawn at random; labels follow the probabilities, then the logits are multiplied by `sharpness`."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(clips, len(CLASSES))) * 1.5
    true = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = [CLASSES[rng.choice(len(CLASSES), p=row)] for row in true]
    sharp = np.exp(sharpness * logits)
    return table(labels, sharp / sharp.sum(axis=1, keepdims=True), rng.integers(0, people, clips))


def real_file(shared, name):
    """A file of the real RAVDESS measurements."""
    path = shared / "data" / "ravdess_au" / name
    if not path.is_file():
        pytest.skip(f"no RAVDESS measurements at {path}")
    return path
