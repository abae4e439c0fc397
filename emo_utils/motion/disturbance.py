"""Disturbances of a motion curve: measurement noise and speech.

Both are estimated from the trace itself, so that thresholds adapt to camera and speaker (constant false-alarm rate:
H. M. Finn, R. S. Johnson, RCA Review 29, 1968).
"""

import numpy as np

from emo_utils.motion.filters import gaussian, running_median
from emo_utils.motion.regions import GROUPS, NAMES, SPEAKS, WITHOUT_EYES

DEVIATION = 1.4826
"""Ratio of standard deviation to median absolute deviation for normal values."""

WINDOW_S = 1.5
"""Window for speech. Syllables have a rate of 2 to 8 a second (N. Ding et al., Neuroscience & Biobehavioral Reviews 81,
2017), so a window holds several of them, but one rise and fall of an expression."""

STEADY_S = 0.05
"""Gaussian that removes motion faster than syllables, after a running median of `OUTLIER_S`."""

OUTLIER_S = 0.16
"""Width of the running median; where teeth appear, the flow may jump for a few frames."""

BLOCK_FRAMES = 2048
"""Windows that are compared at a time."""

NEARBY_S = 4.0
"""Gaussian that smooths the level of speech over short pauses."""

NOISE_SHARE = 4.0
"""Back-and-forth motion caused by noise, as a multiple of the noise level, on the harsh synthetic clips."""

FREE = 0.0012
"""Back-and-forth motion, in face sides, without speech: breath, tremor, small turns of the head."""


def noise_level(displacement: np.ndarray) -> float:
    """Standard deviation, in face sides, of the noise in (T, R, 2) displacements: from second differences.

    The median over frames and regions is robust against flow errors in one region and a few fast frames.
    """
    if len(displacement) < 3:
        return 0.0
    regions = np.flatnonzero(WITHOUT_EYES)
    bent = np.empty((len(regions), len(displacement) - 2, 2))
    for row, region in enumerate(regions):  # a region after the other, to save memory
        moved = displacement[:, region].astype(float)
        bent[row] = np.abs((moved[2:] - 2 * moved[1:-1] + moved[:-2]) / np.sqrt(6))
    return float(DEVIATION * np.median(bent, overwrite_input=True))


def speech_level(displacement: np.ndarray, times_s: np.ndarray) -> np.ndarray:
    """Back-and-forth motion of mouth and chin around each frame: float64 (T,), in face sides.

    For each region it is the path length within a window minus twice the range. An expression moves once there and
    back, which is twice the range; more is speech. In speech lips and jaw move together. Therefore the result is the
    geometric mean of the chin and the second largest mouth region, which is robust against flow errors in one region.
    """
    first = np.searchsorted(times_s, times_s - WINDOW_S / 2 - 1e-6)
    last = np.searchsorted(times_s, times_s + WINDOW_S / 2 + 1e-6) - 1
    more = np.empty((len(displacement), SPEAKS.sum()))
    for column, region in enumerate(np.flatnonzero(SPEAKS)):  # a region after the other, to save memory
        moved = gaussian(running_median(displacement[:, region], times_s, OUTLIER_S), times_s, STEADY_S)
        way = np.concatenate([np.zeros((1, 2)), np.cumsum(np.abs(np.diff(moved, axis=0)), axis=0)])
        once = _range(moved, first, last)
        more[:, column] = np.linalg.norm(np.maximum(way[last] - way[first] - 2 * once, 0), axis=1)
    chin = np.array([name in GROUPS["chin"] for name in np.array(NAMES)[SPEAKS]])
    lips = np.sort(more[:, ~chin], axis=1)[:, -2]
    level = gaussian(np.sqrt(lips * more[:, chin].mean(axis=1)), times_s, NEARBY_S)
    return np.maximum(level - NOISE_SHARE * noise_level(displacement) - FREE, 0)


def _range(values: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Largest minus smallest value of (T, N) from row `first` to row `last` of each frame, float64 (T, N)."""
    longest = int((last - first).max()) + 1
    out = np.empty(values.shape)
    for start in range(0, len(values), BLOCK_FRAMES):
        rows = slice(start, start + BLOCK_FRAMES)
        places = first[rows, None] + np.minimum(np.arange(longest), (last - first)[rows, None])
        out[rows] = np.ptp(values[places], axis=1)
    return out
