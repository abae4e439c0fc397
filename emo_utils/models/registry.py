"""The registry of backbones: each file registers its own, with the representations and first weights it accepts."""

from collections.abc import Callable
from typing import Any

from emo_utils.registry import Registry

backbones = Registry("backbone", "emo_utils.models")

PICTURES = ("frame", "apex", "stack")
"""Representations that are one picture: (N, C, S, S)."""

EMBEDDINGS = "embeddings"
"""Features of each frame, float32 (N, T, F), and a mask (N, T): of a frozen encoder, or from per-frame tables."""

EMBEDDED = ("sequence", "features")
"""Representations that give embeddings: through an encoder, or as a folder of tables."""

STARTS = {
    "ferplus": "weights trained on FER+ by this package and shipped with it",
    "imagenet": "ImageNet weights, fetched through timm's or torchvision's hub",
    "random": "drawn at random from the seed",
    "recogniser": "a network trained to recognise people, fetched once",
}
"""Where a backbone's first weights can come from."""


def backbone(name: str, accepts: tuple[str, ...], starts: tuple[str, ...]) -> Callable[[Callable], Callable]:
    """Decorate a factory to register it.

    The factory is called with `in_channels`, `num_classes`, `weights` (one of `starts`) and its own options. It returns
    a module whose forward takes a batch and, for sequences, the mask. Forward returns logits (N, num_classes); in
    training mode it returns a `WithLoss` where the network has a loss of its own.

    Args:
        name: in the registry.
        accepts: representations: some of `frame`, `apex`, `stack` (float32 (N, C, S, S)), `sequence` (float32
            (N, T, C, S, S) and a mask bool (N, T)), `features` (float32 (N, F)), `embeddings` (`EMBEDDINGS`).
        starts: some of `STARTS`, the default first. Random comes first only where there are no other weights.
    """

    def add(factory: Callable[..., Any]) -> Callable[..., Any]:
        factory.accepts, factory.starts = accepts, starts
        return backbones.register(name)(factory)

    return add
