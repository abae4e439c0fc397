"""The baseline of each person: a constant offset of the predictions, due to face, camera and speech.

A network predicts sadness for the neutral face of one person and anger for that of another. The model is one of
log-probabilities z (C,), the mean (or the upper quartile) over the frames of a clip, centred over the classes:

    z of a clip = b of its person + GAIN x profile of its emotion + noise of variance NOISE

The offset `b` is subtracted. Its prior mean is the mean of the whole collection, with the weight of `STRENGTH` clips,
so that a person with few clips is corrected little. The profile of an emotion is the mean output of the network for
faces of that emotion, from the sidecar of the weights. The emotion of a clip is not known. The shares of the emotions
are therefore estimated for each person together with b, by expectation-maximisation. A plain mean would assume that a
person shows all emotions equally often, and would subtract the anger of a person who is angry in most clips.
Source of the shares:
M. Saerens, P. Latinne, C. Decaestecker, "Adjusting the Outputs of a Classifier to New a Priori Probabilities", Neural
Computation 14, 2002; the offset b and its shrinkage are ours. `docs/experiments.md` compares the forms.

No label is used. The correction uses the other clips of the same people: it is transductive, and is reported so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.special import softmax

from emo_utils.errors import EmoError
from emo_utils.registry import unknown_name

KINDS = ("none", "collection", "people")
"""Nothing is subtracted; the mean of all clips; the estimate of each person."""

SMALLEST = 1e-4
"""Smallest probability before the logarithm; logarithms of smaller ones are noise."""

GAIN = 0.25
"""Strength of expressions during speech, relative to the faces of the profiles, in log-probabilities."""

NOISE = 4.0
"""Variance of a clip's log-probability around its expected value."""

STRENGTH = 4
"""Weight of the mean of the collection in the estimate of a person, in clips."""

REST_SHARE = 0.75
"""Share of the distance between a face at rest and a neutral face that is subtracted; one stretch of rest is noisy."""

ALIKE = 0.5
"""Least mean variance over the classes of a person's clips; below it the correction is not safe."""

ONE_SHARE = 0.5
"""Largest estimated share of one emotion; above it the correction is not safe."""

UPPER = 0.75
"""Quantile of `log_quartile`."""

STEPS = 30

DIGITS = 4
"""Decimal places of the profiles in a sidecar."""


@dataclass(frozen=True)
class PersonBaseline:
    """The offset that is subtracted from the log-probabilities of one person.

    Attributes:
        offset: float (C,).
        clips, frames: numbers of clips and frames of the estimate.
        shares: estimated share of each emotion in those clips, (C,); empty where none was estimated.
        warning: why the correction may be harmful; empty if there is no reason.
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


def log_quartile(probabilities: np.ndarray) -> np.ndarray:
    """Upper quartile of the log-probability of each class over frames (T, C), centred over the classes: float64 (C,).

    An expression during speech comes and goes: the quartile shows what a face does from time to time. Without a
    baseline it is no better than `log_mean`, with one it was, on people it was not chosen on (`docs/experiments.md`).

    Raises:
        ValueError: there is no frame.
    """
    if not len(probabilities):
        raise ValueError("expected at least one frame, found none")
    logs = np.quantile(np.log(np.maximum(np.asarray(probabilities, float), SMALLEST)), UPPER, axis=0)
    return logs - logs.mean()


def take_off(probabilities: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """Subtract an offset (C,) from the logarithms of probabilities (N, C), and normalise. NaN rows stay NaN."""
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
        people: the person of each clip.
        frames: the number of frames of each clip.
        profiles: float (C, C), a row per emotion; see `centred_profiles`. None: the weights have none, and the mean of
            a person is shrunk without an estimate of shares.

    Returns:
        By person, in order of appearance.

    Raises:
        EmoError: an unknown kind, or fewer than two clips.
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
    """The mean output of a network for faces of each emotion: `profiles` of a sidecar, for `centred_profiles`.

    Args:
        probabilities: float (N, C) of faces outside the training set.
        labels: int (N,), the class of each face.
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
        classes: C names, in the order of the result.
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
    """Offset (C,) and shares (C,) of one person's clips (K, C); without profiles the shrunk mean and no shares."""
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


def rest_offset(rest: np.ndarray, profiles: np.ndarray, neutral: int) -> np.ndarray:
    """Offset (C,) of a person from a stretch of rest: `REST_SHARE` of its distance from what a neutral face shows.

    Args:
        rest: float (C,), `log_mean` of the frames at rest.
        profiles: float (C, C), see `centred_profiles`.
        neutral: index of the neutral expression.
    """
    return REST_SHARE * (rest - GAIN * profiles[neutral])


def _warning(person: str, clips: np.ndarray, shares: np.ndarray) -> str:
    if len(clips) == 1:
        return f"{person}: one clip only; its own expression is taken off in part"
    if clips.var(axis=0).mean() < ALIKE:
        return f"{person}: the {len(clips)} clips are read almost alike; if they show one emotion, it is taken off"
    if len(shares) and shares.max() > ONE_SHARE:
        return f"{person}: one emotion seems to be in {shares.max():.0%} of the clips; it is taken off in part"
    return ""
