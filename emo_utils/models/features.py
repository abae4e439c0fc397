"""Networks on a table of numbers per clip, such as action units."""

from torch import nn

from emo_utils.models.registry import backbone


@backbone("mlp", accepts=("features",), starts=("random",))
def make_mlp(in_channels: int, num_classes: int, weights: str = "random", hidden: int = 64, dropout: float = 0.2):
    """One hidden layer. Columns are normalised first, since they come in different units.

    Args:
        in_channels: F, how many numbers a clip has; the network accepts float32 (N, F).
        num_classes: number of logits.
        weights: see `models.registry.STARTS`.
        hidden: width of the hidden layer.
        dropout: share dropped before the last layer.
    """
    return nn.Sequential(
        nn.BatchNorm1d(in_channels),
        nn.Linear(in_channels, hidden),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(hidden, num_classes),
    )
