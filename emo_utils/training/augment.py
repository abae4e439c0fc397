"""Random changes to a batch of faces, drawn anew each time a face is read.

The ranges cover what the face detectors of this package do to a crop: turned, shifted, nearer or farther, blurred by
motion or by enlargement, dark or washed out, partly hidden.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Augmentation:
    """Ranges of the random changes; every one is uniform unless it says otherwise."""

    flip: float = 0.5
    """Share of faces mirrored."""
    rotation_deg: float = 20.0
    """Turned by up to this angle, either way."""
    log_scale: float = 0.2
    """Enlarged by exp of up to this, either way."""
    shift: float = 0.08
    """Moved by up to this share of the side, in x and in y."""
    log_gamma: float = 0.4
    """Gray values raised to exp of up to this, either way."""
    blur: float = 0.15
    """Share of faces blurred (3x3 binomial)."""
    noise: float = 0.03
    """Standard deviation of added noise, up to this share of the full range."""
    erase: float = 0.3
    """Share of faces with one rectangle replaced by noise (Zhong et al., AAAI 2020)."""
    mixup: float = 0.2
    """Alpha of the Beta distribution of mixup (Zhang et al., ICLR 2018); 0 turns it off."""


def augment(pixels: Tensor, targets: Tensor, how: Augmentation, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Change a batch at random.

    Args:
        pixels: float32 (N, 1, S, S) in 0..1.
        targets: float32 (N, C), distributions; mixup mixes them as it mixes the pictures.
        how: the ranges.
        rng: the only source of chance.

    Returns:
        New tensors of the same shapes.
    """
    pixels = _warp(pixels, how, rng)
    pixels = _light(pixels, how, rng)
    pixels = _erase(pixels, how, rng)
    return _mixup(pixels, targets, how, rng)


def _uniform(count: int, limit: float, rng: torch.Generator) -> Tensor:
    return (torch.rand(count, generator=rng) * 2 - 1) * limit


def _chosen(count: int, share: float, rng: torch.Generator) -> Tensor:
    return torch.rand(count, generator=rng) < share


def _warp(pixels: Tensor, how: Augmentation, rng: torch.Generator) -> Tensor:
    count = len(pixels)
    angle = _uniform(count, math.radians(how.rotation_deg), rng)
    zoom = torch.exp(-_uniform(count, how.log_scale, rng))
    mirror = torch.where(_chosen(count, how.flip, rng), -1.0, 1.0)
    cosine, sine = zoom * torch.cos(angle), zoom * torch.sin(angle)
    shift_x, shift_y = (_uniform(count, 2 * how.shift, rng) for _ in range(2))
    rows = [torch.stack([cosine * mirror, -sine, shift_x], 1), torch.stack([sine * mirror, cosine, shift_y], 1)]
    grid = F.affine_grid(torch.stack(rows, 1), list(pixels.shape), align_corners=False)
    return F.grid_sample(pixels, grid, padding_mode="border", align_corners=False)


def _light(pixels: Tensor, how: Augmentation, rng: torch.Generator) -> Tensor:
    count = len(pixels)
    gamma = torch.exp(_uniform(count, how.log_gamma, rng)).view(-1, 1, 1, 1)
    pixels = pixels.clamp(1e-4, 1) ** gamma
    kernel = torch.tensor([1.0, 2.0, 1.0])
    kernel = (kernel[:, None] * kernel / 16).expand(1, 1, 3, 3)
    blurred = F.conv2d(F.pad(pixels, (1, 1, 1, 1), mode="replicate"), kernel)
    pixels = torch.where(_chosen(count, how.blur, rng).view(-1, 1, 1, 1), blurred, pixels)
    level = torch.rand(count, generator=rng).view(-1, 1, 1, 1) * how.noise
    return pixels + level * torch.randn(pixels.shape, generator=rng)


def _erase(pixels: Tensor, how: Augmentation, rng: torch.Generator) -> Tensor:
    count, _, side, _ = pixels.shape
    along = torch.arange(side)
    height, width = ((torch.rand(count, generator=rng) * 0.35 + 0.1) * side for _ in range(2))
    top, left = torch.rand(count, generator=rng) * (side - height), torch.rand(count, generator=rng) * (side - width)
    in_rows = (along >= top[:, None]) & (along < (top + height)[:, None])
    in_columns = (along >= left[:, None]) & (along < (left + width)[:, None])
    hidden = in_rows[:, :, None] & in_columns[:, None, :] & _chosen(count, how.erase, rng)[:, None, None]
    return torch.where(hidden[:, None], torch.rand(pixels.shape, generator=rng), pixels)


def _mixup(pixels: Tensor, targets: Tensor, how: Augmentation, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    if not how.mixup:
        return pixels, targets
    # Beta(a, a) from two gamma draws; torch's samplers take no generator, so draw by inversion of U^(1/a) (Joehnk 1964)
    share = _joehnk_beta(how.mixup, rng)
    order = torch.randperm(len(pixels), generator=rng)
    return pixels.lerp(pixels[order], share), targets.lerp(targets[order], share)


def _joehnk_beta(alpha: float, rng: torch.Generator) -> float:
    """Draw from Beta(alpha, alpha) by Joehnk's method, which needs uniform numbers only (Metrika 8, 1964)."""
    while True:
        x, y = (torch.rand(2, generator=rng, dtype=torch.float64) ** (1 / alpha)).tolist()
        if 0 < x + y <= 1:
            return x / (x + y)
