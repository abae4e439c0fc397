"""The prior of predicted probabilities: the class shares that they assume, and the change to other shares.

A trained network gives p(y | x) under the class shares of its training data, in which contempt and disgust are one face
in a hundred. If the shares differ but the faces of each class look the same, probabilities are proportional to
p(y | x) target(y) / trained(y). Source: M. Saerens, P. Latinne, C. Decaestecker, "Adjusting the Outputs of a Classifier
to New a Priori Probabilities", Neural Computation 14, 2002. On logits it is the post-hoc logit adjustment of A. Menon
et al., "Long-Tail Learning via Logit Adjustment", ICLR 2021.

`trained` is the mean of the training targets. For FER+ the targets are distributions of votes. A network that minimises
their cross-entropy predicts the vote shares of a face. Their mean over all faces is the mean of the distributions, not
the shares of the majority labels. If the logits are scaled up afterwards, so that probabilities mean the majority
label, the prior in them is scaled too, and the ratio is raised to the same power. On FER+ validation with all labels
weighted equally, the calibration error is then 0.039; without the power 0.071, with the shares of labels 0.060.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from emo_utils.errors import UnknownNameError, WeightsError
from emo_utils.registry import unknown_name

UNIFORM = "uniform"
"""Equal shares of all classes. The other prior of weights has the name of their training corpus."""

DIGITS = 6
"""Decimal places of the shares in a sidecar."""


def class_shares(targets: np.ndarray, classes: Sequence[str]) -> dict[str, float]:
    """The share of each class in training targets, float (N, C) with any sum: `prior` of a sidecar."""
    totals = np.asarray(targets, float).sum(axis=0)
    return {name: round(float(share), DIGITS) for name, share in zip(classes, totals / totals.sum(), strict=True)}


def check_shares(shares: Mapping[str, float], classes: Sequence[str]) -> None:
    """Refuse shares that are no distribution over the classes; an empty mapping is allowed.

    Raises:
        ValueError: other classes, a negative share, or a sum that is not 1.
    """
    if not shares:
        return
    if set(shares) != set(classes):
        raise ValueError(f"prior: expected a share for each of {', '.join(classes)}, found {', '.join(shares)}")
    total = sum(shares.values())
    if min(shares.values()) < 0 or abs(total - 1) > 1e-3:
        raise ValueError(f"prior: expected shares from 0 on that add up to 1, found {dict(shares)}, together {total:g}")


def prior_ratio(
    name: str, own: str, trained: Mapping[str, float], classes: Sequence[str], sharpness: float = 1.0
) -> np.ndarray | None:
    """The factor of each class's probability for a change to the prior `name`.

    Args:
        name: `own` or `uniform`.
        own: the name of the prior of training.
        trained: its share of each class; may be empty if `name` is `own`.
        classes: C names in the order of the network's output.
        sharpness: the factor by which logits were scaled after training; see `Weights.sharpness`.

    Returns:
        float64 (C,), or None for `own`: no change.

    Raises:
        UnknownNameError: neither of the two.
        WeightsError: `uniform`, but the training shares are unknown, or a class is absent from training.
    """
    if name == own:
        return None
    if name != UNIFORM:
        raise UnknownNameError(unknown_name("prior", name, (own, UNIFORM)))
    absent = [emotion for emotion in classes if not trained.get(emotion)]
    if absent:
        found = f"nothing of {', '.join(absent)}" if trained else "none"
        raise WeightsError(
            f"the prior {UNIFORM!r} needs the share of each class in training, expected as `prior` in the weights' "
            f"sidecar, found {found}; ask for the prior {own!r}, or train and export the weights again"
        )
    return np.array([1 / (len(classes) * trained[emotion]) for emotion in classes]) ** sharpness


def change_prior(probabilities: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    """Probabilities (N, C) under another prior, rows summing to one; `ratio` (C,) is target over trained shares."""
    raised = probabilities * ratio
    return (raised / raised.sum(axis=1, keepdims=True)).astype(probabilities.dtype)
