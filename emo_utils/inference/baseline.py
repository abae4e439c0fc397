"""A person's own baseline: what a network says of a face beyond how that face, camera and speech always look to it.

A network reads the rest face of one person as sad and of another as angry. The model, in log-probabilities z (C,), each
the mean over a clip's frames, centred over the classes:

    z of a clip = b of its person + GAIN x profile of its emotion + noise of variance NOISE

`b` is what is taken off. Its prior mean is the mean of the whole collection, with the weight of `STRENGTH` clips, so
that a person with few clips is corrected little. The profile of an emotion is the network's mean answer to faces of
that emotion, from the weights' sidecar. Which emotion a clip shows is not known: the shares of the emotions are
estimated for each person together with b, by expectation-maximisation. The bare mean of a person assumes that they show
all emotions alike, and takes their anger off where they are angry in most clips. Shares by expectation-maximisation:
M. Saerens, P. Latinne, C. Decaestecker, "Adjusting the Outputs of a Classifier to New a Priori Probabilities", Neural
Computation 14, 2002; the offset b and its shrinkage are ours. `docs/experiments.md` compares the forms.

No label is used. What is corrected so uses the other clips of the same people: it is transductive, and says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import softmax

from emo_utils.errors import EmoError
from emo_utils.registry import unknown_name

KINDS = ("none", "collection", "people")
"""Nothing is taken off; the mean of all clips; the estimate of each person."""

SMALLEST = 1e-4
"""Probabilities below this are taken for this: the logarithm of a probability near 0 is noise."""

GAIN = 0.25
"""How strong expressions of people who speak are beside the faces of the profiles, in log-probabilities."""

NOISE = 4.0
"""Variance of a clip's log-probability around its expected value."""

STRENGTH = 4
"""Clips whose weight the mean of the collection has in the estimate of a person."""

ALIKE = 0.5
"""A person whose clips vary less than this (mean variance over the classes) shows too little to be corrected safely."""

ONE_SHARE = 0.5
"""So does a person for whom the share of one emotion is estimated higher than this."""

STEPS = 30

DIGITS = 4
"""Decimal places of the profiles in a sidecar."""


@dataclass(frozen=True)
class PersonBaseline:
    """What is taken off the log-probabilities of one person.

    Attributes:
        offset: float (C,).
        clips, frames: what it was estimated from.
        shares: estimated share of each emotion in those clips, (C,); empty where none was estimated.
        warning: why the correction may do harm; empty where nothing speaks against it.
    """

    offset: np.ndarray = field(repr=False)
    clips: int
    frames: int
    shares: np.ndarray = field(default_factory=lambda: np.empty(0), repr=False)
    warning: str = ""


def log_mean(probabilities: np.ndarray) -> np.ndarray:
    """Mean log-probability of frames (T, C), centred over the classes: float64 (C,).

    Raises:
        ValueError: there is no frame.
    """
    if not len(probabilities):
        raise ValueError("expected at least one frame, found none")
    logs = np.log(np.maximum(np.asarray(probabilities, float), SMALLEST)).mean(axis=0)
    return logs - logs.mean()


def take_off(probabilities: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """Probabilities (N, C) without a person's offset (C,); rows add up to one. NaN rows stay NaN."""
    return softmax(np.log(np.maximum(np.asarray(probabilities, float), SMALLEST)) - offset, axis=1)


def estimate_baselines(
    kind: str,
    log_means: np.ndarray,
    people: Sequence[str],
    frames: Sequence[int],
    profiles: np.ndarray | None = None,
) -> dict[str, PersonBaseline]:
    """The baseline of each person, from the clips of a collection.

    Args:
        kind: one of `KINDS` but `none`.
        log_means: float (N, C), `log_mean` of each clip.
        people: who is in each clip.
        frames: how many frames each clip's mean is of.
        profiles: float (C, C), a row per emotion; see `centred_profiles`. None: the weights tell none, and a person's
            mean is shrunk without estimating shares.

    Returns:
        By person, in order of appearance.

    Raises:
        EmoError: an unknown kind, or a single clip, of which nothing can be taken off but itself.
    """
    if kind not in KINDS[1:]:
        raise EmoError(unknown_name("baseline", kind, KINDS))
    if len(log_means) < 2:
        raise EmoError(
            f"baseline {kind!r}: expected at least two clips, found {len(log_means)}; give more clips of the same "
            "people"
        )
    log_means, people, frames = np.asarray(log_means, float), np.asarray(people), np.asarray(frames)
    collection = log_means.mean(axis=0)
    baselines = {}
    for person in dict.fromkeys(people.tolist()):
        own = people == person
        about = int(own.sum()), int(frames[own].sum())
        if kind == "collection":
            baselines[person] = PersonBaseline(collection, len(log_means), int(frames.sum()))
            continue
        offset, shares = person_offset(log_means[own], collection, profiles)
        baselines[person] = PersonBaseline(offset, *about, shares, _warning(person, log_means[own], shares))
    return baselines


def emotion_profiles(
    probabilities: np.ndarray, labels: np.ndarray, classes: Sequence[str]
) -> dict[str, dict[str, float]]:
    """How a network answers faces of each emotion: a sidecar's `profiles`, for `centred_profiles`.

    Args:
        probabilities: float (N, C) of faces that it was not trained on.
        labels: int (N,), which of the C classes each shows.
        classes: C names.

    Returns:
        For each emotion the mean log-probability of each class over its faces; empty where an emotion has no face.
    """
    logs = np.log(np.maximum(np.asarray(probabilities, float), SMALLEST))
    if set(np.unique(labels)) != set(range(len(classes))):
        return {}
    means = [logs[labels == row].mean(axis=0) for row in range(len(classes))]
    return {
        shown: {named: round(float(value), DIGITS) for named, value in zip(classes, row, strict=True)}
        for shown, row in zip(classes, means, strict=True)
    }


def centred_profiles(profiles: Mapping[str, Mapping[str, float]], classes: Sequence[str]) -> np.ndarray:
    """Profiles of a sidecar, restricted to some classes, as float (C, C): rows and their mean are centred.

    Args:
        profiles: for each emotion, the mean log-probability of each class over faces of that emotion.
        classes: C names, in the order that is wanted.
    """
    table = np.array([[profiles[shown][named] for named in classes] for shown in classes], float)
    table -= table.mean(axis=1, keepdims=True)
    return table - table.mean(axis=0)


def person_offset(
    clips: np.ndarray,
    collection: np.ndarray,
    profiles: np.ndarray | None,
    gain: float = GAIN,
    strength: float = STRENGTH,
) -> tuple[np.ndarray, np.ndarray]:
    """Offset (C,) and shares (C,) of one person's clips (K, C); without profiles no shares, and the shrunk mean."""
    weight = len(clips) + strength
    offset = (clips.sum(axis=0) + strength * collection) / weight
    if profiles is None:
        return offset, np.empty(0)
    expected = gain * profiles
    shares = np.full(len(expected), 1 / len(expected))
    for _ in range(STEPS):
        distance = ((clips[:, None] - offset - expected) ** 2).sum(axis=2)
        posterior = softmax(np.log(shares) - distance / (2 * NOISE), axis=1)
        shares = (posterior.sum(axis=0) + 1) / (len(clips) + len(shares))
        offset = ((clips - posterior @ expected).sum(axis=0) + strength * collection) / weight
    return offset, shares


def _warning(person: str, clips: np.ndarray, shares: np.ndarray) -> str:
    if len(clips) == 1:
        return f"{person}: one clip only; its own expression is taken off in part"
    if clips.var(axis=0).mean() < ALIKE:
        return f"{person}: the {len(clips)} clips are read almost alike; if they show one emotion, it is taken off"
    if len(shares) and shares.max() > ONE_SHARE:
        return f"{person}: one emotion seems to be in {shares.max():.0%} of the clips; it is taken off in part"
    return ""
