"""Random changes to a batch of samples, drawn anew each time a sample is read, the same for every channel of a sample.

`faces` covers what the face detectors of this package do to a crop: turned, shifted, nearer or farther, blurred by
motion or by enlargement, dark or washed out, partly hidden; `soft` is the same with more blur, noise and light, since
our crops of video are softer than the pictures of FER+. `stack` is S3.5's: flip, affine, blur, random erasing; the
source drew it once, when the data was loaded, and showed the same picture in every epoch.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Augmentation:
    """Ranges of the random changes; every one is uniform unless it says otherwise."""

    flip: float = 0.0
    """Share of samples mirrored."""
    rotation_deg: float = 0.0
    """Turned by up to this angle, either way."""
    scale: tuple[float, float] = (1.0, 1.0)
    """Enlarged by a factor between these, uniform in its logarithm."""
    shift: float = 0.0
    """Moved by up to this share of the side, in x and in y."""
    log_gamma: float = 0.0
    """Gray values raised to exp of up to this, either way."""
    blur: float = 0.0
    """Share of samples blurred (3x3 binomial)."""
    noise: float = 0.0
    """Standard deviation of added noise, up to this share of the full range."""
    erase: float = 0.0
    """Share of samples with one rectangle replaced (Zhong et al., AAAI 2020)."""
    erase_with_noise: bool = True
    """The rectangle shows noise; else medium gray."""


PRESETS = {
    "none": Augmentation(),
    "faces": Augmentation(0.5, 20.0, (math.exp(-0.2), math.exp(0.2)), 0.08, 0.4, 0.15, 0.03, 0.3),
    "soft": Augmentation(0.5, 20.0, (math.exp(-0.2), math.exp(0.2)), 0.08, 0.5, 0.35, 0.05, 0.3),
    "stack": Augmentation(0.5, 30.0, (0.75, 1.05), 0.2, 0.0, 0.2, 0.0, 0.25, erase_with_noise=False),
}
"""By the name that `Experiment.augmentation` gives."""


def augment(pixels: Tensor, how: Augmentation, rng: torch.Generator) -> Tensor:
    """Change a batch at random.

    Args:
        pixels: float32 (N, C, S, S) in 0..1; a sequence's frames stand as channels.
        how: the ranges.
        rng: the only source of chance, on the pixels' device.

    Returns:
        A new tensor of the same shape.
    """
    if how == PRESETS["none"]:
        return pixels
    pixels = _warp(pixels, how, rng)
    pixels = _light(pixels, how, rng)
    return _erase(pixels, how, rng) if how.erase else pixels


def mixup(pixels: Tensor, targets: Tensor, alpha: float, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Mix a batch with itself in another order, pictures and targets (N, K) alike; `alpha` 0 leaves it."""
    if not alpha:
        return pixels, targets
    share = _joehnk_beta(alpha, rng)
    order = torch.randperm(len(pixels), generator=rng, device=rng.device)
    return pixels.lerp(pixels[order], share), targets.lerp(targets[order], share)


def _uniform(count: int, limit: float, rng: torch.Generator) -> Tensor:
    return (torch.rand(count, generator=rng, device=rng.device) * 2 - 1) * limit


def _chosen(count: int, share: float, rng: torch.Generator) -> Tensor:
    return torch.rand(count, generator=rng, device=rng.device) < share


def _warp(pixels: Tensor, how: Augmentation, rng: torch.Generator) -> Tensor:
    count = len(pixels)
    angle = _uniform(count, math.radians(how.rotation_deg), rng)
    low, high = (math.log(limit) for limit in how.scale)
    zoom = torch.exp(-((low + high) / 2 + _uniform(count, (high - low) / 2, rng)))
    mirror = torch.where(_chosen(count, how.flip, rng), -1.0, 1.0)
    cosine, sine = zoom * torch.cos(angle), zoom * torch.sin(angle)
    shift_x, shift_y = (_uniform(count, 2 * how.shift, rng) for _ in range(2))
    rows = [torch.stack([cosine * mirror, -sine, shift_x], 1), torch.stack([sine * mirror, cosine, shift_y], 1)]
    grid = F.affine_grid(torch.stack(rows, 1), list(pixels.shape), align_corners=False)
    return F.grid_sample(pixels, grid, padding_mode="border", align_corners=False)


def _light(pixels: Tensor, how: Augmentation, rng: torch.Generator) -> Tensor:
    count = len(pixels)
    if how.log_gamma:
        gamma = torch.exp(_uniform(count, how.log_gamma, rng)).view(-1, 1, 1, 1)
        pixels = pixels.clamp(1e-4, 1) ** gamma
    if how.blur:
        chosen = _chosen(count, how.blur, rng)
        pixels = pixels.index_put((chosen,), _blurred(pixels[chosen]))
    if how.noise:
        level = torch.rand(count, generator=rng, device=rng.device).view(-1, 1, 1, 1) * how.noise
        pixels = pixels + level * torch.randn(pixels.shape, generator=rng, device=rng.device)
    return pixels


def _blurred(pixels: Tensor) -> Tensor:
    """Binomial 3x3, every channel for itself."""
    kernel = torch.tensor([1.0, 2.0, 1.0], device=pixels.device)
    kernel = (kernel[:, None] * kernel / 16).expand(1, 1, 3, 3)
    flat = pixels.reshape(-1, 1, *pixels.shape[2:])
    return F.conv2d(F.pad(flat, (1, 1, 1, 1), mode="replicate"), kernel).view_as(pixels)


def _erase(pixels: Tensor, how: Augmentation, rng: torch.Generator) -> Tensor:
    count, _, side, _ = pixels.shape
    along = torch.arange(side, device=rng.device)

    def random() -> Tensor:
        return torch.rand(count, generator=rng, device=rng.device)

    height, width = (random() * 0.35 + 0.1) * side, (random() * 0.35 + 0.1) * side
    top, left = random() * (side - height), random() * (side - width)
    in_rows = (along >= top[:, None]) & (along < (top + height)[:, None])
    in_columns = (along >= left[:, None]) & (along < (left + width)[:, None])
    hidden = in_rows[:, :, None] & in_columns[:, None, :] & _chosen(count, how.erase, rng)[:, None, None]
    if not how.erase_with_noise:
        return pixels.masked_fill(hidden[:, None], 0.5)
    return torch.where(hidden[:, None], torch.rand(pixels.shape, generator=rng, device=rng.device), pixels)


def _joehnk_beta(alpha: float, rng: torch.Generator) -> float:
    """Draw from Beta(alpha, alpha) by Joehnk's method, which needs uniform numbers only (Metrika 8, 1964)."""
    while True:
        x, y = (torch.rand(2, generator=rng, device=rng.device).double() ** (1 / alpha)).tolist()
        if 0 < x + y <= 1:
            return x / (x + y)
