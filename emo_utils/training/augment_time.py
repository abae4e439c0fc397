"""Random changes in time of the features of a clip's frames: a stretch of it, another speed, frames left out."""

import torch
from torch import Tensor

from emo_utils.training.augmentation import Augmentation


def augment_time(features: Tensor, mask: Tensor, how: Augmentation, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Change a batch at random; each clip keeps two frames or more, where it has them.

    Frames are taken at evenly spaced times of a random stretch; a speed above 1 takes fewer of them. A slower clip
    repeats frames, and never becomes longer than the batch.

    Args:
        features: float32 (N, T, F).
        mask: bool (N, T), True where a frame is real; real frames come first.
        how: `shortened`, `speed` and `dropped`.
        rng: the only source of random numbers, on the features' device.

    Returns:
        Features of the same shape, and their mask.
    """
    if not (how.shortened or how.dropped or how.speed != 1):
        return features, mask
    count, length = mask.shape
    frames = mask.sum(1)

    def random(*shape: int) -> Tensor:
        return torch.rand(*shape, generator=rng, device=rng.device)

    kept = (frames * (1 - how.shortened * random(count))).clamp(min=1)
    start = random(count) * (frames - kept)
    speed = how.speed ** (2 * random(count) - 1)
    taken = (kept / speed).round().maximum(frames.clamp(max=2)).clamp(max=length)
    steps = torch.arange(length, device=features.device)
    place = start[:, None] + (steps + 0.5) / taken[:, None] * kept[:, None]
    place = place.long().clamp(min=0).minimum((frames - 1).clamp(min=0)[:, None])
    there = (steps < taken[:, None]) & ((random(count, length) >= how.dropped) | (steps < 2)) & mask.any(1)[:, None]
    order = (~there).long().sort(dim=1, stable=True).indices
    chosen = place.gather(1, order)
    there = there.gather(1, order)
    moved = features.gather(1, chosen[..., None].expand_as(features))
    return moved * there[..., None], there
