"""Control samples: one kind of information is removed, to measure how much a network's accuracy depends on it."""

from collections.abc import Sequence

import numpy as np

from emo_utils.datasets.samples import Samples


def shuffle_labels(samples: Samples, seed: int) -> Samples:
    """The same samples with permuted labels; a network trained on them should be at chance level."""
    return samples.with_labels(np.random.default_rng(seed).permutation(samples.labels))


def shuffle_frames(samples: Samples, seed: int) -> Samples:
    """The same samples with their frames in random order, fixed per sample: no temporal information is left."""
    return samples.with_items(ShuffledFrames(samples.items, seed))


class ShuffledFrames:
    """Items with their first axis (channels of a stack, frames of a sequence) in a random order per item."""

    def __init__(self, items: Sequence[np.ndarray], seed: int):
        self._items, self._seed = items, seed

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> np.ndarray:
        item = self._items[index]
        return item[np.random.default_rng((self._seed, index)).permutation(len(item))]
