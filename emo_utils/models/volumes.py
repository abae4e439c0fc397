"""Networks with convolutions over time: the clip as a volume (variant of system S1)."""

import torch
from torch import Tensor, nn

from emo_utils.errors import UnknownNameError
from emo_utils.models.registry import backbone
from emo_utils.models.temporal import mask_or_all
from emo_utils.registry import unknown_name


class Volume(nn.Module):
    """A network on volumes (N, C, frames, S, S) of evenly spaced real frames of a sequence.

    A convolution over time would include padding. So each clip's real frames are resampled to a fixed number: the
    nearest ones at even distances; short clips repeat frames. The result does not depend on padding.
    """

    def __init__(self, network: nn.Module, frames: int):
        super().__init__()
        self.network, self.frames = network, frames

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Logits (N, classes) of float32 (N, T, C, S, S); mask bool (N, T), True where a frame is real."""
        return self.network(resample(x, mask_or_all(x, mask), self.frames).transpose(1, 2))


def resample(x: Tensor, mask: Tensor, frames: int) -> Tensor:
    """`frames` evenly spaced real frames of each clip, first and last included: (N, T, ...) to (N, frames, ...)."""
    last = (mask.sum(1) - 1).clamp(min=0)
    places = torch.linspace(0, 1, frames, device=x.device, dtype=torch.float64)
    index = (last[:, None] * places).round().long()
    return x[torch.arange(x.shape[0], device=x.device)[:, None], index]


@backbone("cnn3d", accepts=("sequence",), starts=("random",))
def make_cnn3d(
    in_channels: int,
    num_classes: int,
    weights: str = "random",
    architecture: str = "small",
    frames: int = 16,
    dropout: float = 0.2,
):
    """3-D convolutions: a small network of three layers (0.3 M parameters), or R3D-18.

    R3D-18: D. Tran et al., "A Closer Look at Spatiotemporal Convolutions", CVPR 2018 (torchvision's, 33.2 M).

    Args:
        in_channels: 1 or 3.
        num_classes: number of logits.
        weights: see `models.registry.STARTS`.
        architecture: `small` or `r3d_18`.
        frames: number of frames that a clip is resampled to, see `Volume`.
        dropout: share dropped before the last layer.
    """
    if architecture not in ARCHITECTURES:
        raise UnknownNameError(unknown_name("architecture of cnn3d", architecture, ARCHITECTURES))
    return Volume(ARCHITECTURES[architecture](in_channels, num_classes, dropout), frames)


def small_cnn3d(in_channels: int, num_classes: int, dropout: float) -> nn.Module:
    """Three 3x3x3 convolutions of 32, 64, 128 channels; space is halved after each, time after the last two."""
    layers: list[nn.Module] = []
    inputs = in_channels
    for outputs, pool in ((32, (1, 2, 2)), (64, (2, 2, 2)), (128, (2, 2, 2))):
        layers += [nn.Conv3d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm3d(outputs), nn.ReLU()]
        layers.append(nn.MaxPool3d(pool, ceil_mode=True))
        inputs = outputs
    head = [nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(inputs, num_classes)]
    return nn.Sequential(*layers, *head)


def r3d_18(in_channels: int, num_classes: int, dropout: float) -> nn.Module:
    """R3D-18 of torchvision with a first layer for `in_channels` and a new last layer."""
    from torchvision.models.video import r3d_18 as make

    network = make(weights=None)
    network.stem[0] = nn.Conv3d(in_channels, 64, (3, 7, 7), (1, 2, 2), (1, 3, 3), bias=False)
    network.fc = nn.Sequential(nn.Dropout(dropout), nn.Linear(network.fc.in_features, num_classes))
    return network


ARCHITECTURES = {"small": small_cnn3d, "r3d_18": r3d_18}
"""Makers of `cnn3d`, by the name of its option."""
