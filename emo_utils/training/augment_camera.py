"""Changes of light, and the faults of lens, sensor and codec."""

import math
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

from emo_utils.training.augment_jpeg import BLOCK, compressed
from emo_utils.training.augmentation import STEPS, Augmentation
from emo_utils.training.draws import chosen_share, log_uniform, uniform

PHOTONS_AT_WHITE = 500
"""Photons that a white pixel counts in full light; this sets the noise in low light."""


def light(pixels: Tensor, how: Augmentation, rng: torch.Generator) -> Tensor:
    """Gamma, light from a side, blur and noise; no random number is drawn for an effect that is off."""
    count = len(pixels)
    if how.log_gamma:
        gamma = torch.exp(uniform(count, how.log_gamma, rng)).view(-1, 1, 1, 1)
        pixels = pixels.clamp(1e-4, 1) ** gamma
    if how.shade:
        pixels = _shaded(pixels, how.shade, rng)
    if how.blur:
        chosen = chosen_share(count, how.blur, rng)
        pixels = pixels.index_put((chosen,), _blurred(pixels[chosen]))
    if how.noise:
        level = torch.rand(count, generator=rng, device=rng.device).view(-1, 1, 1, 1) * how.noise
        pixels = pixels + level * torch.randn(pixels.shape, generator=rng, device=rng.device)
    return pixels


def _shaded(pixels: Tensor, limit: float, rng: torch.Generator) -> Tensor:
    """Brighter at one side than at the other, in a random direction."""
    strength, direction = uniform(len(pixels), limit, rng), uniform(len(pixels), math.pi, rng)
    along = torch.linspace(-1, 1, pixels.shape[-1], device=pixels.device)
    x = (strength * torch.cos(direction)).view(-1, 1, 1, 1) * along
    y = (strength * torch.sin(direction)).view(-1, 1, 1, 1) * along[:, None]
    return (pixels * torch.exp(x + y)).clamp(0, 1)


def _blurred(pixels: Tensor) -> Tensor:
    """Binomial 3x3 blur of every channel."""
    kernel = torch.tensor([1.0, 2.0, 1.0], device=pixels.device)
    kernel = (kernel[:, None] * kernel / 16).expand(1, 1, 3, 3)
    flat = pixels.reshape(-1, 1, *pixels.shape[2:])
    return F.conv2d(F.pad(flat, (1, 1, 1, 1), mode="replicate"), kernel).view_as(pixels)


def degrade(pixels: Tensor, how: Augmentation, rng: torch.Generator) -> Tensor:
    """The effects of lens, sensor and codec, in this order; no random number is drawn for an effect that is off."""
    side = pixels.shape[-1]
    if how.defocus:
        pixels = _softened(pixels, how.defocus, _gaussians(side, *how.defocus_px), rng)
    if how.low_resolution:
        pixels = _softened(pixels, how.low_resolution, _resamplings(side, *how.resolution), rng)
    if how.low_light:
        chosen = chosen_share(len(pixels), how.low_light, rng)
        pixels = pixels.index_put((chosen,), _in_low_light(pixels[chosen], how.light, rng))
    if how.jpeg:
        chosen = chosen_share(len(pixels), how.jpeg, rng)
        quality = log_uniform(int(chosen.sum()), how.jpeg_quality, rng)
        corner = torch.randint(BLOCK, (2,), generator=rng, device=rng.device).tolist()
        pixels = pixels.index_put((chosen,), compressed(pixels[chosen], quality, *corner))
    return pixels


def _softened(pixels: Tensor, share: float, maps: Tensor, rng: torch.Generator) -> Tensor:
    """Apply one of the maps (K, S, S), drawn anew for each sample, to the rows and columns of a share of samples."""
    chosen = chosen_share(len(pixels), share, rng)
    which = torch.randint(len(maps), (int(chosen.sum()),), generator=rng, device=rng.device)
    maps = maps.to(pixels.device)[which][:, None]
    return pixels.index_put((chosen,), maps @ pixels[chosen] @ maps.transpose(2, 3))


def _steps(low: float, high: float) -> list[float]:
    """`STEPS` values between two, evenly spread in their logarithm."""
    return torch.linspace(math.log(low), math.log(high), STEPS).exp().tolist()


@lru_cache
def _gaussians(side: int, low_px: float, high_px: float) -> Tensor:
    """Matrices (STEPS, S, S) that blur a row of S pixels; beyond its ends the last pixel is repeated."""
    margin = math.ceil(4 * high_px)
    positions = torch.arange(-margin, side + margin)
    inside = F.one_hot(positions.clamp(0, side - 1), side).float()
    distance = (torch.arange(side)[:, None] - positions[None]).float()
    return torch.stack(
        [torch.softmax(-((distance / sigma) ** 2) / 2, dim=1) @ inside for sigma in _steps(low_px, high_px)]
    )


@lru_cache
def _resamplings(side: int, low: float, high: float) -> Tensor:
    """Matrices (STEPS, S, S) that average a row of S pixels down to fewer, then interpolate linearly to S again."""
    return torch.stack([_down_and_up(side, max(1, round(share * side))) for share in _steps(low, high)])


def _down_and_up(side: int, fewer: int) -> Tensor:
    """Matrix (S, S): each of the fewer pixels is the mean of the pixels it covers; then linear interpolation."""
    edges = torch.arange(fewer + 1)[:, None] * (side / fewer)
    old = torch.arange(side)[None]
    covered = (torch.minimum(edges[1:], old + 1) - torch.maximum(edges[:-1], old)).clamp(min=0)
    mean = covered / covered.sum(dim=1, keepdim=True)
    return F.interpolate(mean.T[None], size=side, mode="linear", align_corners=False)[0].T


def _in_low_light(pixels: Tensor, light: tuple[float, float], rng: torch.Generator) -> Tensor:
    """Shot noise of a dark picture, rounding to 8 bits, then the former brightness."""
    gain = log_uniform(len(pixels), light, rng).view(-1, 1, 1, 1)
    dark = pixels.clamp(0, 1) * gain
    noise = torch.randn(pixels.shape, generator=rng, device=rng.device)
    dark = dark + (dark / PHOTONS_AT_WHITE).sqrt() * noise  # close to a Poisson distribution from ten photons on
    return (dark * 255).round().div(255 * gain).clamp(0, 1)
