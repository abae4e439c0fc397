"""Batches of samples: random order, reading ahead in a thread, transfer to the device, normalisation."""

from collections.abc import Iterable, Iterator

import numpy as np
import torch
from torch import Tensor

from emo_utils.datasets.samples import Samples
from emo_utils.inference.prefetch import prefetch
from emo_utils.structures import InputSpec

READ_AHEAD = 4

ORDER, AUGMENTATION, DROPOUT = range(3)
"""Purposes of random numbers: each has a seed of its own (`seed_of`)."""


def seed_of(*parts: int) -> int:
    """One seed from several whole numbers; different numbers give independent seeds."""
    return int(np.random.SeedSequence(parts).generate_state(1, np.uint64)[0] >> 1)


def draw_batches(
    samples: Samples, batch_size: int, balance: str, seed: int, together: bool = False
) -> list[np.ndarray]:
    """Rows of one epoch in random order: every sample once, or with `sampling` every class equally often.

    With `together` the samples of a clip follow each other; a clip is in two batches only where a batch ends.
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
    """The rows of a batch for one of several processes. All get equally many; the remainder is left out.

    The rows are consecutive, so that samples of a clip stay together.
    """
    each = len(rows) // processes
    return rows[process * each : (process + 1) * each]


def read_batches(samples: Samples, batches: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, Tensor, Tensor | None]]:
    """Rows, items and mask of each batch; the next batches are read meanwhile."""

    def read() -> Iterator[tuple[np.ndarray, Tensor, Tensor | None]]:
        for rows in batches:
            items, mask = samples.batch(rows)
            yield rows, torch.from_numpy(items), None if mask is None else torch.from_numpy(mask)

    return prefetch(read(), READ_AHEAD)


def to_network(items: Tensor, device: torch.device) -> Tensor:
    """Items of a batch before normalisation: pictures as float32 in 0..1; features unchanged."""
    items = items.to(device, non_blocking=True)
    return items.float() / 255 if items.dtype == torch.uint8 else items


def normalise(x: Tensor, spec: InputSpec) -> Tensor:
    """Normalise gray or colour values in 0..1 as `spec` says; features (N, F) and (N, T, F) are not changed."""
    if x.ndim in (2, 3):
        return x
    x = (x - spec.mean) / spec.std
    return x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x
