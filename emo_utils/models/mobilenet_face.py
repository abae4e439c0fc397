"""MobileNet v1 for one face; its first weights can be those of a network for face recognition.

Architecture: A. Howard et al., "MobileNets", 2017. The start: A. Savchenko, HSE_FaceRec_tf (Apache-2.0), trained on
VGGFace2 (Q. Cao et al., FG 2018) and fine-tuned for emotions in A. Savchenko, "Facial expression and attributes
recognition based on multi-task learning of lightweight neural networks", SISY 2021.
"""

import json
import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from emo_utils.assets import locate
from emo_utils.models.registry import PICTURES, backbone
from emo_utils.models.stem import adapt_stem

PAIRS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))
"""Channels and stride of the thirteen pairs of a depthwise and a pointwise convolution."""

STEM_CHANNELS = 32
FEATURES = PAIRS[-1][0]
SIZE = 96
DROPOUT = 0.2

BGR_MEANS = (103.939, 116.779, 123.68)
"""Means that the face recogniser subtracts from blue, green and red, 0 to 255."""

PIXEL_MEAN, PIXEL_STD = 127.5, 63.75
"""A pixel value 0 to 255 is the mean plus the deviation times the input of this package's networks (-2 to 2)."""


@backbone("mobilenet_face", accepts=PICTURES, starts=("recogniser", "random"))
def make_mobilenet_face(
    in_channels: int = 1,
    num_classes: int = 8,
    weights: str = "recogniser",
    size: int = SIZE,
    dropout: float = DROPOUT,
    stem: str | None = None,
) -> "MobileNetFace":
    """Make the network: 3.2 M parameters, 104 M multiply-adds at 96 px.

    Pictures of another size are resized to `size` inside the network, so that the data, its augmentation and the
    teachers can stay at 48 px. After five halvings the maps of a 96 px face are 3x3; the recogniser was trained at
    224 px.

    Args:
        in_channels: 1 for gray faces, 3 for RGB.
        num_classes: number of logits.
        weights: see `models.registry.STARTS`. In the recogniser's file the normalisations are folded into the
            convolutions; `folded_norms.restore_norms` unfolds them before training.
        size: side in pixels of the network's input.
        dropout: share dropped before the last layer.
        stem: how the first convolution is widened where there are more channels (`stem.adapt_stem`).

    Raises:
        AssetError: the recogniser's files are neither here nor can they be fetched.
    """
    model = MobileNetFace(in_channels, num_classes, size, dropout)
    if weights == "recogniser":
        fill(model, read_recogniser(), in_channels, stem)
    return model


class MobileNetFace(nn.Module):
    """Pictures (N, C, S, S) to logits (N, K); see `make_mobilenet_face`.

    The first convolution has one more input channel, a plane of ones. With it the recogniser's subtraction of colour
    means is a part of the weights, exactly, also at the padded border.

    Attributes:
        folded: the normalisations have no statistics yet; call `folded_norms.restore_norms` before
            training.
    """

    def __init__(self, in_channels: int, num_classes: int, size: int = SIZE, dropout: float = DROPOUT):
        super().__init__()
        self.size, self.folded = size, False
        layers, inputs = [layer(in_channels + 1, STEM_CHANNELS, stride=2)], STEM_CHANNELS
        for outputs, stride in PAIRS:
            layers += [layer(inputs, inputs, stride, groups=inputs), layer(inputs, outputs, kernel=1)]
            inputs = outputs
        self.layers = nn.Sequential(*layers)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(FEATURES, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, K)."""
        return self.head(self.dropout(self.embed(x)))

    def embed(self, x: Tensor) -> Tensor:
        """The features before the last layer, float32 (N, 1024)."""
        return self.layers(self.prepared(x)).mean((2, 3))

    def prepared(self, x: Tensor) -> Tensor:
        """The input of the first convolution: the pictures at the network's size, and a plane of ones."""
        if x.shape[-1] != self.size:
            x = F.interpolate(x, size=(self.size, self.size), mode="bilinear", align_corners=False)
        x = torch.cat([x, torch.ones_like(x[:, :1])], dim=1)
        return x.contiguous(memory_format=torch.channels_last)


def layer(inputs: int, outputs: int, stride: int = 1, kernel: int = 3, groups: int = 1) -> nn.Sequential:
    """Convolution without bias, normalisation, ReLU6."""
    padding = 0 if stride == 2 else kernel // 2
    convolution = FaceConv2d(inputs, outputs, kernel, stride, padding, groups=groups, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU6(inplace=True))


class FaceConv2d(nn.Conv2d):
    """Convolution that pads one row below and one column at the right where its stride is 2, as TensorFlow does.

    Depthwise convolutions stay in float32 under autocast. On a processor with bfloat16 in hardware, bfloat16 makes
    pointwise convolutions faster and depthwise ones slower. Training at 96 px, one run on a busy machine: 47 faces a
    second in float32, 78 in bfloat16, 123 in this mixture.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Apply the convolution."""
        if self.stride == (2, 2):
            x = F.pad(x, (0, 1, 0, 1))
        if self.groups > 1 and torch.is_autocast_enabled(x.device.type):
            with torch.autocast(x.device.type, enabled=False):
                return super().forward(x.float())
        return super().forward(x)


def read_recogniser() -> dict[str, Tensor]:
    """The recogniser's arrays by name, float32, from `faceres.json` (names, shapes) and `faceres.bin` (values).

    Raises:
        AssetError: a file is absent and cannot be fetched, or its hash differs.
    """
    layout = json.loads(locate("faceres_layout").read_text())
    values = np.fromfile(locate("faceres_weights"), np.uint8)
    tensors, start = {}, 0
    for entry in layout["weightsManifest"][0]["weights"]:
        kind = np.dtype(entry.get("quantization", entry)["dtype"])
        end = start + math.prod(entry["shape"]) * kind.itemsize
        array = values[start:end].view(kind).reshape(entry["shape"])
        tensors[entry["name"]] = torch.from_numpy(array.astype(np.float32))
        start = end
    return tensors


@torch.no_grad()
def fill(model: MobileNetFace, tensors: dict[str, Tensor], in_channels: int, stem: str | None = None) -> None:
    """Put the recogniser's arrays (`read_recogniser`) into a fresh network; its last layer stays random."""
    names = ["conv1", *(f"conv_{kind}_{pair}" for pair in range(1, len(PAIRS) + 1) for kind in ("dw", "pw"))]
    for name, (convolution, norm, _) in zip(names, model.layers, strict=True):
        depthwise = "_dw_" in name
        kernel = tensors[f"{name}/depthwise_kernel" if depthwise else f"{name}/convolution/merged_input"]
        weight = kernel.permute((2, 3, 0, 1) if depthwise else (3, 2, 0, 1))
        convolution.weight.copy_(weight if name != "conv1" else stem_weight(weight, in_channels, stem))
        norm.running_var.fill_(1 - norm.eps)  # mean 0 and scale 1: the folded weights are not changed again
        norm.bias.copy_(tensors[f"{name}_bn/batchnorm_1/sub"])
        if depthwise:
            norm.weight.copy_(tensors[f"{name}_bn/batchnorm_1/mul"])
    model.folded = True


def stem_weight(bgr: Tensor, channels: int, how: str | None) -> Tensor:
    """Convert the recogniser's first filters (O, 3, k, k), for BGR minus its means, to this network's input.

    Args:
        bgr: the recogniser's.
        channels: C of the pictures: RGB, or gray ones (`stem.adapt_stem`).
        how: see `stem.adapt_stem`.

    Returns:
        float32 (O, C + 1, k, k).
    """
    constant = bgr * (PIXEL_MEAN - torch.tensor(BGR_MEANS)).view(1, 3, 1, 1)
    pictures = adapt_stem(bgr.flip(1) * PIXEL_STD, channels, how)
    return torch.cat([pictures, constant.sum(1, keepdim=True)], dim=1)
