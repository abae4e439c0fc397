"""Networks that classify single faces by transfer learning (system S2): ResNet-50, VGG16, and both together."""

from torch import nn

from emo_utils.models.imagenet import timm_network
from emo_utils.models.pictures import Maps, PictureClassifier
from emo_utils.models.registry import PICTURES, backbone

RESNET_WIDTH, VGG_WIDTH = 2048, 512


@backbone("resnet50", accepts=PICTURES, starts=("imagenet", "random"))
def make_resnet50(
    in_channels: int,
    num_classes: int,
    weights: str = "imagenet",
    stem: str | None = None,
    dropout: float = 0.3,
    frozen: bool = False,
):
    """ResNet-50 (K. He et al., CVPR 2016) under the head `2048 -> 512 -> classes`.

    Args:
        in_channels: of the picture.
        num_classes: number of logits.
        weights: see `models.registry.STARTS`.
        stem: how the first convolution is changed for other than three channels (`stem.adapt_stem`).
        dropout: share dropped before the last layer.
        frozen: only the head is trained.
    """
    trunks = [resnet50_maps(in_channels, weights, stem)]
    return PictureClassifier(trunks, RESNET_WIDTH, num_classes, dropout=dropout, frozen=frozen)


@backbone("vgg16", accepts=PICTURES, starts=("imagenet", "random"))
def make_vgg16(
    in_channels: int,
    num_classes: int,
    weights: str = "imagenet",
    stem: str | None = None,
    dropout: float = 0.3,
    frozen: bool = False,
):
    """VGG16's convolutions (K. Simonyan, A. Zisserman, ICLR 2015), averaged, under the head `512 -> 512 -> classes`.

    Its two layers of 4096, nine tenths of its weights, are left out: they are specific to ImageNet and fix the size.
    Options as for `make_resnet50`.
    """
    trunks = [vgg16_maps(in_channels, weights, stem)]
    return PictureClassifier(trunks, VGG_WIDTH, num_classes, dropout=dropout, frozen=frozen)


@backbone("hybrid", accepts=PICTURES, starts=("imagenet", "random"))
def make_hybrid(
    in_channels: int,
    num_classes: int,
    weights: str = "imagenet",
    stem: str | None = None,
    dropout: float = 0.3,
    frozen: bool = False,
):
    """ResNet-50 and VGG16 on the same picture, features joined: `2048 + 512 -> 512 -> classes`.

    Options as for `make_resnet50`.
    """
    trunks = [resnet50_maps(in_channels, weights, stem), vgg16_maps(in_channels, weights, stem)]
    return PictureClassifier(trunks, RESNET_WIDTH + VGG_WIDTH, num_classes, dropout=dropout, frozen=frozen)


def resnet50_maps(in_channels: int, weights: str, stem: str | None) -> nn.Module:
    """Pictures (N, C, S, S) to maps (N, 2048, S/32, S/32)."""
    return Maps(timm_network("resnet50", in_channels, weights, stem, num_classes=0))


def vgg16_maps(in_channels: int, weights: str, stem: str | None) -> nn.Module:
    """Pictures (N, C, S, S) to maps (N, 512, S/32, S/32)."""
    # Random weights: the layers of 4096 are not used, and are made narrow, since drawing their weights takes seconds.
    unused = {"mlp_ratio": 0.001} if weights == "random" else {}
    return timm_network("vgg16", in_channels, weights, stem, num_classes=0, **unused).features
