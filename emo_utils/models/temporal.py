"""Temporal heads of the sequence models: features of frames, float32 (N, T, D), and a mask bool (N, T) to one vector.

True in the mask marks real frames; they come first, padding after them. No result depends on the values or the amount
of padding. A mask of None means that all frames are real.
"""

import math

import torch
from torch import Tensor, nn


def mask_or_all(x: Tensor, mask: Tensor | None) -> Tensor:
    """The mask, or without one a mask that marks all frames of x (N, T, ...) as real."""
    return x.new_ones(x.shape[:2], dtype=torch.bool) if mask is None else mask


def encode_frames(encoder: nn.Module, x: Tensor, mask: Tensor) -> Tensor:
    """Features (N, T, D) of pictures (N, T, C, S, S); those of padding are zero.

    In training the encoder gets only real frames, so that padding has no effect on batch statistics.
    """
    if encoder.training and not bool(mask.all()):
        real = encoder(x[mask])
        features = real.new_zeros(*mask.shape, real.shape[1])
        features[mask] = real
        return features
    return encoder(x.flatten(0, 1)).unflatten(0, mask.shape) * mask[..., None]


def masked_mean(features: Tensor, mask: Tensor) -> Tensor:
    """Mean over real frames: (N, T, D) to (N, D); zero where a clip has none."""
    weight = mask[..., None].to(features)
    return (features * weight).sum(1) / weight.sum(1).clamp(min=1)


class MeanOverTime(nn.Module):
    """`masked_mean` as a module; `width` is that of the features."""

    def __init__(self, width: int):
        super().__init__()
        self.width = width

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """(N, T, D) and (N, T) to (N, D)."""
        return masked_mean(features, mask)


class LastHidden(nn.Module):
    """LSTM; gives its hidden state after the last real frame (S. Hochreiter, J. Schmidhuber, 1997).

    Bidirectional: a second LSTM takes each clip's real frames from the last to the first; its state is appended.
    """

    def __init__(self, inputs: int, hidden: int = 128, bidirectional: bool = False):
        super().__init__()
        self.onward = nn.LSTM(inputs, hidden, batch_first=True)
        self.backward_in_time = nn.LSTM(inputs, hidden, batch_first=True) if bidirectional else None
        self.width = hidden * (2 if bidirectional else 1)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """(N, T, D) and (N, T) to (N, hidden), or (N, 2 hidden)."""
        last = (mask.sum(1) - 1).clamp(min=0)
        states = [self._state(self.onward, features, last)]
        if self.backward_in_time is not None:
            steps = torch.arange(features.shape[1], device=features.device)
            mirrored = (last[:, None] - steps).clamp(min=0)[..., None].expand_as(features)
            states.append(self._state(self.backward_in_time, features.gather(1, mirrored), last))
        return torch.cat(states, 1)

    def _state(self, lstm: nn.LSTM, features: Tensor, last: Tensor) -> Tensor:
        hidden = lstm(features)[0]
        return hidden.gather(1, last[:, None, None].expand(-1, 1, hidden.shape[2]))[:, 0]


class ConvolutionOverTime(nn.Module):
    """Two convolutions over time with ReLU, then the mean over real frames (a temporal convolutional network).

    C. Lea et al., "Temporal Convolutional Networks for Action Segmentation and Detection", CVPR 2017.
    """

    def __init__(self, inputs: int, width: int = 64, kernel: int = 5):
        super().__init__()
        self.first = nn.Conv1d(inputs, width, kernel, padding="same")
        self.second = nn.Conv1d(width, width, kernel, padding="same")
        self.width = width

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """(N, T, D) and (N, T) to (N, width)."""
        real = mask[:, None].to(features)
        x = self.first(features.transpose(1, 2) * real).relu() * real
        return masked_mean(self.second(x).relu().transpose(1, 2), mask)


class AttentionOverTime(nn.Module):
    """Projection, sinusoidal positions, one transformer encoder layer, mean over real frames.

    A. Vaswani et al., "Attention Is All You Need", NeurIPS 2017.
    """

    def __init__(self, inputs: int, width: int = 128, heads: int = 4, dropout: float = 0.1):
        super().__init__()
        self.projection = nn.Linear(inputs, width)
        self.layer = nn.TransformerEncoderLayer(width, heads, 2 * width, dropout, batch_first=True)
        self.width = width

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """(N, T, D) and (N, T) to (N, width)."""
        padding = ~mask
        return masked_mean(self.layer(self._with_positions(features), src_key_padding_mask=padding), mask)

    def maps(self, features: Tensor, mask: Tensor) -> Tensor:
        """Attention float32 (N, heads, T, T): the weight of frame j (column) for frame i (row); rows sum to 1.

        Rows of padding are zero.
        """
        x = self._with_positions(features)
        _, weights = self.layer.self_attn(x, x, x, key_padding_mask=~mask, average_attn_weights=False)
        return (weights * mask[:, None, :, None]).float()

    def _with_positions(self, features: Tensor) -> Tensor:
        x = self.projection(features)
        return x + positions(x.shape[1], self.width, x.device).to(x)


def positions(length: int, width: int, device: torch.device | str = "cpu") -> Tensor:
    """Sinusoidal positional encoding float32 (length, width): sines in even columns, cosines in odd ones."""
    steps = torch.arange(length, device=device, dtype=torch.float32)[:, None]
    rates = torch.exp(torch.arange(0, width, 2, device=device) * (-math.log(10_000.0) / width))
    return torch.stack([(steps * rates).sin(), (steps * rates).cos()], dim=2).flatten(1)[:, :width]
