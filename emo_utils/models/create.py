"""A network by name."""

import inspect
from collections.abc import Callable
from typing import Any

from torch import nn

from emo_utils.errors import EmoError, WeightsError
from emo_utils.models.registry import EMBEDDED, EMBEDDINGS, STARTS, backbones

ANY_TIMM = "timm/"


def create_model(
    name: str, in_channels: int, num_classes: int, weights: str | None = None, **options: Any
) -> nn.Module:
    """Make the backbone called `name`.

    Args:
        name: in the registry (see `models.registry.backbone`), or `timm/<architecture>` for any timm network.
        in_channels: of one picture; for features, how many numbers.
        num_classes: number of logits.
        weights: where the first weights come from, one of `STARTS`; None takes the backbone's own default. The default
            is random only for networks without other weights, and for `face_net`, which FER+ weights are trained with.
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
        raise WeightsError(f"backbone {name!r} cannot start from {weights!r}; expected one of {known}")
    if name.startswith(ANY_TIMM):
        name, options = "timm", {"architecture": name.removeprefix(ANY_TIMM), **options}
    _check_options(name, factory, options)
    return backbones.create(name, in_channels=in_channels, num_classes=num_classes, weights=weights, **options)


def find_backbone(name: str) -> Callable[..., nn.Module]:
    """The factory of a name that `create_model` takes; see its attributes `accepts` and `starts`.

    Raises:
        UnknownNameError: with the known names and the nearest one.
    """
    return backbones.get("timm" if name.startswith(ANY_TIMM) else name)


def backbones_for(representation: str) -> list[str]:
    """Names of the backbones that take a representation; see `takes`."""
    return [name for name in backbones if takes(name, representation)]


def takes(name: str, representation: str) -> bool:
    """Whether a backbone takes a representation: itself, or the embeddings that are made of it.

    Raises:
        UnknownNameError: with the known names and the nearest one.
    """
    accepts = find_backbone(name).accepts
    return representation in accepts or (EMBEDDINGS in accepts and representation in EMBEDDED)


def _check_options(name: str, factory: Callable[..., nn.Module], options: dict[str, Any]) -> None:
    parameters = inspect.signature(factory).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return
    own = [key for key in parameters if key not in ("in_channels", "num_classes", "weights")]
    for option in options:
        if option not in own:
            raise EmoError(f"backbone {name!r} has no option {option!r}; it has {', '.join(own) or 'none'}")
