"""Networks: one file per family, all made by `create_model(name, ...)`. This floor needs torch (extra `train`)."""

from typing import Any

from torch import nn

from emo_utils.models import face_net  # noqa: F401  (registers itself)
from emo_utils.models.registry import backbones

__all__ = ["backbones", "create_model"]


def create_model(name: str, in_channels: int, num_classes: int, **options: Any) -> nn.Module:
    """Make the backbone called `name`: a module that maps (N, in_channels, S, S) to logits (N, num_classes).

    Raises:
        UnknownNameError: with the known names and the nearest one.
    """
    return backbones.create(name, in_channels=in_channels, num_classes=num_classes, **options)
