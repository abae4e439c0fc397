"""Small networks over the features of a frozen encoder: embeddings (N, T, F) and a mask (N, T) to logits.

The encoder runs outside of these modules, once per face (`inference.encoders`); what is trained is the head alone.
Per-frame tables of measurements, such as action units, are read in the same way.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from emo_utils.models.registry import EMBEDDINGS, backbone
from emo_utils.models.statistics import pool_statistics
from emo_utils.models.temporal import AttentionOverTime, ConvolutionOverTime, LastHidden, MeanOverTime, mask_or_all

SMALLEST_DEVIATION = 1e-6


class OverEmbeddings(nn.Module):
    """A head on the embeddings of a frozen encoder.

    Attributes:
        encoder: stands for the frozen encoder, and changes nothing: the input is its output.
        head: float32 (N, T, F) and a mask bool (N, T) to logits (N, K); a `Head`.
    """

    def __init__(self, head: "Head"):
        super().__init__()
        self.encoder, self.head = nn.Identity(), head

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Logits (N, K) of embeddings (N, T, F), or of statistics (N, P) where the head takes these."""
        return self.head(self.encoder(x), mask)


class Head(nn.Module):
    """Standardisation by the training set, then layers over time.

    Attributes:
        mean, deviation: float32 (P,), of the training set's inputs after normalisation by person.
        statistics: False: the inputs of the layers are the frames, P is F.
    """

    statistics = False

    def __init__(self, width: int):
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("deviation", torch.ones(width))

    @torch.no_grad()
    def standardise_by(self, values: Tensor) -> None:
        """Take mean and deviation from training inputs float32 (M, P)."""
        deviation, mean = torch.std_mean(values.double(), 0, correction=0)
        self.mean.copy_(mean)
        self.deviation.copy_(deviation.clamp_min(SMALLEST_DEVIATION))

    def standardised(self, values: Tensor) -> Tensor:
        """Values (..., P) in deviations from the training set's mean."""
        return (values - self.mean) / self.deviation


class StatisticsHead(Head):
    """Mean, deviation and quantiles over time of each feature, then one linear layer.

    The linear layer has P = F (2 + quantiles) inputs. Where features are normalised by person, the input are the
    normalised statistics (`inference.person_features`).
    """

    statistics = True

    def __init__(self, features: int, num_classes: int, quantiles: Sequence[float] = ()):
        super().__init__(features * (2 + len(quantiles)))
        self.quantiles = tuple(quantiles)
        self.last = nn.Linear(len(self.mean), num_classes)

    def pool(self, embeddings: Tensor, mask: Tensor | None = None) -> Tensor:
        """Statistics (N, P) of embeddings (N, T, F)."""
        return pool_statistics(embeddings, mask_or_all(embeddings, mask), self.quantiles)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Logits (N, K).

        Args:
            x: embeddings (N, T, F), or their statistics (N, P).
            mask: of embeddings.
        """
        return self.last(self.standardised(x if x.ndim == 2 else self.pool(x, mask)))


class TemporalHead(Head):
    """Layers of `models.temporal` on the standardised frames, dropout, one linear layer."""

    def __init__(self, features: int, num_classes: int, layers: nn.Module, dropout: float):
        super().__init__(features)
        self.layers = layers
        self.last = nn.Sequential(nn.Dropout(dropout), nn.Linear(layers.width, num_classes))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Logits (N, K) of embeddings (N, T, F)."""
        mask = mask_or_all(x, mask)
        return self.last(self.layers(self.standardised(x) * mask[..., None], mask))


@backbone("statistics", accepts=(EMBEDDINGS,), starts=("random",))
def make_statistics(in_channels: int, num_classes: int, weights: str = "random", quantiles: Sequence[float] = ()):
    """Logistic regression on statistics over time; fitted exactly, not by steps (`training.logistic`).

    Args:
        in_channels: F, features of a frame.
        num_classes: number of logits.
        weights: see `models.registry.STARTS`.
        quantiles: shares whose quantiles over time stand beside mean and deviation.
    """
    return OverEmbeddings(StatisticsHead(in_channels, num_classes, quantiles))


make_statistics.fitted = True


@backbone("embedding_mean", accepts=(EMBEDDINGS,), starts=("random",))
def make_embedding_mean(in_channels: int, num_classes: int, weights: str = "random", dropout: float = 0.5):
    """The mean over time, then one linear layer, trained by steps; see `make_statistics` for the options."""
    return OverEmbeddings(TemporalHead(in_channels, num_classes, MeanOverTime(in_channels), dropout))


@backbone("embedding_lstm", accepts=(EMBEDDINGS,), starts=("random",))
def make_embedding_lstm(
    in_channels: int,
    num_classes: int,
    weights: str = "random",
    hidden: int = 64,
    bidirectional: bool = True,
    dropout: float = 0.5,
):
    """An LSTM of width `hidden`; see `make_statistics` and `make_face_net_lstm` for the options."""
    layers = LastHidden(in_channels, hidden, bidirectional)
    return OverEmbeddings(TemporalHead(in_channels, num_classes, layers, dropout))


@backbone("embedding_attention", accepts=(EMBEDDINGS,), starts=("random",))
def make_embedding_attention(
    in_channels: int, num_classes: int, weights: str = "random", width: int = 64, heads: int = 4, dropout: float = 0.5
):
    """A transformer layer of `width`, and the mean; see `make_statistics` and `make_cnn_attention` for the options."""
    layers = AttentionOverTime(in_channels, width, heads, dropout)
    return OverEmbeddings(TemporalHead(in_channels, num_classes, layers, dropout))


@backbone("embedding_convolution", accepts=(EMBEDDINGS,), starts=("random",))
def make_embedding_convolution(
    in_channels: int, num_classes: int, weights: str = "random", width: int = 64, dropout: float = 0.5
):
    """Two convolutions over time, of five frames each, and the mean; see `make_statistics` for the options."""
    layers = ConvolutionOverTime(in_channels, width)
    return OverEmbeddings(TemporalHead(in_channels, num_classes, layers, dropout))
