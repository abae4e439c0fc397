"""Batch normalisations that an exported file has folded into its convolutions, made anew before training."""

from itertools import pairwise

import torch
from torch import Tensor, nn

SMALLEST_DEVIATION = 1e-2
"""Least standard deviation that a channel is scaled by: some channels are constant on the given faces."""


@torch.no_grad()
def restore_norms(model: nn.Module, x: Tensor) -> None:
    """Set the statistics of each batch normalisation that follows a convolution from pictures; the output stays.

    Where a normalisation was folded into its convolution, its statistics are lost. The first step in training
    mode would then shift every channel. The weights are scaled so that each convolution's output has unit variance;
    the scale and shift of the normalisation compensate for it. Normalisations with held statistics become ordinary.

    Args:
        model: the normalisation follows its convolution in an `nn.Sequential`; `folded` is set to False.
        x: the input (N, C, S, S), normalised as for training.
    """
    training = model.training
    model.eval()
    hooks = []
    for layers in list(model.modules()):
        children = list(layers.named_children()) if isinstance(layers, nn.Sequential) else []
        for (_, convolution), (name, norm) in pairwise(children):
            if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                layers.register_module(name, plain := _plain(norm))
                hooks.append(plain.register_forward_pre_hook(_restoring(convolution)))
    model(x)
    for hook in hooks:
        hook.remove()
    model.train(training)
    model.folded = False


def _plain(norm: nn.BatchNorm2d) -> nn.BatchNorm2d:
    """The same normalisation as an `nn.BatchNorm2d`, in evaluation mode."""
    plain = nn.BatchNorm2d(norm.num_features, norm.eps)
    plain.load_state_dict(norm.state_dict())
    return plain.eval()


def _restoring(convolution: nn.Conv2d):
    """A hook that sets a normalisation from its first input, and gives it the input that its new statistics expect."""

    def restore(norm: nn.BatchNorm2d, inputs: tuple[Tensor]) -> Tensor:
        variance, mean = torch.var_mean(inputs[0], (0, 2, 3), correction=0)
        deviation = variance.sqrt().clamp_min(SMALLEST_DEVIATION)
        slope = norm.weight / (norm.running_var + norm.eps).sqrt()
        shift = norm.bias - norm.running_mean * slope
        convolution.weight /= deviation.view(-1, 1, 1, 1)
        norm.running_mean.copy_(mean / deviation)
        norm.running_var.copy_(variance / deviation**2)
        norm.weight.copy_(slope * deviation * (norm.running_var + norm.eps).sqrt())
        norm.bias.copy_(shift + slope * mean)
        return inputs[0] / deviation.view(-1, 1, 1)

    return restore
