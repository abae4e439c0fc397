"""From displacements and expression probabilities to one curve per face: how far from rest it is, frame by frame."""

from dataclasses import dataclass, field

import numpy as np

from emo_utils.motion.disturbance import noise_level, speech_level
from emo_utils.motion.filters import gaussian, median_of_three, opening
from emo_utils.motion.regions import GROUPS, NAMES, SPEAKS, WITHOUT_EYES

REST_WINDOW_S = 15.0
"""Rest is looked for within this time before and after; it may change over a long clip."""

MOST_CANDIDATES = 300
"""Frames of a window that are compared with one another when rest is looked for."""


@dataclass(frozen=True)
class FaceTrace:
    """One face over one piece: the same reference, no cut, no long gap.

    Attributes:
        frame_index: int64 (T,), growing.
        time_s: float64 (T,).
        displacement: float32 (T, R, 2) in face sides, see `follow.FaceMotion`.
        patch: uint8 (T, 16, 16), likewise.
        probabilities: float (T, C) of each frame alone; None where no network read the frames.
        neutral: column of `neutral` in them, None where there is none.
    """

    frame_index: np.ndarray
    time_s: np.ndarray
    displacement: np.ndarray = field(repr=False)
    patch: np.ndarray = field(repr=False)
    probabilities: np.ndarray | None = field(default=None, repr=False)
    neutral: int | None = None

    def __len__(self) -> int:
        return len(self.frame_index)


@dataclass(frozen=True)
class CurveOptions:
    """How the curve is made.

    Attributes:
        full_motion: displacement, in face sides, that counts as 1: the mean of the three regions that moved most.
        full_change: weight of the change of the expression's probabilities; 0: motion alone.
        motion: weight of the motion; 0: probabilities alone.
        shortest_s: what is over sooner than this - a blink, a twitch - is taken off the curve.
        shortest_mouth_s: the same for mouth and chin, which also speak: syllables are taken off.
        speech: how much of the short peaks that were taken off mouth and chin is taken from what is left around them.
        probability_s: Gaussian that steadies the probabilities.
        at_ends_s: what rises at the start or the end of a track and is not over counts if this much of it is seen.
        neutral_floor: how much a frame without any `neutral` counts when rest is looked for, against 1 with all.
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
        change: 0 to 1, how far the probabilities are from those at rest (total variation), without short peaks.
        strength: motion and change, weighted and added: the curve that segments are read from.
        speed: of the displacement, in face sides a second.
        parts: float64 (T, G), displacement from rest of each of `regions.GROUPS` in face sides, as measured.
        speech: `disturbance.speech_level`, 1 for `CurveOptions.full_motion`.
        noise: `disturbance.noise_level` of the trace, likewise.
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

    A head that moves, a camera that shakes and slow changes of light are not in it; the eye regions are not, so that
    a blink leaves no mark. Short peaks are taken off each region by a morphological opening, which leaves the edges of
    longer ones where they are: twitches go, and so does most of speech, in which lips and chin take turns. Where short
    peaks come thick, as many as there are is taken from what mouth and chin hold besides.
    """
    options = options or CurveOptions()
    times_s = trace.time_s
    rest, rest_probabilities = find_rest(trace, options.neutral_floor)
    length = np.linalg.norm(trace.displacement - rest, axis=2)
    lasting = [_lasting(length[:, row], times_s, SPEAKS[row], options) for row in np.flatnonzero(WITHOUT_EYES)]
    motion = np.sort(lasting, axis=0)[-3:].mean(axis=0) / options.full_motion
    change = np.zeros(len(trace))
    if trace.probabilities is not None:
        steady = gaussian(trace.probabilities, times_s, options.probability_s)
        change = opening(
            np.abs(steady - rest_probabilities).sum(axis=1) / 2, times_s, options.shortest_s, options.at_ends_s
        )
    parts = [length[:, [NAMES.index(name) for name in names]].mean(axis=1) for names in GROUPS.values()]
    strength = options.motion * motion + options.full_change * change
    speech = speech_level(trace.displacement, times_s) / options.full_motion
    noise = noise_level(trace.displacement) / options.full_motion
    return MotionCurve(motion, change, strength, _speed(trace), np.stack(parts, axis=1), speech, noise)


def _lasting(length: np.ndarray, times_s: np.ndarray, speaks: bool, options: CurveOptions) -> np.ndarray:
    """What a region holds: its displacement without short peaks, and where they come thick as in speech, less of it."""
    steady = median_of_three(length)
    held = opening(steady, times_s, options.shortest_mouth_s if speaks else options.shortest_s, options.at_ends_s)
    if not speaks:
        return held
    return np.maximum(held - options.speech * gaussian(steady - held, times_s, options.shortest_mouth_s), 0)


def find_rest(trace: FaceTrace, neutral_floor: float = 0.1) -> tuple[np.ndarray, np.ndarray | None]:
    """What this person's face is like at rest around each frame.

    Rest is the face to which most frames are near, frames that the network reads as neutral counting more: a person's
    own baseline, whatever it looks like. It is looked for in windows and drawn by straight lines between them. Where no
    network read the frames, a face is taken to begin at rest: its first half second counts as much as all the rest.

    Returns:
        Displacements float64 (T, R, 2) and probabilities float64 (T, C), or None without probabilities.
    """
    times_s = trace.time_s
    span_s = times_s[-1] - times_s[0]
    count = max(1, int(np.ceil(span_s / REST_WINDOW_S)) - 1)
    middles_s = times_s[0] + span_s * (np.arange(count) + 0.5) / count
    found = []
    for middle_s in middles_s:
        inside = np.flatnonzero(abs(times_s - middle_s) <= (REST_WINDOW_S if count > 1 else span_s + 1))
        found.append(_rest_rows(trace, inside[:: -(-len(inside) // MOST_CANDIDATES)], neutral_floor))
    displacement = _between(times_s, middles_s, [_mean(trace.displacement, *near) for near in found])
    if trace.probabilities is None:
        return displacement, None
    return displacement, _between(times_s, middles_s, [_mean(trace.probabilities, *near) for near in found])


def _mean(values: np.ndarray, rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return np.average(values[rows], axis=0, weights=weights)


def _rest_rows(trace: FaceTrace, rows: np.ndarray, neutral_floor: float) -> tuple[np.ndarray, np.ndarray]:
    """The rows nearest to the most central one that hold `REST_SHARE` of all weight, and their weights."""
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
"""Rest is the mean of frames with this share of all weight: where few frames are neutral, of these few."""

BEGINS_S = 0.5

FAR = 0.02
"""Root mean square displacement, in face sides, beyond which two faces are simply different."""


def _between(times_s: np.ndarray, knots_s: np.ndarray, values: list[np.ndarray]) -> np.ndarray:
    stacked = np.stack(values).astype(float)
    flat = stacked.reshape(len(values), -1)
    lines = [np.interp(times_s, knots_s, column) for column in flat.T]
    return np.stack(lines, axis=1).reshape(len(times_s), *stacked.shape[1:])


def _speed(trace: FaceTrace) -> np.ndarray:
    if len(trace) < 2:
        return np.zeros(len(trace))
    step = np.diff(trace.displacement[:, WITHOUT_EYES].astype(float), axis=0)
    speed = np.sqrt((step**2).sum(axis=2).mean(axis=1)) / np.maximum(np.diff(trace.time_s), 1e-6)
    return np.concatenate([speed[:1], speed])
