"""Features of clips, normalised by the clips of the same person: one code path for training and for reading.

The features of a clip are statistics over time of the embeddings of its faces. No label is used.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

LEAST_CLIPS = 4
"""Clips of a person from which their own statistics are used. On ten people, six expressions mixed, ranks gave 45, 51,
55 and 63 % with 2, 3, 4 and 8 clips of a person; the statistics of the training set 44 % (docs/experiments.md)."""

SMALLEST_DEVIATION = 1e-6

LEAST_VARIANCE = 1e-12
"""As in `models.statistics`, where the same statistics are part of a network."""

DIGITS = 6
"""Significant digits of the training set's statistics in a sidecar."""


def pool_frames(frames: np.ndarray, quantiles: Sequence[float] = ()) -> np.ndarray:
    """Mean, deviation and quantiles over time, side by side.

    Args:
        frames: float32 (T, F), one or more frames.
        quantiles: shares, 0 to 1.

    Returns:
        float32 (P,), where P is F (2 + quantiles).
    """
    values = np.asarray(frames, np.float64)
    deviation = np.sqrt(np.maximum(values.var(axis=0), LEAST_VARIANCE))
    others = np.quantile(values, quantiles, axis=0) if len(quantiles) else []
    return np.concatenate([values.mean(axis=0), deviation, *others]).astype(np.float32)


def normal_scores(items: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Items (F,), or (T, F), as normal scores of their ranks among all of them, feature by feature.

    The least of n values becomes the quantile 0.5 / n of the normal distribution, and so on; equal values have equal
    ranks.
    """
    from scipy.special import ndtri
    from scipy.stats import rankdata  # slow to load

    rows = [np.atleast_2d(item) for item in items]
    values = np.concatenate(rows)
    scores = ndtri((rankdata(values, axis=0) - 0.5) / len(values)).astype(np.float32)
    pieces = np.split(scores, np.cumsum([len(row) for row in rows])[:-1])
    return [piece.reshape(item.shape) for piece, item in zip(pieces, items, strict=True)]


def scale_of(items: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation float32 (F,) of items (F,) or of all frames of items (T, F), in whatever order."""
    values = np.sort(np.concatenate([np.atleast_2d(item) for item in items]).astype(np.float64), axis=0)
    deviation = np.maximum(values.std(axis=0), SMALLEST_DEVIATION)
    return values.mean(axis=0).astype(np.float32), deviation.astype(np.float32)


def standardised(items: Sequence[np.ndarray], mean: np.ndarray, deviation: np.ndarray) -> list[np.ndarray]:
    """Items in deviations from a mean, float32."""
    return [((item - mean) / deviation).astype(np.float32) for item in items]


def by_scale(items: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Items standardised by their own mean and deviation (`scale_of`)."""
    return standardised(items, *scale_of(items))


NORMALISED = {"person": by_scale, "ranks": normal_scores}
"""How the clips of one person are normalised: `Experiment.normalise`."""


@dataclass(frozen=True)
class PersonRule:
    """How the features of clips are normalised by person: `normalise` and `person_rule` of a sidecar.

    Attributes:
        how: a key of `NORMALISED`.
        quantiles: of `pool_frames`.
        mean, deviation: float32 (P,), of the clips of the training set before they were normalised.
    """

    how: str
    quantiles: tuple[float, ...]
    mean: np.ndarray = field(repr=False)
    deviation: np.ndarray = field(repr=False)

    @classmethod
    def of(cls, sidecar: Mapping[str, Any]) -> "PersonRule | None":
        """The rule of a sidecar; None for a network that was not trained with one.

        Raises:
            KeyError, TypeError, ValueError: entries that are none.
        """
        if (own := sidecar.get("person_rule")) is None:
            return None
        how, mean, deviation = (
            sidecar["normalise"],
            *(np.array(own[name], np.float32) for name in ("mean", "deviation")),
        )
        if how not in NORMALISED or mean.shape != deviation.shape:
            raise ValueError(f"person_rule: expected normalise {' or '.join(NORMALISED)}, found {how!r}")
        return cls(how, tuple(own["quantiles"]), mean, deviation)

    def entries(self) -> dict[str, Any]:
        """As entries of a sidecar."""
        mean, deviation = ([float(f"{one:.{DIGITS}g}") for one in values] for values in (self.mean, self.deviation))
        own = {"quantiles": list(self.quantiles), "mean": mean, "deviation": deviation}
        return {"normalise": self.how, "person_rule": own}

    def alone(self, items: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Features (P,) of clips of unknown people: standardised by the training set."""
        return standardised(items, self.mean, self.deviation)

    def together(self, items: Sequence[np.ndarray], clips: int) -> list[np.ndarray]:
        """Features (P,) of one person, from this number of clips; as `alone` if there are fewer than `LEAST_CLIPS`."""
        return NORMALISED[self.how](items) if clips >= LEAST_CLIPS else self.alone(items)
