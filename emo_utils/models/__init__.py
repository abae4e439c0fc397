"""Networks: one file per family, all made by `create_model(name, ...)`. This floor needs torch (extra `train`)."""

import inspect
from collections.abc import Callable
from typing import Any

from torch import nn

from emo_utils.errors import EmoError, WeightsError
from emo_utils.models import (  # noqa: F401  (they register themselves)
    autoencoder,
    face_net,
    face_sequences,
    features,
    frames,
    mobilenet_face,
    sequences,
    stacks,
    timm_nets,
    volumes,
)
from emo_utils.models.cost import count_parameters, multiply_adds
from emo_utils.models.explain import attention_maps, channel_relevance, embeddings, grad_cam
from emo_utils.models.registry import STARTS, backbones

__all__ = [
    "attention_maps",
    "backbones",
    "channel_relevance",
    "count_parameters",
    "create_model",
    "eaters",
    "embeddings",
    "find_backbone",
    "grad_cam",
    "multiply_adds",
]

ANY_TIMM = "timm/"


def create_model(
    name: str, in_channels: int, num_classes: int, weights: str | None = None, **options: Any
) -> nn.Module:
    """Make the backbone called `name`.

    Args:
        name: in the registry; see `models.registry.backbone` for what it is called with. `timm/<architecture>` is any
            timm network.
        in_channels: of one picture; for features, how many numbers.
        num_classes: number of logits.
        weights: where the first weights come from, one of `STARTS`; None takes the backbone's own default. Never random
            without being asked, but where the network has no other, or is itself what FER+ weights are made with.
        options: the backbone's own.

    Raises:
        UnknownNameError: with the known names and the nearest one.
        WeightsError: this backbone has no such start.
        AssetError: the weights cannot be fetched.
        EmoError: an option that this backbone does not have.
    """
    factory = find_backbone(name)
    weights = weights or factory.starts[0]
    if weights not in factory.starts:
        known = "; ".join(f"{start}: {STARTS[start]}" for start in factory.starts)
        raise WeightsError(f"backbone {name!r} cannot start from {weights!r}; it can from {known}")
    if name.startswith(ANY_TIMM):
        name, options = "timm", {"architecture": name.removeprefix(ANY_TIMM), **options}
    _check_options(name, factory, options)
    return backbones.create(name, in_channels=in_channels, num_classes=num_classes, weights=weights, **options)


def find_backbone(name: str) -> Callable[..., nn.Module]:
    """The factory of a name that `create_model` takes; its `eats` and `starts` say what it is for.

    Raises:
        UnknownNameError: with the known names and the nearest one.
    """
    return backbones.get("timm" if name.startswith(ANY_TIMM) else name)


def eaters(representation: str) -> list[str]:
    """Names of the backbones that take a representation."""
    return [name for name in backbones if representation in backbones.get(name).eats]


def _check_options(name: str, factory: Callable[..., nn.Module], options: dict[str, Any]) -> None:
    parameters = inspect.signature(factory).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return
    own = [key for key in parameters if key not in ("in_channels", "num_classes", "weights")]
    for option in options:
        if option not in own:
            raise EmoError(f"backbone {name!r} has no option {option!r}; it has {', '.join(own) or 'none'}")
