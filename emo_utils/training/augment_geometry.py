"""Changes of place: mirrored, turned, scaled, shifted, seen from another side."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from emo_utils.training.augmentation import Augmentation
from emo_utils.training.draws import chosen_share, uniform

DISTANCE = 3.0
"""Distance of the camera from a picture seen from the side, in half sides of the crop: a face about 0.6 m away, as from
a laptop, would be at 6; nearer ones are meant too."""


def warp(pixels: Tensor, how: Augmentation, rng: torch.Generator) -> Tensor:
    """All changes of place in one interpolation; beyond the edges the last pixel is repeated."""
    count = len(pixels)
    angle = uniform(count, math.radians(how.rotation_deg), rng)
    low, high = (math.log(limit) for limit in how.scale)
    zoom = torch.exp(-((low + high) / 2 + uniform(count, (high - low) / 2, rng)))
    mirror = torch.where(chosen_share(count, how.flip, rng), -1.0, 1.0)
    cosine, sine = zoom * torch.cos(angle), zoom * torch.sin(angle)
    shift_x, shift_y = (uniform(count, 2 * how.shift, rng) for _ in range(2))
    rows = [torch.stack([cosine * mirror, -sine, shift_x], 1), torch.stack([sine * mirror, cosine, shift_y], 1)]
    grid = F.affine_grid(torch.stack(rows, 1), list(pixels.shape), align_corners=False)
    if how.view_deg:
        turn = uniform(count, math.radians(how.view_deg), rng)
        grid = seen_from_aside(grid, turn, uniform(count, math.pi, rng))
    return F.grid_sample(pixels, grid, padding_mode="border", align_corners=False)


def seen_from_aside(grid: Tensor, turn: Tensor, axis: Tensor) -> Tensor:
    """Places in a flat picture that appear at the places `grid` once it is turned in depth.

    The picture is turned about an axis in its own plane through its middle, and projected from `DISTANCE` in front of
    it. What a nose or a cheek hides in a true view from a side does not change.

    Args:
        grid: float32 (N, S, S, 2), x and y from -1 to 1.
        turn: float32 (N,), radians.
        axis: float32 (N,), direction of the axis, radians from x towards y.
    """
    across = torch.stack([-torch.sin(axis), torch.cos(axis)], 1)[:, None, None]
    cosine, sine = torch.cos(turn).view(-1, 1, 1), torch.sin(turn).view(-1, 1, 1)
    seen = (grid * across).sum(-1)
    place = seen / (cosine - seen * sine / DISTANCE)
    along = (grid - seen[..., None] * across) * (1 + place * sine / DISTANCE)[..., None]
    return along + place[..., None] * across
