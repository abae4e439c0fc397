"""Backbones of temporal stacks (system S3): a widened first convolution, and the head `features -> 512 -> classes`.

EfficientNetV2 is timm's with the weights of its authors (ImageNet-21k, then 1k). ImageNet weights are Apache-2.0.
"""

import torch
from torch import nn

from emo_utils.models.imagenet import timm_network
from emo_utils.models.pictures import Maps, PictureClassifier
from emo_utils.models.registry import PICTURES, backbone
from emo_utils.models.shipped import FERPLUS_CLASSES, read_tensors
from emo_utils.models.stem import replace_stem

MOBILENET = "mobilenetv3_large_100"


@backbone("efficientnetv2_s", accepts=PICTURES, starts=("imagenet", "random"))
def make_efficientnetv2_s(
    in_channels: int,
    num_classes: int,
    weights: str = "imagenet",
    stem: str | None = None,
    dropout: float = 0.3,
    frozen: bool = False,
):
    """EfficientNetV2-S (M. Tan, Q. Le, ICML 2021): 20.839 M parameters with 18 channels and 5 classes, as in S3.

    Args:
        in_channels: C of the stack.
        num_classes: number of logits.
        weights: see `models.registry.STARTS`.
        stem: how the first convolution is widened: `sum`, `tile` or `difference` (`stem.adapt_stem`).
        dropout: share dropped before the last layer.
        frozen: only the head is trained.
    """
    network = timm_network("tf_efficientnetv2_s", in_channels, weights, stem, num_classes=0)
    return PictureClassifier([Maps(network)], network.num_features, num_classes, dropout=dropout, frozen=frozen)


@backbone("efficientnetv2_m", accepts=PICTURES, starts=("imagenet", "random"))
def make_efficientnetv2_m(
    in_channels: int,
    num_classes: int,
    weights: str = "imagenet",
    stem: str | None = None,
    dropout: float = 0.3,
    frozen: bool = False,
):
    """EfficientNetV2-M: 53.520 M parameters with 18 channels and 5 classes; options as for `make_efficientnetv2_s`."""
    network = timm_network("tf_efficientnetv2_m", in_channels, weights, stem, num_classes=0)
    return PictureClassifier([Maps(network)], network.num_features, num_classes, dropout=dropout, frozen=frozen)


@backbone("mobilenetv3_large", accepts=PICTURES, starts=("ferplus", "imagenet", "random"))
def make_mobilenetv3_large(
    in_channels: int,
    num_classes: int,
    weights: str = "ferplus",
    stem: str | None = None,
    dropout: float = 0.3,
    frozen: bool = False,
):
    """MobileNetV3-Large (A. Howard et al., ICCV 2019): 3.469 M parameters with 18 channels and 5 classes, as in S3.

    The start `ferplus` was trained on gray FER+ faces; its last layer is kept only for eight classes.

    Args:
        in_channels: C of the stack.
        num_classes: number of logits.
        weights: see `models.registry.STARTS`.
        stem: how the first convolution is widened: `sum`, `tile` or `difference` (`stem.adapt_stem`).
        dropout: share dropped before the last layer.
        frozen: only the head is trained.
    """
    if weights == "ferplus":
        model = _mobilenet(1, FERPLUS_CLASSES, "random", None, dropout, frozen)
        model.load_state_dict(read_tensors("mobilenetv3_large"))
        with torch.no_grad():
            replace_stem(model.trunks[0].network.conv_stem, in_channels, stem)
        model.freeze("trunks", frozen)
        if num_classes != FERPLUS_CLASSES:
            model.head[-1] = nn.Linear(model.head[-1].in_features, num_classes)
        return model
    return _mobilenet(in_channels, num_classes, weights, stem, dropout, frozen)


def _mobilenet(in_channels: int, num_classes: int, weights: str, stem: str | None, dropout: float, frozen: bool):
    network = timm_network(MOBILENET, in_channels, weights, stem, num_classes=0)
    trunk = Maps(network, unused=("conv_head", "norm_head", "act2"))
    return PictureClassifier([trunk], network.num_features, num_classes, dropout=dropout, frozen=frozen)
