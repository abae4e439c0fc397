"""Controls: samples from which one thing is taken away, to see what a network's figure is worth without it."""

from collections.abc import Sequence

import numpy as np

from emo_utils.datasets.samples import Samples


def shuffle_labels(samples: Samples, seed: int) -> Samples:
    """The same samples, each under the label of another: what is learned from them is worth chance."""
    return samples.with_labels(np.random.default_rng(seed).permutation(samples.labels))


def shuffle_frames(samples: Samples, seed: int) -> Samples:
    """The same samples with their pictures in another order, drawn once for each: what is left needs no time."""
    return samples.with_items(ShuffledFrames(samples.items, seed))


class ShuffledFrames:
    """Items with their first axis (a stack's channels, a sequence's frames) in an order of their own."""

    def __init__(self, items: Sequence[np.ndarray], seed: int):
        self._items, self._seed = items, seed

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> np.ndarray:
        item = self._items[index]
        return item[np.random.default_rng((self._seed, index)).permutation(len(item))]
