"""Filters over time without delay; widths are in seconds, for fixed and variable frame rates.

At the ends of a track only the existing neighbours are used.
"""

from collections.abc import Iterator

import numpy as np


def gaussian(values: np.ndarray, times_s: np.ndarray, sigma_s: float) -> np.ndarray:
    """Gaussian-weighted average of (T, ...) over neighbours in time; width 0 changes nothing."""
    if sigma_s <= 0:
        return np.array(values, float)
    total, weights = np.zeros(values.shape, float), np.zeros(len(values))
    for here, there, apart_s in _pairs(times_s, 3 * sigma_s):
        weight = np.exp(-((apart_s / sigma_s) ** 2) / 2)
        total[here] += weight.reshape(-1, *[1] * (values.ndim - 1)) * values[there]
        weights[here] += weight
    return total / weights.reshape(-1, *[1] * (values.ndim - 1))


def opening(values: np.ndarray, times_s: np.ndarray, width_s: float, at_ends_s: float | None = None) -> np.ndarray:
    """Morphological opening of (T,): removes peaks shorter than `width_s` and keeps the edges of longer ones.

    A peak at the start or end of the track stays if at least `at_ends_s` of it is seen (default: half the width), since
    part of it may lie outside.
    """
    half_s = width_s / 2
    beyond_s = max(0.0, half_s - (half_s if at_ends_s is None else min(at_ends_s, half_s)))
    if beyond_s == 0 or len(times_s) < 2:
        return _extreme(_extreme(values, times_s, width_s, np.minimum), times_s, width_s, np.maximum)
    step_s = float(np.median(np.diff(times_s)))
    more = step_s * np.arange(1, int((beyond_s + 1e-6) / step_s) + 1)
    longer_s = np.concatenate([times_s[0] - more[::-1], times_s, times_s[-1] + more])
    padded = np.pad(np.asarray(values, float), len(more), constant_values=np.inf)
    eroded = _extreme(padded, longer_s, width_s, np.minimum)
    opened = _extreme(eroded, longer_s, width_s, np.maximum)
    return opened[len(more) : len(more) + len(values)]


def median_of_three(values: np.ndarray) -> np.ndarray:
    """Each value of (T,) replaced by the median of itself and its two neighbours; removes single outliers."""
    padded = np.pad(np.asarray(values, float), 1, mode="edge")
    return np.median([padded[:-2], padded[1:-1], padded[2:]], axis=0)


def running_median(values: np.ndarray, times_s: np.ndarray, width_s: float) -> np.ndarray:
    """Median of (T, ...) over an odd number of neighbours, at least three, that span about `width_s`."""
    if len(values) < 3:
        return np.array(values, float)
    half = max(1, int(width_s / 2 / float(np.median(np.diff(times_s))) + 0.5))
    padded = np.pad(np.asarray(values, float), ((half, half), *[(0, 0)] * (values.ndim - 1)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1, axis=0)
    return np.median(windows, axis=-1)


def _extreme(values: np.ndarray, times_s: np.ndarray, width_s: float, which) -> np.ndarray:
    out = np.array(values, float)
    for here, there, _ in _pairs(times_s, width_s / 2):
        out[here] = which(out[here], values[there])
    return out


def _pairs(times_s: np.ndarray, reach_s: float) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For each distance in rows: rows, their neighbours within `reach_s`, and their distance in seconds."""
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
