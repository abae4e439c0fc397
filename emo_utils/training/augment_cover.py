"""Parts of a face hidden: by a rectangle anywhere, or as scarves, masks and glasses hide them.

The shapes stand where a crop with level eyes has them (`faces.crops`), so they come before any change of place. Lengths
are in half sides of the crop: its middle is 0, its edges are -1 and 1.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from emo_utils.training.augmentation import Augmentation
from emo_utils.training.draws import between, chosen_share

EYE_X, EYE_Y = 0.37, -0.28
"""Place of the right eye; measured on the mean of 3,553 validation faces of FER+, cut out by our detector."""

PLACE = 0.06
"""Each shape is shifted by up to this, either way."""


def erase(pixels: Tensor, how: Augmentation, rng: torch.Generator) -> Tensor:
    """Replace one rectangle of a share of samples, as `Augmentation.erase` says."""
    count, _, side, _ = pixels.shape
    along = torch.arange(side, device=rng.device)

    def random() -> Tensor:
        return torch.rand(count, generator=rng, device=rng.device)

    height, width = (random() * 0.35 + 0.1) * side, (random() * 0.35 + 0.1) * side
    top, left = random() * (side - height), random() * (side - width)
    in_rows = (along >= top[:, None]) & (along < (top + height)[:, None])
    in_columns = (along >= left[:, None]) & (along < (left + width)[:, None])
    hidden = in_rows[:, :, None] & in_columns[:, None, :] & chosen_share(count, how.erase, rng)[:, None, None]
    if not how.erase_with_noise:
        return pixels.masked_fill(hidden[:, None], 0.5)
    return torch.where(hidden[:, None], torch.rand(pixels.shape, generator=rng, device=rng.device), pixels)


def cover(pixels: Tensor, how: Augmentation, rng: torch.Generator) -> Tensor:
    """Put one of `SHAPES`, of one gray value, on a share of samples, as `Augmentation.cover` says."""
    chosen = chosen_share(len(pixels), how.cover, rng).nonzero()[:, 0]
    kinds = torch.randint(len(SHAPES), (len(chosen),), generator=rng, device=rng.device)
    pixels = pixels.clone()
    for kind, (shape, levels) in enumerate(SHAPES):
        rows = chosen[kinds == kind]
        if len(rows):
            level = between(len(rows), *levels, rng).view(-1, 1, 1, 1)
            hidden = shape(*_plane(len(rows), pixels.shape[-1], rng), rng)[:, None]
            pixels[rows] = torch.where(hidden, level, pixels[rows])
    return pixels


def _plane(count: int, side: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """The coordinates of every pixel, x and y, float32 (N, 1, S) and (N, S, 1), shifted by a random amount a sample."""
    along = (torch.arange(side, device=rng.device) + 0.5) * (2 / side) - 1
    x, y = (between(count, -PLACE, PLACE, rng)[:, None] + along for _ in range(2))
    return x[:, None, :], y[:, :, None]


def _within(x: Tensor, y: Tensor, width: Tensor, height: Tensor) -> Tensor:
    """Inside the ellipse of these half axes around 0."""
    return (x / width) ** 2 + (y / height) ** 2 < 1


def _size(x: Tensor, low: float, high: float, rng: torch.Generator) -> Tensor:
    return between(len(x), low, high, rng).view(-1, 1, 1)


def scarf(x: Tensor, y: Tensor, rng: torch.Generator) -> Tensor:
    """All around an oval that leaves the face from brows to chin: hijab, hood."""
    return ~_within(x, y - 0.15, _size(x, 0.65, 0.85, rng), _size(x, 0.8, 1.0, rng))


def mask(x: Tensor, y: Tensor, rng: torch.Generator) -> Tensor:
    """From the bridge or the tip of the nose down, with a curved upper edge."""
    return (y > _size(x, 0.05, 0.3, rng) + 0.25 * x**2) & (x.abs() < _size(x, 0.7, 0.9, rng))


def dark_glasses(x: Tensor, y: Tensor, rng: torch.Generator) -> Tensor:
    """Two lenses and the bridge between them."""
    width, height = _size(x, 0.24, 0.34, rng), _size(x, 0.17, 0.28, rng)
    return _within(x.abs() - EYE_X, y - EYE_Y, width, height) | _bridge(x, y)


def glasses(x: Tensor, y: Tensor, rng: torch.Generator) -> Tensor:
    """The frames alone."""
    width, height = _size(x, 0.24, 0.34, rng), _size(x, 0.18, 0.28, rng)
    rim = _size(x, 0.04, 0.09, rng)
    x_eye, y_eye = x.abs() - EYE_X, y - EYE_Y
    return _within(x_eye, y_eye, width, height) & ~_within(x_eye, y_eye, width - rim, height - rim) | _bridge(x, y)


def _bridge(x: Tensor, y: Tensor) -> Tensor:
    return (x.abs() < EYE_X / 2) & ((y - EYE_Y + 0.05).abs() < 0.04)


Shape = Callable[[Tensor, Tensor, torch.Generator], Tensor]

SHAPES: tuple[tuple[Shape, tuple[float, float]], ...] = (
    (scarf, (0.0, 1.0)),
    (mask, (0.1, 1.0)),
    (dark_glasses, (0.0, 0.25)),
    (glasses, (0.0, 0.4)),
)
"""Functions of x, y and a generator that give the hidden pixels, bool (N, S, S), and the range of their gray value."""
