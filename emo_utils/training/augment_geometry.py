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
        grid = _seen_from_aside(grid, how.view_deg, rng)
    return F.grid_sample(pixels, grid, padding_mode="border", align_corners=False)


def _seen_from_aside(grid: Tensor, limit_deg: float, rng: torch.Generator) -> Tensor:
    """Places (N, S, S, 2) in the flat picture that appear at places in its view after a turn in depth.

    The picture is turned about a random axis in its own plane, and projected from `DISTANCE` in front of its middle.
    """
    turn = uniform(len(grid), math.radians(limit_deg), rng)
    axis = uniform(len(grid), math.pi, rng)
    across = torch.stack([-torch.sin(axis), torch.cos(axis)], 1)[:, None, None]  # the direction that is foreshortened
    turn = turn.view(-1, 1, 1)
    seen = (grid * across).sum(-1)
    depth = torch.cos(turn) - seen * torch.sin(turn) / DISTANCE
    place = seen / depth
    stretched = 1 + place * torch.sin(turn) / DISTANCE
    return (grid - seen[..., None] * across) * stretched[..., None] + place[..., None] * across
