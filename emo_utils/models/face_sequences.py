"""The face network as a frame encoder under temporal heads, and split into two parts for temporal stacks."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from emo_utils.errors import EmoError
from emo_utils.models.face_net import AFTER_STAGES, BEFORE_STAGES, BLOCKS, WIDTHS, make_face_net
from emo_utils.models.freezing import Freezable
from emo_utils.models.registry import backbone
from emo_utils.models.sequences import OverTime
from emo_utils.models.temporal import AttentionOverTime, LastHidden, MeanOverTime

SIZE = 48
"""Side in pixels of the faces that the network was trained on; others are resized to it."""

LUMA = (0.299, 0.587, 0.114)
"""Shares of red, green and blue in gray (ITU-R BT.601)."""

STARTS = ("ferplus", "random")
WIDTH = WIDTHS[-1]


@backbone("face_net_mean", accepts=("sequence",), starts=STARTS)
def make_face_net_mean(
    in_channels: int, num_classes: int, weights: str = "ferplus", frozen: bool = False, dropout: float = 0.2
):
    """The face network's 208 features of each frame, their mean over real frames, a last layer.

    Args:
        in_channels: 1 gray, or 3 colours, turned gray by fixed shares.
        num_classes: number of logits.
        weights: of the face network; see `models.registry.STARTS`.
        frozen: the face network is not trained.
        dropout: share dropped before the last layer.
    """
    return OverTime(FaceEncoder(in_channels, weights), MeanOverTime(WIDTH), num_classes, dropout, frozen)


@backbone("face_net_lstm", accepts=("sequence",), starts=STARTS)
def make_face_net_lstm(
    in_channels: int,
    num_classes: int,
    weights: str = "ferplus",
    hidden: int = 128,
    bidirectional: bool = False,
    frozen: bool = False,
    dropout: float = 0.2,
):
    """The face network under an LSTM of width `hidden`; see `make_face_net_mean` for the other options."""
    head = LastHidden(WIDTH, hidden, bidirectional)
    return OverTime(FaceEncoder(in_channels, weights), head, num_classes, dropout, frozen)


@backbone("face_net_attention", accepts=("sequence",), starts=STARTS)
def make_face_net_attention(
    in_channels: int,
    num_classes: int,
    weights: str = "ferplus",
    width: int = 128,
    heads: int = 4,
    frozen: bool = False,
    dropout: float = 0.1,
):
    """The face network under a transformer layer as in `cnn_attention`; see `make_face_net_mean` for other options."""
    head = AttentionOverTime(WIDTH, width, heads, dropout)
    return OverTime(FaceEncoder(in_channels, weights), head, num_classes, dropout, frozen)


@backbone("face_net_stack", accepts=("stack",), starts=STARTS)
def make_face_net_stack(
    in_channels: int,
    num_classes: int,
    weights: str = "ferplus",
    early: int = 1,
    hidden: int = 64,
    frozen: bool = False,
    dropout: float = 0.2,
):
    """The face network split in two: early stages on each face of the stack, `Fusion`, then the remaining stages.

    For a stack of identical faces the output is that of the face network for one of them, also after training.

    Args:
        in_channels: C gray faces.
        num_classes: number of logits.
        weights: of the face network; see `models.registry.STARTS`.
        early: number of stages before the fusion: 1, 2 or 3.
        hidden: channels inside the fusion.
        frozen: the early stages are not trained.
        dropout: share dropped before the last layer.

    Raises:
        EmoError: another number of early stages.
    """
    if early not in range(1, len(WIDTHS) + 1):
        raise EmoError(f"face_net_stack: expected early = 1, 2 or 3 stages, found {early!r}")
    layers = list(make_face_net(1, num_classes, weights, dropout=dropout))
    split = BEFORE_STAGES + early * BLOCKS
    fusion = Fusion(in_channels, WIDTHS[early - 1], hidden)
    return StackNet(nn.Sequential(*layers[:split]), fusion, nn.Sequential(*layers[split:]), frozen)


class FaceEncoder(nn.Module):
    """The face network without its last layers: faces (M, 1 or 3, S, S) of any size to features (M, 208)."""

    def __init__(self, in_channels: int, weights: str):
        super().__init__()
        if in_channels not in (1, 3):
            raise EmoError(f"the face network reads frames of 1 (gray) or 3 (colour) channels, found {in_channels}")
        self.layers = nn.Sequential(*list(make_face_net(1, weights=weights))[: -AFTER_STAGES + 2])
        self.register_buffer("luma", torch.tensor(LUMA).view(1, 3, 1, 1), persistent=False)

    def forward(self, faces: Tensor) -> Tensor:
        """Features of faces."""
        gray = (faces * self.luma).sum(1, keepdim=True) if faces.shape[1] == 3 else faces
        return self.layers(resize(gray))


class Fusion(nn.Module):
    """C maps to one: their mean, plus the output of a small network on each map's difference from the mean.

    The network is two 1x1 convolutions without biases, with a ReLU between them: from all C differences to `hidden`
    channels and back. Where all maps are equal it adds nothing.
    """

    def __init__(self, channels: int, width: int, hidden: int):
        super().__init__()
        self.mixer = nn.Sequential(
            nn.Conv2d(channels * width, hidden, 1, bias=False), nn.ReLU(), nn.Conv2d(hidden, width, 1, bias=False)
        )

    def forward(self, maps: Tensor) -> Tensor:
        """(N, C, D, s, s) of values >= 0 to (N, D, s, s)."""
        mean = maps.mean(1, keepdim=True)
        return (mean[:, 0] + self.mixer((maps - mean).flatten(1, 2))).relu()


class StackNet(Freezable):
    """See `make_face_net_stack`."""

    def __init__(self, early: nn.Module, fusion: Fusion, late: nn.Module, frozen: bool):
        super().__init__()
        self.early, self.fusion, self.late = early, fusion, late
        self.freeze("early", frozen)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, classes) of stacks float32 (N, C, S, S) of any size."""
        faces = resize(x.flatten(0, 1)[:, None])
        return self.late(self.fusion(self.early(faces).unflatten(0, x.shape[:2])))


def resize(faces: Tensor) -> Tensor:
    """Faces (M, 1, S, S) at the network's own size: bilinear, with antialiasing where they get smaller."""
    if faces.shape[-2:] == (SIZE, SIZE):
        return faces
    return F.interpolate(faces.float(), (SIZE, SIZE), mode="bilinear", antialias=True)
