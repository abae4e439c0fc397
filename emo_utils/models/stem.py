"""First convolutions made for colour or gray pictures, changed to read stacks of C gray faces in time order."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from emo_utils.errors import UnknownNameError
from emo_utils.registry import unknown_name


def adapt_stem(weight: Tensor, channels: int, how: str | None = None) -> Tensor:
    """First filters for `channels` channels instead of colours.

    All three ways keep the output for a still picture. For C identical gray channels the new convolution gives the
    output of the old one for that picture in gray RGB (up to rounding).

    - `sum`: every channel gets the filters' sum over colours, divided by C: the old output for the mean picture.
    - `tile`: the channels get the red, green, blue, red, ... filters in turn; each filter is divided by the number of
      channels that have it. With three channels these are the old weights.
    - `difference`: filter o is applied to the first picture and to the (o mod (C - 1))-th of the C - 1 differences of
      neighbouring pictures, both with the summed filter. The differences are linear, and folded into the weights.

    Args:
        weight: float32 (out, I, k, k), I the old number of channels: 3 colours or 1 gray.
        channels: C.
        how: `sum`, `tile`, `difference`; None is `tile` (unchanged) where C is I, else `sum`.

    Returns:
        float32 (out, C, k, k).

    Raises:
        UnknownNameError: another way.
    """
    how = how or ("tile" if channels == weight.shape[1] else "sum")
    if how not in STEMS:
        raise UnknownNameError(unknown_name("stem", how, STEMS))
    return STEMS[how](weight, channels).contiguous()


def summed(weight: Tensor, channels: int) -> Tensor:
    """See `adapt_stem`."""
    return weight.sum(1, keepdim=True).expand(-1, channels, -1, -1) / channels


def tiled(weight: Tensor, channels: int) -> Tensor:
    """See `adapt_stem`; where C is below I, the remaining colours' filters are spread over all channels."""
    colours = weight.shape[1]
    colour_of = torch.arange(channels) % colours
    share = torch.bincount(colour_of, minlength=colours)
    remaining = weight[:, share == 0].sum(1, keepdim=True)
    return weight[:, colour_of] / share[colour_of].to(weight)[:, None, None] + remaining / channels


def differences(weight: Tensor, channels: int) -> Tensor:
    """See `adapt_stem`."""
    gray = weight.sum(1)
    adapted = gray.new_zeros(len(gray), channels, *gray.shape[1:])
    adapted[:, 0] = gray
    if channels > 1:
        filters = torch.arange(len(gray))
        later = filters % (channels - 1) + 1
        adapted[filters, later] += gray
        adapted[filters, later - 1] -= gray
    return adapted


STEMS: dict[str, Callable[[Tensor, int], Tensor]] = {"sum": summed, "tile": tiled, "difference": differences}
"""Ways of `adapt_stem`, by name."""


@torch.no_grad()
def replace_stem(convolution: nn.Conv2d, channels: int, how: str | None = None) -> None:
    """Adapt a first convolution in place; its bias stays. See `adapt_stem`."""
    convolution.weight = nn.Parameter(adapt_stem(convolution.weight.detach(), channels, how))
    convolution.in_channels = channels
