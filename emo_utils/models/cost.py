"""The cost of a network: parameters and multiply-adds."""

import torch
from torch import Tensor, nn


def count_parameters(model: nn.Module) -> int:
    """Number of parameters, frozen ones included; the running statistics of batch normalisation are not counted."""
    return sum(parameter.numel() for parameter in model.parameters())


@torch.no_grad()
def multiply_adds(model: nn.Module, x: Tensor, mask: Tensor | None = None) -> int:
    """Multiply-adds of one forward pass over the batch `x`, in convolutions, linear layers and attention.

    torch counts during the pass. Operations that its counter does not support (an LSTM on some devices) are missing.
    """
    from torch.utils.flop_counter import FlopCounterMode

    training = model.training
    model.eval()
    with FlopCounterMode(display=False) as counter:
        model(x) if mask is None else model(x, mask)
    model.train(training)
    return counter.get_total_flops() // 2
