"""A trained network as it reads clips: without what is known in training alone, the other clips of each person."""

import numpy as np
import torch
from torch import Tensor, nn

from emo_utils.datasets.samples import Samples
from emo_utils.models.embedding_heads import StatisticsHead
from emo_utils.training.batches import read_batches
from emo_utils.training.experiment import Experiment
from emo_utils.training.person import scale_of

BATCH = 64

PERSON = "person"
"""`Experiment.normalise`: by the mean and deviation of all clips of a person."""

NORMALISED_BY = "the training set's mean and deviation; a person's own are not known when a clip is read"
"""Entry `normalised_by` of the sidecar of a network that was trained on features standardised by person."""


class ByTrainingSet(nn.Module):
    """A network whose input was standardised by person in training, standardised by the training set instead.

    Args:
        model: on features (N, F), or on embeddings (N, T, F) with a mask.
        mean, deviation: float32 (F,) of the training set; (P,) for a head on statistics over time.
    """

    def __init__(self, model: nn.Module, mean: Tensor, deviation: Tensor):
        super().__init__()
        self.model = model
        self.register_buffer("whole", torch.stack([mean, deviation]))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Logits (N, K)."""
        head = getattr(self.model, "head", None)
        if isinstance(head, StatisticsHead):
            return head(x, mask, self.whole)
        given = () if mask is None else (mask,)
        return self.model((x - self.whole[0]) / self.whole[1], *given)


def deployable(model: nn.Module, experiment: Experiment, train: Samples) -> tuple[nn.Module, dict]:
    """The network as it reads clips, and entries of its sidecar.

    Args:
        model: trained.
        experiment: its settings.
        train: the training samples before standardisation by person, and before statistics over time.
    """
    if experiment.normalise != PERSON:
        return model, {}
    mean, deviation = (torch.from_numpy(values) for values in scale_of(_inputs(model, train)))
    return ByTrainingSet(model, mean, deviation).eval(), {"normalised_by": NORMALISED_BY}


@torch.no_grad()
def _inputs(model: nn.Module, samples: Samples) -> list[np.ndarray]:
    """What was standardised by person: the samples, or their statistics over time."""
    head = getattr(model, "head", None)
    if not isinstance(head, StatisticsHead):
        return [samples.items[row] for row in range(len(samples))]
    batches = np.split(np.arange(len(samples)), range(BATCH, len(samples), BATCH))
    return [row for _, items, mask in read_batches(samples, batches) for row in head.pool(items, mask).numpy()]
