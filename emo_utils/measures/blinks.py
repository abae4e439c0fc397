"""Blinks in a curve of the eye openness.

A blink is a short dip of the openness below a share of its level around it: the eyes close and open again within 0.5 s.
The level is a median over time, so that slow changes, as with the head pose, are no blinks. Usual blinks last 0.1 to
0.4 s (H. R. Schiffman, "Sensation and Perception", 2001; quoted after T. Soukupova, J. Cech, 2016).
"""

import numpy as np

CLOSED = 0.7
"""Share of the level below which eyes count as closed, for this purpose."""

LONGEST_S = 0.5
"""Longest blink; eyes that are closed for longer are not blinking."""

LEVEL_S = 1.5
"""Window of the median that gives the level."""

OPEN = 0.5
"""Least level, as a share of the person's open eyes; below it the eyes are closed already."""

OPEN_PERCENTILE = 90
"""Percentile of the openness that stands for open eyes."""

LONGEST_STEP_S = 0.07
"""Longest time between two frames; with fewer frames a second, blinks fall between them."""


def find_blinks(times_s: np.ndarray, openness: np.ndarray) -> list[tuple[float, float]]:
    """Start and end in seconds of each blink; those that are cut off by the ends of the curve are left out.

    Args:
        times_s: float (T,), increasing.
        openness: float (T,), eye openness of one person; NaN where it is not known.
    """
    known = np.isfinite(openness)
    times_s, openness = np.asarray(times_s, float)[known], np.asarray(openness, float)[known]
    if len(openness) < 3:
        return []
    level = _level(times_s, openness)
    closed = (openness < CLOSED * level) & (level >= OPEN * np.percentile(openness, OPEN_PERCENTILE))
    edges = np.flatnonzero(np.diff(closed.astype(int)))
    starts, ends = edges[~closed[edges]], edges[closed[edges]]
    ends = ends[ends > starts[0]] if len(starts) else ends[:0]
    return [
        (float(times_s[start + 1]), float(times_s[end]))
        for start, end in zip(starts, ends, strict=False)
        if times_s[end + 1] - times_s[start] <= LONGEST_S + LONGEST_STEP_S
    ]


def enough_frames(times_s: np.ndarray) -> bool:
    """Whether the frames are close enough to each other to show blinks."""
    return len(times_s) > 2 and float(np.median(np.diff(times_s))) <= LONGEST_STEP_S


def _level(times_s: np.ndarray, openness: np.ndarray) -> np.ndarray:
    """Median of the openness in a window around each time."""
    first = np.searchsorted(times_s, times_s - LEVEL_S / 2)
    last = np.searchsorted(times_s, times_s + LEVEL_S / 2, side="right")
    return np.array([np.median(openness[a:b]) for a, b in zip(first, last, strict=True)])
