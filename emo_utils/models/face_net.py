"""The face-expression network: a small residual net with squeeze-and-excitation, made for 48-pixel gray faces.

Residual blocks: K. He et al., CVPR 2016. Squeeze-and-excitation: J. Hu et al., CVPR 2018.
"""

import re
from collections.abc import Sequence
from itertools import groupby

import torch
from torch import Tensor, nn

from emo_utils.errors import WeightsError
from emo_utils.models.registry import PICTURES, backbone
from emo_utils.models.shipped import FERPLUS_CLASSES, read_onnx
from emo_utils.models.stem import replace_stem

STEM_CHANNELS = 32
WIDTHS = (48, 96, 208)
BLOCKS = 2
DROPOUT = 0.2

STARTS = {WIDTHS: "face_net", (64, 128, 256): "ferplus"}
"""Shipped file of the start `ferplus`, by the widths of its network."""

NORMS = ("held", "restored")

BEFORE_STAGES, AFTER_STAGES = 3, 4
"""Layers of the network before its first and after its last stage."""


@backbone("face_net", accepts=PICTURES, starts=("random", "ferplus"))
def make_face_net(
    in_channels: int = 1,
    num_classes: int = FERPLUS_CLASSES,
    weights: str = "random",
    widths: Sequence[int] = WIDTHS,
    blocks: int = BLOCKS,
    dropout: float = DROPOUT,
    stem: str | None = None,
    norms: str = "held",
):
    """Make the network: 1.77 M parameters at its defaults, 137 M multiply-adds on a 48x48 face.

    The first layer gives every channel zero mean and unit variance, so brightness and contrast have no effect.

    The start `ferplus` is a network trained on FER+: `face_net.onnx`, of the default widths, or the shipped
    `ferplus.onnx`, of (64, 128, 256). In these files the normalisations are folded into the convolutions, so their
    statistics stay fixed in further training (`HeldNorm`). This also suits small batches and the similar frames of one
    clip. Choose a small learning rate; for a long run over faces, let the normalisations be restored. The last layer
    is kept only for eight classes, which must be in FER+'s order.

    Args:
        in_channels: 1 for gray faces.
        num_classes: number of logits.
        weights: see `models.registry.STARTS`.
        widths: channels of the stages, which run at 1/2, 1/4 and 1/8 of the input's side.
        blocks: residual blocks a stage.
        dropout: share dropped before the last layer.
        stem: how the first convolution is widened where there are more channels (`stem.adapt_stem`).
        norms: of the start `ferplus`: `held`, or `restored` from training faces (`folded_norms.restore_norms`).

    Raises:
        WeightsError: FER+ weights for other widths or blocks, or unknown `norms`.
    """
    if weights == "ferplus" and (tuple(widths) not in STARTS or blocks != BLOCKS):
        known = " or ".join(map(str, STARTS))
        raise WeightsError(
            f"FER+ weights are for widths {known} and {BLOCKS} blocks a stage, found {tuple(widths)} and {blocks}; "
            "leave these options out, or start from random"
        )
    if norms not in NORMS:
        raise WeightsError(f"norms: expected one of {', '.join(NORMS)}; found {norms!r}")
    if weights != "ferplus" and stem is None:
        return build(in_channels, num_classes, widths, blocks, dropout)
    model = build(1, FERPLUS_CLASSES if weights == "ferplus" else num_classes, widths, blocks, dropout)
    if weights == "ferplus":
        fill(model, read_onnx(STARTS[tuple(widths)])[0])
        model.folded = norms == "restored"
    replace_stem(model[1][0], in_channels, stem)
    model[0] = nn.InstanceNorm2d(in_channels)
    if num_classes != model[-1].out_features:
        model[-1] = nn.Linear(model[-1].in_features, num_classes)
    return model


def build(in_channels: int, num_classes: int, widths: Sequence[int], blocks: int, dropout: float) -> nn.Sequential:
    """The layers with random weights: `BEFORE_STAGES` layers, the blocks of each stage, `AFTER_STAGES` layers."""
    layers = [nn.InstanceNorm2d(in_channels), convolution(in_channels, STEM_CHANNELS), nn.ReLU(inplace=True)]
    inputs = STEM_CHANNELS
    for width in widths:
        for block in range(blocks):
            layers.append(ResidualBlock(inputs, width, stride=2 if block == 0 else 1))
            inputs = width
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(inputs, num_classes)]
    return nn.Sequential(*layers, *head)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with squeeze-and-excitation, added to a shortcut: (N, in, S, S) to (N, out, S/stride, .)."""

    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.first = convolution(inputs, outputs, stride)
        self.second = convolution(outputs, outputs)
        self.excitation = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(outputs, outputs // 8, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs // 8, outputs, 1),
            nn.Sigmoid(),
        )
        straight = stride == 1 and inputs == outputs
        self.shortcut = nn.Identity() if straight else convolution(inputs, outputs, stride, kernel=1)

    def forward(self, x: Tensor) -> Tensor:
        """Apply the block."""
        residual = self.second(self.first(x).relu())
        return (residual * self.excitation(residual) + self.shortcut(x)).relu()


def convolution(inputs: int, outputs: int, stride: int = 1, kernel: int = 3) -> nn.Sequential:
    """Convolution without bias, then batch normalisation."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False), nn.BatchNorm2d(outputs)
    )


class HeldNorm(nn.BatchNorm2d):
    """Batch normalisation with fixed statistics: a trained scale and shift. Same state dict."""

    @classmethod
    def adding(cls, bias: Tensor) -> "HeldNorm":
        """A layer that adds `bias` (C,) to its channels and changes nothing else."""
        norm = cls(len(bias))
        norm.running_var.fill_(1 - norm.eps)  # a new layer has mean 0 and scale 1 already
        with torch.no_grad():
            norm.bias.copy_(bias)
        return norm.eval()

    def train(self, mode: bool = True) -> "HeldNorm":
        """Stays in evaluation mode."""
        return super().train(False)


def shipped_networks(name: str) -> list[nn.Sequential]:
    """The networks inside `<name>.onnx`, one gray face to the eight emotions each, in the file's order.

    Raises:
        AssetError, WeightsError: see `shipped.read_onnx`.
    """
    networks = []
    for tensors in read_onnx(name):
        first = re.compile(r"(\d+)\.first\.0\.weight")
        widths = {int(found[1]): len(tensors[key]) for key in tensors if (found := first.fullmatch(key))}
        stages = [len(list(group)) for _, group in groupby(widths[index] for index in sorted(widths))]
        if len(set(stages)) != 1:
            raise WeightsError(f"shipped {name}: expected stages of equally many blocks, found {stages}")
        networks.append(build(1, FERPLUS_CLASSES, sorted(set(widths.values())), stages[0], DROPOUT))
        fill(networks[-1], tensors)
    return networks


def fill(model: nn.Sequential, tensors: dict[str, Tensor]) -> None:
    """Put the weights of an exported network into a fresh one of the same shape.

    Args:
        model: of `build`.
        tensors: of one network of `shipped.read_onnx`; `<convolution>.weight_bias` is the bias of a normalisation
            that was folded into the convolution.
    """
    state = model.state_dict()
    for name, tensor in tensors.items():
        if name.endswith(".0.weight_bias"):
            model.get_submodule(name.removesuffix(".0.weight_bias"))[1] = HeldNorm.adding(tensor)
        elif name not in state or state[name].shape != tensor.shape:
            raise WeightsError(f"shipped FER+ weights: {name} {tuple(tensor.shape)} has no place in face_net")
        else:
            with torch.no_grad():
                state[name].copy_(tensor)
