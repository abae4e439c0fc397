"""What JPEG compression leaves of the pictures of a batch."""

import math
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional as F

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
