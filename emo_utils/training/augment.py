"""Random changes to a batch of samples, one after the other; see `augmentation` for the presets."""

import torch
from torch import Tensor

from emo_utils.training.augment_camera import degrade, light
from emo_utils.training.augment_cover import cover, erase
from emo_utils.training.augment_geometry import warp
from emo_utils.training.augmentation import PRESETS, Augmentation


def augment(pixels: Tensor, how: Augmentation, rng: torch.Generator) -> Tensor:
    """Change a batch at random.

    Args:
        pixels: float32 (N, C, S, S) in 0..1; the frames of a sequence are its channels.
        how: the ranges.
        rng: the only source of random numbers, on the pixels' device.

    Returns:
        A new tensor of the same shape.
    """
    if how == PRESETS["none"]:
        return pixels
    if how.cover:
        pixels = cover(pixels, how, rng)
    pixels = warp(pixels, how, rng)
    pixels = light(pixels, how, rng)
    pixels = degrade(pixels, how, rng)
    return erase(pixels, how, rng) if how.erase else pixels


def mixup(pixels: Tensor, targets: Tensor, alpha: float, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Mix a batch with a permutation of itself, pictures and targets (N, K); `alpha` 0 changes nothing."""
    if not alpha:
        return pixels, targets
    share = _joehnk_beta(alpha, rng)
    order = torch.randperm(len(pixels), generator=rng, device=rng.device)
    return pixels.lerp(pixels[order], share), targets.lerp(targets[order], share)


def _joehnk_beta(alpha: float, rng: torch.Generator) -> float:
    """Draw from Beta(alpha, alpha) by Joehnk's method, which needs uniform numbers only (Metrika 8, 1964)."""
    while True:
        x, y = (torch.rand(2, generator=rng, device=rng.device).double() ** (1 / alpha)).tolist()
        if 0 < x + y <= 1:
            return x / (x + y)
