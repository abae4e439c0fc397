"""A backbone in one file."""

from torch import nn

from emo_utils.models.registry import backbone


@backbone("newcomer", accepts=("frame",), starts=("random",))
def newcomer(in_channels: int, num_classes: int, weights: str = "random") -> nn.Module:
    """Two layers over a coarse picture."""
    coarse = nn.Sequential(nn.AdaptiveAvgPool2d(8), nn.Flatten())
    return nn.Sequential(coarse, nn.Linear(64 * in_channels, 64), nn.ReLU(), nn.Linear(64, num_classes))
