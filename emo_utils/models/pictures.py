"""Parts common to the networks on one picture: convolutional trunks, global averages, and a small head."""

import torch
from torch import Tensor, nn

from emo_utils.models.freezing import Freezable


class Maps(nn.Module):
    """The convolutional part of a timm network: pictures (N, C, S, S) to maps (N, D, s, s).

    Args:
        network: made with `num_classes=0`.
        unused: names of its layers after the maps, which are dropped.
    """

    def __init__(self, network: nn.Module, unused: tuple[str, ...] = ()):
        super().__init__()
        for name in unused:
            setattr(network, name, nn.Identity())
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """Maps of pictures."""
        return self.network.forward_features(x)


class PictureClassifier(Freezable):
    """Trunks side by side, their maps averaged and joined, then `features -> hidden -> ReLU -> dropout -> classes`.

    Args:
        trunks: each maps pictures (N, C, S, S) to maps (N, D, s, s).
        width: sum of the trunks' D.
        num_classes: number of logits.
        hidden: width of the head's hidden layer.
        dropout: share dropped before the last layer.
        frozen: the trunks are not trained, and stay in evaluation mode.
    """

    def __init__(
        self,
        trunks: list[nn.Module],
        width: int,
        num_classes: int,
        hidden: int = 512,
        dropout: float = 0.3,
        frozen: bool = False,
    ):
        super().__init__()
        self.trunks = nn.ModuleList(trunks)
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Sequential(
            nn.Linear(width, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, num_classes)
        )
        self.freeze("trunks", frozen)

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, classes) of pictures float32 (N, C, S, S)."""
        return self.head(torch.cat([self.pool(trunk(x)) for trunk in self.trunks], 1))
