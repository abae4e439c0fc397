"""Samples on which a network learns in seconds: each class is a bright bar in its own place."""

import numpy as np

from emo_utils.datasets.samples import Samples
from emo_utils.structures import InputSpec
from emo_utils.training.experiment import Experiment

CLASSES = ("neutral", "happiness", "surprise", "sadness")


def bars(count: int, seed: int = 0, channels: int = 1, size: int = 24) -> Samples:
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % len(CLASSES)
    pixels = rng.integers(0, 80, (count, channels, size, size)).astype(np.uint8)
    for picture, label in zip(pixels, labels, strict=True):
        picture[:, 6 * label : 6 * label + 6] += 150
    ids = tuple(f"clip_{seed}_{number}" for number in range(count))
    people = tuple(f"person_{number % 8}" for number in range(count))
    return Samples(pixels, ids, people, np.eye(len(CLASSES), dtype=np.float32)[labels], labels, CLASSES)


def settings(**options) -> Experiment:
    small = {"widths": (8, 16), "blocks": 1, "dropout": 0.1}
    quick = {"epochs": 3, "batch_size": 16, "warmup_epochs": 0.5, "average_decay": 0.9, "backbone_options": small}
    return Experiment(**{**quick, "input_spec": InputSpec(size=24), **options})
