"""Samples in batches: drawn, read ahead in a thread, put on the device, normalised."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from emo_utils.datasets.samples import Samples
from emo_utils.inference.prefetch import prefetch
from emo_utils.structures import InputSpec

READ_AHEAD = 4

ORDER, AUGMENTATION, DROPOUT = range(3)
"""What a random number is drawn for."""


def seed_of(*parts: int) -> int:
    """One seed of several whole numbers; other numbers give an independent one."""
    return int(np.random.SeedSequence(parts).generate_state(1, np.uint64)[0] >> 1)


def draw_batches(
    samples: Samples, batch_size: int, balance: str, seed: int, together: bool = False
) -> list[np.ndarray]:
    """Rows of one epoch in random order: every sample once, or with `sampling` every class equally often.

    With `together` the samples of a clip follow each other, so that they are in one batch but at its edges.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(samples))
    if together and balance != "sampling":
        clip = samples.clip_rows
        place = rng.permutation(clip.max() + 1)
        order = np.argsort(place[clip], kind="stable")
    if balance == "sampling":
        counts = np.bincount(samples.labels, minlength=len(samples.classes))
        weight = 1 / counts[samples.labels]
        order = rng.choice(len(samples), len(samples), p=weight / weight.sum())
    return np.split(order, range(batch_size, len(order), batch_size))


def share_of(rows: np.ndarray, process: int, processes: int) -> np.ndarray:
    """The rows of a batch that one of several processes reads; all get equally many, the rest is left out.

    They are neighbours in the batch, so that samples of a clip stay together.
    """
    each = len(rows) // processes
    return rows[process * each : (process + 1) * each]


def read_batches(samples: Samples, batches: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, Tensor, Tensor | None]]:
    """Rows, items and mask of each batch, the next ones being read while the caller works."""

    def read() -> Iterator[tuple[np.ndarray, Tensor, Tensor | None]]:
        for rows in batches:
            items, mask = samples.batch(rows)
            yield rows, torch.from_numpy(items), None if mask is None else torch.from_numpy(mask)

    return prefetch(read(), READ_AHEAD)


def to_network(items: Tensor, device: torch.device) -> Tensor:
    """Items of a batch as they are before normalisation: pictures float32 in 0..1; features as they stand."""
    items = items.to(device, non_blocking=True)
    return items.float() / 255 if items.dtype == torch.uint8 else items


def normalise(x: Tensor, spec: InputSpec) -> Tensor:
    """Gray or colour values in 0..1 to what a network accepts; features (N, F) are left as they are."""
    if x.ndim == 2:
        return x
    x = (x - spec.mean) / spec.std
    return x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x
