"""One curve per face from displacements and probabilities: the distance from rest in each frame."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from emo_utils.motion.disturbance import noise_level, speech_level
from emo_utils.motion.filters import gaussian, median_of_three, opening
from emo_utils.motion.regions import GROUPS, NAMES, SPEAKS, WITHOUT_EYES
from emo_utils.row_file import StoredColumn

REST_WINDOW_S = 15.0
"""Rest is estimated within this time before and after a frame, since it may change over a long clip."""

MOST_CANDIDATES = 300
"""Largest number of frames of a window that are compared with one another to find rest."""


@dataclass(frozen=True)
class FaceTrace:
    """One face over one piece: the same reference, no cut, no long gap.

    Attributes:
        frame_index: int64 (T,), increasing.
        time_s: float64 (T,).
        displacement: float32 (T, R, 2) in face sides, see `follow.FaceMotion`.
        patch: uint8 (T, 16, 16), see there too; of a clip's faces it is read from a file when it is indexed.
        probabilities: float (T, C) of each single frame; None if there are none.
        neutral: column of `neutral` in the probabilities; None if there is none.
    """

    frame_index: np.ndarray
    time_s: np.ndarray
    displacement: np.ndarray = field(repr=False)
    patch: np.ndarray | StoredColumn = field(repr=False)
    probabilities: np.ndarray | None = field(default=None, repr=False)
    neutral: int | None = None

    def __len__(self) -> int:
        return len(self.frame_index)


@dataclass(frozen=True)
class CurveOptions:
    """How the curve is computed.

    Attributes:
        full_motion: displacement, in face sides, that counts as 1: the mean of the three regions that moved most.
        full_change: weight of the change of the probabilities; 0: only motion.
        motion: weight of the motion; 0: only probabilities.
        shortest_s: shorter peaks, such as a blink or a twitch, are removed from the curve.
        shortest_mouth_s: the same for mouth and chin, so that syllables are removed.
        speech: share of the removed short peaks of mouth and chin that is also subtracted around them.
        probability_s: standard deviation of the Gaussian that smooths the probabilities.
        at_ends_s: a peak that is cut off by the start or end of a track counts if this much of it is seen.
        neutral_floor: weight of a frame with `neutral` 0 in the estimate of rest; a frame with 1 has one more.
    """

    full_motion: float = 0.04
    full_change: float = 1.0
    motion: float = 1.0
    shortest_s: float = 0.3
    shortest_mouth_s: float = 0.5
    speech: float = 1.0
    probability_s: float = 0.066
    at_ends_s: float = 0.034
    neutral_floor: float = 0.03


@dataclass(frozen=True)
class MotionCurve:
    """One face's curve; all float64 (T,) but `parts`.

    Attributes:
        motion: displacement from rest, 1 for `CurveOptions.full_motion`, without short peaks.
        change: 0 to 1, total variation distance of the probabilities from those at rest, without short peaks.
        strength: weighted sum of motion and change, in which segments are found.
        speed: of the displacement, in face sides a second.
        parts: float64 (T, G), displacement from rest of each of `regions.GROUPS` in face sides, as measured.
        speech: `disturbance.speech_level`, 1 for `CurveOptions.full_motion`.
        noise: `disturbance.noise_level` of the trace, on the same scale.
    """

    motion: np.ndarray = field(repr=False)
    change: np.ndarray = field(repr=False)
    strength: np.ndarray = field(repr=False)
    speed: np.ndarray = field(repr=False)
    parts: np.ndarray = field(repr=False)
    speech: np.ndarray = field(repr=False)
    noise: float = 0.0


def motion_curve(trace: FaceTrace, options: CurveOptions | None = None) -> MotionCurve:
    """The curve of one face.

    Motion of head and camera and slow changes of light do not change the curve. The eye regions are left out because of
    blinks. Short peaks of each region are removed by a morphological opening, which keeps the edges of longer peaks.
    This removes twitches and most of speech. If mouth and chin have many short peaks, the mean of the removed peaks is
    also subtracted from the rest of their motion.
    """
    options = options or CurveOptions()
    times_s = trace.time_s
    rest = find_rest(trace, options.neutral_floor)
    length = rest.distance(trace.displacement, times_s)
    lasting = np.empty((WITHOUT_EYES.sum(), len(trace)))
    for place, row in enumerate(np.flatnonzero(WITHOUT_EYES)):
        lasting[place] = _lasting(length[:, row], times_s, SPEAKS[row], options)
    lasting.sort(axis=0)
    motion = lasting[-3:].mean(axis=0) / options.full_motion
    del lasting
    change = np.zeros(len(trace))
    if trace.probabilities is not None:
        apart = np.empty(trace.probabilities.shape)
        for column, rest_line in enumerate(rest.probabilities_at(times_s)):
            apart[:, column] = gaussian(trace.probabilities[:, column], times_s, options.probability_s)
            apart[:, column] = np.abs(apart[:, column] - rest_line)
        change = opening(apart.sum(axis=1) / 2, times_s, options.shortest_s, options.at_ends_s)
    parts = [length[:, [NAMES.index(name) for name in names]].mean(axis=1) for names in GROUPS.values()]
    strength = options.motion * motion + options.full_change * change
    speech = speech_level(trace.displacement, times_s) / options.full_motion
    noise = noise_level(trace.displacement) / options.full_motion
    return MotionCurve(motion, change, strength, _speed(trace), np.stack(parts, axis=1), speech, noise)


def _lasting(length: np.ndarray, times_s: np.ndarray, speaks: bool, options: CurveOptions) -> np.ndarray:
    """Displacement of a region without short peaks; it is reduced where many short peaks suggest speech."""
    steady = median_of_three(length)
    held = opening(steady, times_s, options.shortest_mouth_s if speaks else options.shortest_s, options.at_ends_s)
    if not speaks:
        return held
    return np.maximum(held - options.speech * gaussian(steady - held, times_s, options.shortest_mouth_s), 0)


@dataclass(frozen=True)
class Rest:
    """The state of a face at rest, at some times of a clip; linear between them.

    Attributes:
        times_s: float64 (K,).
        displacement: float64 (K, R, 2).
        probabilities: float64 (K, C), or None without probabilities.
    """

    times_s: np.ndarray
    displacement: np.ndarray = field(repr=False)
    probabilities: np.ndarray | None = field(repr=False)

    def distance(self, displacement: np.ndarray, times_s: np.ndarray) -> np.ndarray:
        """Distance of each region from rest, float64 (T, R), of displacements (T, R, 2); a region after the other."""
        out = np.empty(displacement.shape[:2])
        for region in range(out.shape[1]):
            rest = _between(times_s, self.times_s, self.displacement[:, region])
            out[:, region] = np.linalg.norm(displacement[:, region] - rest, axis=1)
        return out

    def probabilities_at(self, times_s: np.ndarray) -> Iterator[np.ndarray]:
        """Probability of each class at rest in turn, float64 (T,)."""
        for column in () if self.probabilities is None else self.probabilities.T:
            yield np.interp(times_s, self.times_s, column)


def find_rest(trace: FaceTrace, neutral_floor: float = 0.1) -> Rest:
    """The state of this face at rest, over time.

    Rest is the state to which most frames are near; frames predicted as neutral have more weight. It is estimated in
    windows and interpolated linearly between them. Without probabilities the face is assumed to begin at rest, and its
    first half second has the same weight as all other frames.
    """
    times_s = trace.time_s
    span_s = times_s[-1] - times_s[0]
    count = max(1, int(np.ceil(span_s / REST_WINDOW_S)) - 1)
    middles_s = times_s[0] + span_s * (np.arange(count) + 0.5) / count
    found = []
    for middle_s in middles_s:
        inside = np.flatnonzero(abs(times_s - middle_s) <= (REST_WINDOW_S if count > 1 else span_s + 1))
        found.append(_rest_rows(trace, inside[:: -(-len(inside) // MOST_CANDIDATES)], neutral_floor))
    values = (trace.displacement, trace.probabilities)
    means = (None if one is None else np.stack([_mean(one, *near) for near in found]).astype(float) for one in values)
    return Rest(middles_s, *means)


def _mean(values: np.ndarray, rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.average(values[rows], axis=0, weights=weights)


def _rest_rows(trace: FaceTrace, rows: np.ndarray, neutral_floor: float) -> tuple[np.ndarray, np.ndarray]:
    """The rows nearest to the most central row, with `REST_SHARE` of the total weight, and their weights."""
    moved = gaussian(trace.displacement[rows], trace.time_s[rows], 0.033)[:, WITHOUT_EYES].reshape(len(rows), -1)
    moved = moved / np.sqrt(WITHOUT_EYES.sum())
    weights = np.ones(len(rows))
    first = trace.time_s[rows] <= trace.time_s[0] + BEGINS_S
    if trace.probabilities is None and first.any():
        weights[first] = max(1.0, (~first).sum() / first.sum())
    if trace.probabilities is not None and trace.neutral is not None:
        weights = neutral_floor + trace.probabilities[rows, trace.neutral]
    squared = (moved**2).sum(axis=1)
    apart = np.sqrt(np.maximum(squared[:, None] + squared - 2 * moved @ moved.T, 0))
    cost = np.minimum(apart, FAR) @ weights
    order = np.argsort(apart[cost.argmin()], kind="stable")
    near = order[: 1 + int(np.searchsorted(np.cumsum(weights[order]), REST_SHARE * weights.sum()))]
    return rows[near], weights[near]


REST_SHARE = 0.25
"""Share of the total weight of the frames whose mean is rest."""

BEGINS_S = 0.5

FAR = 0.02
"""Root mean square displacement, in face sides, at which the distance of two faces is capped."""


def _between(times_s: np.ndarray, knots_s: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Columns of values (K, N) at the knots, interpolated linearly: float64 (T, N)."""
    return np.stack([np.interp(times_s, knots_s, column) for column in values.T], axis=1)


def _speed(trace: FaceTrace) -> np.ndarray:
    if len(trace) < 2:
        return np.zeros(len(trace))
    squared = np.zeros(len(trace) - 1)
    for region in np.flatnonzero(WITHOUT_EYES):  # a region after the other, to save memory
        squared += (np.diff(trace.displacement[:, region].astype(float), axis=0) ** 2).sum(axis=1)
    speed = np.sqrt(squared / WITHOUT_EYES.sum()) / np.maximum(np.diff(trace.time_s), 1e-6)
    return np.concatenate([speed[:1], speed])
