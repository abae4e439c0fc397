"""What a network costs."""

import torch
from torch import Tensor, nn


def count_parameters(model: nn.Module) -> int:
    """How many numbers are trained or could be: all parameters, frozen ones too; no statistics of normalisations."""
    return sum(parameter.numel() for parameter in model.parameters())


@torch.no_grad()
def multiply_adds(model: nn.Module, x: Tensor, mask: Tensor | None = None) -> int:
    """Multiply-adds of one forward pass over the batch `x`, in convolutions, linear layers and attention.

    Counted by torch while it runs; what its counter does not know (an LSTM on some devices) is not in it.
    """
    from torch.utils.flop_counter import FlopCounterMode

    training = model.training
    model.eval()
    with FlopCounterMode(display=False) as counter:
        model(x) if mask is None else model(x, mask)
    model.train(training)
    return counter.get_total_flops() // 2
