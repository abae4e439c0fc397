"""Two networks with the same small CNN on each frame of a clip: an LSTM, and attention over time."""

from torch import Tensor, nn

from emo_utils.models.freezing import Freezable
from emo_utils.models.registry import backbone
from emo_utils.models.temporal import AttentionOverTime, LastHidden, encode_frames, mask_or_all

SIDE = 16
"""Side of the CNN's last map: two poolings of a 64x64 face."""


class OverTime(Freezable):
    """A frame encoder, a temporal head, and a last layer: a sequence (N, T, C, S, S) and a mask (N, T) to logits.

    Args:
        encoder: pictures (M, C, S, S) to features (M, D).
        head: from `models.temporal`.
        num_classes: number of logits.
        dropout: share dropped before the last layer.
        frozen: the encoder is not trained, and stays in evaluation mode.
    """

    def __init__(
        self, encoder: nn.Module, head: nn.Module, num_classes: int, dropout: float = 0.0, frozen: bool = False
    ):
        super().__init__()
        self.encoder, self.head = encoder, head
        self.last = nn.Sequential(nn.Dropout(dropout), nn.Linear(head.width, num_classes))
        self.freeze("encoder", frozen)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Logits float32 (N, classes) of float32 (N, T, C, S, S); mask bool (N, T), True where a frame is real."""
        mask = mask_or_all(x, mask)
        return self.last(self.head(encode_frames(self.encoder, x, mask), mask))

    def attention_maps(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Attention (N, heads, T, T); only where the head is `AttentionOverTime`."""
        mask = mask_or_all(x, mask)
        return self.head.maps(encode_frames(self.encoder, x, mask), mask)


def small_cnn(in_channels: int) -> tuple[nn.Module, int]:
    """The frame encoder of S4, and its number of features: 8192, as in S4 for a 64x64 face.

    For faces of another size, adaptive averaging brings the maps to 16x16.
    """
    layers = [nn.Conv2d(in_channels, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    layers += [nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(SIDE), nn.Flatten()), 32 * SIDE * SIDE


@backbone("cnn_lstm", accepts=("sequence",), starts=("random",))
def make_cnn_lstm(
    in_channels: int,
    num_classes: int,
    weights: str = "random",
    hidden: int = 128,
    bidirectional: bool = False,
    dropout: float = 0.0,
):
    """CNN 16-32 on each frame, then an LSTM's state after the last real frame (system S4's first network).

    Args:
        in_channels: 1 or 3.
        num_classes: number of logits.
        weights: see `models.registry.STARTS`.
        hidden: of the LSTM.
        bidirectional: a second LSTM takes each clip backwards.
        dropout: share dropped before the last layer.
    """
    encoder, width = small_cnn(in_channels)
    return OverTime(encoder, LastHidden(width, hidden, bidirectional), num_classes, dropout)


@backbone("cnn_attention", accepts=("sequence",), starts=("random",))
def make_cnn_attention(
    in_channels: int, num_classes: int, weights: str = "random", width: int = 128, heads: int = 4, dropout: float = 0.1
):
    """The same CNN under one transformer encoder layer and the mean over real frames (system S4's second network).

    `explain.attention_maps` gives the attention weights between frames.

    Args:
        in_channels: 1 or 3.
        num_classes: number of logits.
        weights: see `models.registry.STARTS`.
        width: of the projection and the layer, whose own hidden layer is twice as wide.
        heads: of the attention; divides `width`.
        dropout: inside the layer and before the last one.
    """
    encoder, features = small_cnn(in_channels)
    return OverTime(encoder, AttentionOverTime(features, width, heads, dropout), num_classes, dropout)
