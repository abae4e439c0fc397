"""A trained network as it reads clips, where the other clips of each person may be unknown."""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from emo_utils.datasets.samples import Samples
from emo_utils.inference.person_features import PersonRule, scale_of
from emo_utils.models.embedding_heads import StatisticsHead
from emo_utils.training.experiment import Experiment
from emo_utils.training.fit_head import statistics_of
from emo_utils.training.person import normalised

PERSON = "person"
"""`Experiment.normalise`: by the mean and deviation of all clips of a person."""

NORMALISED_BY = "the training set's mean and deviation; a person's own are not known when a clip is read"
"""Entry `normalised_by` of the sidecar of a network over frames that were standardised by person."""


class ByTrainingSet(nn.Module):
    """A network over frames whose input was standardised by person in training, standardised by the training set.

    Args:
        model: on embeddings (N, T, F) with a mask, or on features (N, F).
        mean, deviation: float32 (F,) of the training set.
    """

    def __init__(self, model: nn.Module, mean: Tensor, deviation: Tensor):
        super().__init__()
        self.model = model
        self.register_buffer("whole", torch.stack([mean, deviation]))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        """Logits (N, K)."""
        given = () if mask is None else (mask,)
        return self.model((x - self.whole[0]) / self.whole[1], *given)


@dataclass(frozen=True)
class Deployable:
    """A network as it is written into a weights file.

    Attributes:
        network: maps `parts` to logits.
        parts: samples by part, as the file reads them.
        entries: of its sidecar.
    """

    network: nn.Module
    parts: dict[str, Samples] = field(repr=False)
    entries: dict = field(default_factory=dict, repr=False)


def deployable(model: nn.Module, experiment: Experiment, parts: dict[str, Samples]) -> Deployable:
    """A network as it reads clips.

    A head on statistics reads them normalised, by the person's clips where these are known, else by the training set
    (`inference.person_features.PersonRule`). A network over frames always reads them by the training set.

    Args:
        model: trained.
        experiment: its settings.
        parts: samples by part before normalisation by person, and before statistics over time.
    """
    how, head = experiment.normalise, getattr(model, "head", None)
    if how == "none":
        return Deployable(model, parts)
    if isinstance(head, StatisticsHead):
        pooled = statistics_of(head, parts)
        rule = PersonRule(how, head.quantiles, *scale_of(pooled["train"].items))
        return Deployable(model, normalised(pooled, how), rule.entries())
    items = [parts["train"].items[row] for row in range(len(parts["train"]))]
    network = ByTrainingSet(model, *map(torch.from_numpy, scale_of(items)))
    return Deployable(network.eval(), parts, {"normalised_by": NORMALISED_BY})
