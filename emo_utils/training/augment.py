"""Random changes to a batch of samples, drawn anew in each epoch, the same for every channel of a sample.

The presets:

- `faces`: variation of face crops: rotation, shift, scale, blur, brightness, occlusion.
- `soft`: `faces` with more blur, noise and brightness changes. Crops from video are less sharp than the pictures of
  FER+, by about a blur of 0.6 px.
- `video`: `faces` and the faults of a camera: defocus, low resolution, low light, compression.
- `medium`, `mild`: rotation, shift and scale three quarters and half as large as in `faces`, less occlusion, and about
  half the share of camera faults.
- `time`: for features of frames: stretches of a clip, speed, frames left out; pictures stay as they are.
- `stack`: that of S3.5: flip, affine, blur, random erasing. The source drew it once, when the data was loaded; here it
  is drawn in each epoch.

The jitter of the detected boxes is 0.3 % of the side and 0.6 degrees, far less than what each preset but `none` draws.
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

STEPS = 8
"""Number of values of `defocus_px` and of `resolution`; a matrix is kept for each, and one is drawn at random."""

PHOTONS_AT_WHITE = 500
"""Photons that a white pixel counts in full light; this sets the noise in low light."""

BLOCK = 8
"""Side of JPEG's blocks."""

LUMINANCE = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)
"""Quantisation steps of JPEG for the frequencies of a block at quality 50 (ITU-T T.81, table K.1)."""


@dataclass(frozen=True)
class Augmentation:
    """Ranges of the random changes; distributions are uniform unless stated otherwise."""

    flip: float = 0.0
    """Share of samples mirrored."""
    rotation_deg: float = 0.0
    """Turned by up to this angle, either way."""
    scale: tuple[float, float] = (1.0, 1.0)
    """Enlarged by a factor between these, uniform in its logarithm."""
    shift: float = 0.0
    """Moved by up to this share of the side, in x and in y."""
    log_gamma: float = 0.0
    """Gamma correction: gray values to the power exp(g), g from minus this to plus this."""
    blur: float = 0.0
    """Share of samples blurred (3x3 binomial)."""
    noise: float = 0.0
    """Standard deviation of added noise, up to this share of the full range."""
    erase: float = 0.0
    """Share of samples with one rectangle replaced (Zhong et al., AAAI 2020)."""
    erase_with_noise: bool = True
    """The rectangle shows noise; else medium gray."""
    defocus: float = 0.0
    """Share of samples blurred by a Gaussian."""
    defocus_px: tuple[float, float] = (0.4, 2.0)
    """Its standard deviation in pixels, uniform in its logarithm, in `STEPS` steps."""
    low_resolution: float = 0.0
    """Share of samples averaged down to fewer pixels and enlarged again."""
    resolution: tuple[float, float] = (1 / 3, 0.8)
    """The reduced side as a share of the full one; uniform in its logarithm, in `STEPS` steps."""
    low_light: float = 0.0
    """Share of samples with the noise and the few gray values of low light. They are brightened again: a dark picture
    would have little weight in mixup, and the shipped network normalises brightness first (InstanceNorm)."""
    light: tuple[float, float] = (0.1, 0.6)
    """Their share of full light, uniform in its logarithm."""
    jpeg: float = 0.0
    """Share of samples with JPEG compression; the position of the block grid is random."""
    jpeg_quality: tuple[float, float] = (8.0, 60.0)
    """JPEG quality on libjpeg's scale of 1 to 100, uniform in its logarithm."""
    shortened: float = 0.0
    """Features of frames: a stretch of the clip is kept, shorter by up to this share (`training.augment_time`)."""
    speed: float = 1.0
    """Features of frames: played faster or slower by up to this factor."""
    dropped: float = 0.0
    """Features of frames: share of frames that is left out."""


_FACES = Augmentation(0.5, 20.0, (math.exp(-0.2), math.exp(0.2)), 0.08, 0.4, 0.15, 0.03, 0.3)
_MEDIUM = Augmentation(0.5, 15.0, (math.exp(-0.15), math.exp(0.15)), 0.06, 0.4, 0.05, 0.03, 0.2)
_MILD = Augmentation(0.5, 10.0, (math.exp(-0.1), math.exp(0.1)), 0.04, 0.3, 0.05, 0.02, 0.1)
_HALF_CAMERA = {"defocus": 0.08, "low_resolution": 0.08, "low_light": 0.08, "jpeg": 0.1}

PRESETS = {
    "none": Augmentation(),
    "faces": _FACES,
    "soft": Augmentation(0.5, 20.0, (math.exp(-0.2), math.exp(0.2)), 0.08, 0.5, 0.35, 0.05, 0.3),
    "video": replace(_FACES, defocus=0.15, low_resolution=0.2, low_light=0.2, jpeg=0.25),
    "medium": replace(_MEDIUM, **_HALF_CAMERA),
    "mild": replace(_MILD, **_HALF_CAMERA),
    "time": Augmentation(shortened=0.3, speed=1.25, dropped=0.1),
    "stack": Augmentation(0.5, 30.0, (0.75, 1.05), 0.2, 0.0, 0.2, 0.0, 0.25, erase_with_noise=False),
}
"""Presets by name, as in `Experiment.augmentation`."""


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
    pixels = _warp(pixels, how, rng)
    pixels = _light(pixels, how, rng)
    pixels = _degrade(pixels, how, rng)
    return _erase(pixels, how, rng) if how.erase else pixels


def mixup(pixels: Tensor, targets: Tensor, alpha: float, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Mix a batch with a permutation of itself, pictures and targets (N, K); `alpha` 0 changes nothing."""
    if not alpha:
        return pixels, targets
    share = _joehnk_beta(alpha, rng)
    order = torch.randperm(len(pixels), generator=rng, device=rng.device)
    return pixels.lerp(pixels[order], share), targets.lerp(targets[order], share)


def compressed(pixels: Tensor, quality: Tensor, down: int = 0, right: int = 0) -> Tensor:
    """Pictures after JPEG compression: each block's frequencies are rounded, and gray values before and after.

    Args:
        pixels: float32 (N, C, S, S) in 0..1.
        quality: float32 (N,), 1 to 100, on libjpeg's scale.
        down: rows by which the block grid starts above the picture, 0 to 7.
        right: columns by which it starts left of the picture, 0 to 7.
    """
    side = pixels.shape[-1]
    below, beyond = (-(side + before) % BLOCK for before in (down, right))
    gray = (pixels.clamp(0, 1) * 255).round() - 128
    gray = F.pad(gray, (right, beyond, down, below), mode="replicate")
    blocks = gray.unflatten(3, (-1, BLOCK)).unflatten(2, (-1, BLOCK))
    cosines = _cosines().to(pixels.device)
    steps = _quantisation(quality)[:, None, None, :, None, :]
    frequencies = (torch.einsum("ia,ncyaxb,jb->ncyixj", cosines, blocks, cosines) / steps).round() * steps
    decoded = torch.einsum("ia,ncyixj,jb->ncyaxb", cosines, frequencies, cosines).flatten(4, 5).flatten(2, 3)
    return (decoded[:, :, down : down + side, right : right + side].round() + 128).clamp(0, 255) / 255


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
    """Binomial 3x3 blur of every channel."""
    kernel = torch.tensor([1.0, 2.0, 1.0], device=pixels.device)
    kernel = (kernel[:, None] * kernel / 16).expand(1, 1, 3, 3)
    flat = pixels.reshape(-1, 1, *pixels.shape[2:])
    return F.conv2d(F.pad(flat, (1, 1, 1, 1), mode="replicate"), kernel).view_as(pixels)


def _degrade(pixels: Tensor, how: Augmentation, rng: torch.Generator) -> Tensor:
    """The effects of lens, sensor and codec, in this order; no random number is drawn for an effect that is off."""
    side = pixels.shape[-1]
    if how.defocus:
        pixels = _softened(pixels, how.defocus, _gaussians(side, *how.defocus_px), rng)
    if how.low_resolution:
        pixels = _softened(pixels, how.low_resolution, _resamplings(side, *how.resolution), rng)
    if how.low_light:
        chosen = _chosen(len(pixels), how.low_light, rng)
        pixels = pixels.index_put((chosen,), _in_low_light(pixels[chosen], how.light, rng))
    if how.jpeg:
        chosen = _chosen(len(pixels), how.jpeg, rng)
        quality = _log_uniform(int(chosen.sum()), how.jpeg_quality, rng)
        corner = torch.randint(BLOCK, (2,), generator=rng, device=rng.device).tolist()
        pixels = pixels.index_put((chosen,), compressed(pixels[chosen], quality, *corner))
    return pixels


def _log_uniform(count: int, limits: tuple[float, float], rng: torch.Generator) -> Tensor:
    low, high = (math.log(limit) for limit in limits)
    return torch.exp(low + (high - low) * torch.rand(count, generator=rng, device=rng.device))


def _softened(pixels: Tensor, share: float, maps: Tensor, rng: torch.Generator) -> Tensor:
    """Apply one of the maps (K, S, S), drawn anew for each sample, to the rows and columns of a share of samples."""
    chosen = _chosen(len(pixels), share, rng)
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
    gain = _log_uniform(len(pixels), light, rng).view(-1, 1, 1, 1)
    dark = pixels.clamp(0, 1) * gain
    noise = torch.randn(pixels.shape, generator=rng, device=rng.device)
    dark = dark + (dark / PHOTONS_AT_WHITE).sqrt() * noise  # close to a Poisson distribution from ten photons on
    return (dark * 255).round().div(255 * gain).clamp(0, 1)


@lru_cache
def _cosines() -> Tensor:
    """Orthonormal DCT-II of a row of a block, (8, 8)."""
    index = torch.arange(BLOCK)
    waves = torch.cos(math.pi / BLOCK * index[:, None] * (index[None] + 0.5)) * math.sqrt(2 / BLOCK)
    return torch.cat([waves[:1] / math.sqrt(2), waves[1:]])


def _quantisation(quality: Tensor) -> Tensor:
    """The quantisation steps of `LUMINANCE` at each quality (N,), scaled as in libjpeg: float32 (N, 8, 8)."""
    percent = torch.where(quality < 50, 5000 / quality, 200 - 2 * quality).view(-1, 1, 1)
    return ((torch.tensor(LUMINANCE, device=quality.device) * percent + 50) / 100).floor().clamp(1, 255)


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
