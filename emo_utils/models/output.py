"""Output in training mode of a network that has a loss of its own beside the classification loss."""

from typing import NamedTuple

from torch import Tensor


class WithLoss(NamedTuple):
    """Logits (N, C), and a scalar loss, already weighted, that is added to the classification loss."""

    logits: Tensor
    loss: Tensor
