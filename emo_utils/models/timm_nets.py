"""Any timm network, and the vision transformer of apex faces (system S0)."""

from typing import Any

from torch import nn

from emo_utils.errors import UnknownNameError
from emo_utils.models.imagenet import timm_network
from emo_utils.models.registry import PICTURES, backbone
from emo_utils.registry import unknown_name

VITS = {"small": "vit_small_patch16_224", "base": "vit_base_patch16_224"}


@backbone("timm", accepts=PICTURES, starts=("imagenet", "random"))
def make_timm(
    in_channels: int,
    num_classes: int,
    weights: str = "imagenet",
    architecture: str = "resnet18",
    stem: str | None = None,
    dropout: float = 0.0,
    **options: Any,
) -> nn.Module:
    """Any timm network with its own head; `create_model("timm/resnet18", ...)` is short for `architecture`.

    Args:
        in_channels: of the picture.
        num_classes: number of logits.
        weights: see `models.registry.STARTS`.
        architecture: timm's name.
        stem: how the first convolution is changed for other than three channels (`stem.adapt_stem`).
        dropout: share dropped before the last layer.
        options: timm's own, such as `img_size` for a network of fixed input size.

    Raises:
        UnknownNameError: timm has no such architecture.
    """
    return timm_network(architecture, in_channels, weights, stem, num_classes=num_classes, drop_rate=dropout, **options)


@backbone("vit", accepts=PICTURES, starts=("imagenet", "random"))
def make_vit(
    in_channels: int,
    num_classes: int,
    weights: str = "imagenet",
    size: str = "small",
    img_size: int = 224,
    stem: str | None = None,
    dropout: float = 0.0,
    frozen: bool = False,
) -> nn.Module:
    """Vision transformer with patches of 16 pixels (A. Dosovitskiy et al., ICLR 2021).

    It accepts pictures of any size. Its position embeddings, made for `img_size`, are interpolated for other sizes;
    sides that are no multiple of 16 are padded with zeros.

    Args:
        in_channels: of the picture.
        num_classes: number of logits.
        weights: see `models.registry.STARTS`.
        size: `small` (22 M parameters) or `base` (86 M).
        img_size: picture side of the position embeddings; those of the weights are interpolated to it once.
        stem: how the patch projection is changed for other than three channels (`stem.adapt_stem`).
        dropout: share dropped before the last layer.
        frozen: only the last layer is trained.
    """
    if size not in VITS:
        raise UnknownNameError(unknown_name("size of vit", size, VITS))
    sizes = {"img_size": img_size, "dynamic_img_size": True, "dynamic_img_pad": True}
    model = timm_network(VITS[size], in_channels, weights, stem, num_classes=num_classes, drop_rate=dropout, **sizes)
    if frozen:
        model.requires_grad_(False)
        model.head.requires_grad_(True)
    return model
