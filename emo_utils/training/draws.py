"""Random numbers of augmentation, one a sample, all from one generator."""

import math

import torch
from torch import Tensor


def uniform(count: int, limit: float, rng: torch.Generator) -> Tensor:
    """Uniform from minus `limit` to `limit`, float32 (N,)."""
    return (torch.rand(count, generator=rng, device=rng.device) * 2 - 1) * limit


def between(count: int, low: float, high: float, rng: torch.Generator) -> Tensor:
    """Uniform from `low` to `high`, float32 (N,)."""
    return low + (high - low) * torch.rand(count, generator=rng, device=rng.device)


def log_uniform(count: int, limits: tuple[float, float], rng: torch.Generator) -> Tensor:
    """Between the limits, uniform in the logarithm, float32 (N,)."""
    low, high = (math.log(limit) for limit in limits)
    return torch.exp(low + (high - low) * torch.rand(count, generator=rng, device=rng.device))


def chosen_share(count: int, share: float, rng: torch.Generator) -> Tensor:
    """True with this probability, bool (N,)."""
    return torch.rand(count, generator=rng, device=rng.device) < share
