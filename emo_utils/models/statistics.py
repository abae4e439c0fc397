"""Statistics over time of the features of frames: one vector per clip, of any number of frames."""

from collections.abc import Sequence

import torch
from torch import Tensor

from emo_utils.models.temporal import masked_mean

LEAST_VARIANCE = 1e-12
"""Keeps the gradient of a deviation finite where a feature does not change."""


def pool_statistics(features: Tensor, mask: Tensor, quantiles: Sequence[float] = ()) -> Tensor:
    """Mean, deviation and quantiles over real frames, side by side.

    Args:
        features: float32 (N, T, F).
        mask: bool (N, T), True where a frame is real; each row has at least one.
        quantiles: shares, 0 to 1, such as 0.1 and 0.9.

    Returns:
        float32 (N, F (2 + quantiles)).
    """
    mean = masked_mean(features, mask)
    deviation = masked_mean((features - mean[:, None]) ** 2, mask).clamp_min(LEAST_VARIANCE).sqrt()
    return torch.cat([mean, deviation, *masked_quantiles(features, mask, quantiles)], 1)


def masked_quantiles(features: Tensor, mask: Tensor, quantiles: Sequence[float]) -> list[Tensor]:
    """A tensor (N, F) for each quantile over real frames, interpolated linearly between neighbours."""
    if not quantiles:
        return []
    ordered = features.masked_fill(~mask[..., None], torch.inf).sort(dim=1).values
    last = (mask.sum(1) - 1).clamp(min=0)
    found = []
    for share in quantiles:
        place = share * last
        low = place.floor().long()
        high = torch.minimum(low + 1, last)
        below, above = (
            ordered.gather(1, at[:, None, None].expand(-1, 1, ordered.shape[2]))[:, 0] for at in (low, high)
        )
        found.append(below.lerp(above, (place - low)[:, None].to(below)))
    return found
