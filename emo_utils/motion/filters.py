"""Filters over time whose widths are seconds, for frames at any rate, fixed or variable; nothing is delayed.

A value is only mixed with neighbours in time; at the ends of a track with those that are there.
"""

from collections.abc import Iterator

import numpy as np


def gaussian(values: np.ndarray, times_s: np.ndarray, sigma_s: float) -> np.ndarray:
    """Average (T, ...) over neighbours weighted by a Gaussian of their distance in time; width 0 changes nothing."""
    if sigma_s <= 0:
        return np.array(values, float)
    total, weights = np.zeros(values.shape, float), np.zeros(len(values))
    for here, there, apart_s in _pairs(times_s, 3 * sigma_s):
        weight = np.exp(-((apart_s / sigma_s) ** 2) / 2)
        total[here] += weight.reshape(-1, *[1] * (values.ndim - 1)) * values[there]
        weights[here] += weight
    return total / weights.reshape(-1, *[1] * (values.ndim - 1))


def opening(values: np.ndarray, times_s: np.ndarray, width_s: float) -> np.ndarray:
    """Morphological opening of (T,): takes off every peak that is shorter than `width_s`, and leaves edges in place.

    A peak at the start or the end of the track stays if it lasts half as long: the other half may lie outside.
    """
    return _extreme(_extreme(values, times_s, width_s, np.minimum), times_s, width_s, np.maximum)


def median_of_three(values: np.ndarray) -> np.ndarray:
    """Each value of (T,) replaced by the median of itself and its two neighbours: single outliers go."""
    padded = np.pad(np.asarray(values, float), 1, mode="edge")
    return np.median([padded[:-2], padded[1:-1], padded[2:]], axis=0)


def _extreme(values: np.ndarray, times_s: np.ndarray, width_s: float, which) -> np.ndarray:
    out = np.array(values, float)
    for here, there, _ in _pairs(times_s, width_s / 2):
        out[here] = which(out[here], values[there])
    return out


def _pairs(times_s: np.ndarray, reach_s: float) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Rows and their neighbours no further than `reach_s` away, once per number of rows between: here, there, apart."""
    count = len(times_s)
    rows = np.arange(count)
    yield rows, rows, np.zeros(count)
    for step in range(1, count):
        apart_s = times_s[step:] - times_s[:-step]
        near = rows[:-step][apart_s <= reach_s + 1e-6]
        if not len(near):
            return
        apart_s = apart_s[near]
        yield near, near + step, apart_s
        yield near + step, near, apart_s
