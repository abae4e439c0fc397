"""What makes a motion curve rise without an expression: the noise of the measurement, and speech.

Both are measured in the trace itself, so that a threshold above them suits a clip whatever its camera and whoever
speaks in it (a constant false-alarm rate: H. M. Finn, R. S. Johnson, RCA Review 29, 1968).
"""

import numpy as np

from emo_utils.motion.filters import gaussian, running_median
from emo_utils.motion.regions import GROUPS, NAMES, SPEAKS, WITHOUT_EYES

DEVIATION = 1.4826
"""Standard deviation of normal values over their median absolute deviation."""

WINDOW_S = 1.5
"""Syllables come at 2 to 8 a second (N. Ding et al., Neuroscience & Biobehavioral Reviews 81, 2017): several lie in
it, while an expression rises and falls once."""

STEADY_S = 0.05
"""Gaussian that takes off what is faster than syllables, after a running median of `OUTLIER_S`."""

OUTLIER_S = 0.16
"""Where teeth appear, the flow may jump between two answers for a few frames."""

NEARBY_S = 4.0
"""Who speaks now may have paused a moment ago: the level is averaged over neighbours by this Gaussian."""

NOISE_SHARE = 4.0
"""Going back and forth that noise alone makes, as a multiple of its level, on the harsh synthetic clips."""

FREE = 0.0012
"""Going back and forth, in face sides, that is no speech: breath, tremor, small turns of the head."""


def noise_level(displacement: np.ndarray) -> float:
    """Standard deviation, in face sides, of the noise in (T, R, 2) displacements: from second differences.

    The median over frames and regions makes a failure of the flow in one region, or a few fast frames, count for
    nothing.
    """
    if len(displacement) < 3:
        return 0.0
    moved = displacement[:, WITHOUT_EYES].astype(float)
    bent = (moved[2:] - 2 * moved[1:-1] + moved[:-2]) / np.sqrt(6)
    return float(DEVIATION * np.median(np.abs(bent)))


def speech_level(displacement: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """How far mouth and chin go back and forth around each frame: float64 (T,), in face sides.

    The way that a region covers within a window, less twice its range: once there and once back are an expression's,
    what is more is speech. In speech lips and jaw move together: the geometric mean of the chin's and of the second
    largest of the mouth's regions is taken, so that a failure of the flow in one place is no speech.
    """
    moved = gaussian(running_median(displacement[:, SPEAKS], times_s, OUTLIER_S), times_s, STEADY_S)
    way = np.concatenate([np.zeros((1, *moved.shape[1:])), np.cumsum(np.abs(np.diff(moved, axis=0)), axis=0)])
    first = np.searchsorted(times_s, times_s - WINDOW_S / 2 - 1e-6)
    last = np.searchsorted(times_s, times_s + WINDOW_S / 2 + 1e-6) - 1
    once = np.stack([np.ptp(moved[start : end + 1], axis=0) for start, end in zip(first, last, strict=True)])
    more = np.linalg.norm(np.maximum(way[last] - way[first] - 2 * once, 0), axis=2)
    chin = np.array([name in GROUPS["chin"] for name in np.array(NAMES)[SPEAKS]])
    lips = np.sort(more[:, ~chin], axis=1)[:, -2]
    level = gaussian(np.sqrt(lips * more[:, chin].mean(axis=1)), times_s, NEARBY_S)
    return np.maximum(level - NOISE_SHARE * noise_level(displacement) - FREE, 0)
