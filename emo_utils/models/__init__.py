"""Networks: one file per family, all made by `create_model(name, ...)`. This floor needs torch (extra `train`)."""

from typing import Any

from torch import nn

from emo_utils.errors import WeightsError
from emo_utils.models import face_net  # noqa: F401  (registers itself)
from emo_utils.models.registry import STARTS, backbones

__all__ = ["backbones", "create_model", "eaters"]


def create_model(
    name: str, in_channels: int, num_classes: int, weights: str | None = None, **options: Any
) -> nn.Module:
    """Make the backbone called `name`.

    Args:
        name: in the registry; see `models.registry.backbone` for what it is called with.
        in_channels: of one picture; for features, how many numbers.
        num_classes: number of logits.
        weights: where the first weights come from, one of `STARTS`; None takes the backbone's own default. Never random
            without being asked, unless the backbone has no other.
        options: the backbone's own.

    Raises:
        UnknownNameError: with the known names and the nearest one.
        WeightsError: this backbone has no such start.
        AssetError: the weights cannot be fetched.
    """
    factory = backbones.get(name)
    weights = weights or factory.starts[0]
    if weights not in factory.starts:
        known = "; ".join(f"{start}: {STARTS[start]}" for start in factory.starts)
        raise WeightsError(f"backbone {name!r} cannot start from {weights!r}; it can from {known}")
    return backbones.create(name, in_channels=in_channels, num_classes=num_classes, weights=weights, **options)


def eaters(representation: str) -> list[str]:
    """Names of the backbones that take a representation."""
    return [name for name in backbones if representation in backbones.get(name).eats]
