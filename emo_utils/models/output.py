"""What a network gives in training mode when it has a loss of its own beside the classes'."""

from typing import NamedTuple

from torch import Tensor


class WithLoss(NamedTuple):
    """Logits (N, C), and a scalar loss that is added to the classification loss as it stands (already weighted)."""

    logits: Tensor
    loss: Tensor
