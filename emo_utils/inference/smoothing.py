"""Smoothing of expression probabilities over time; each method maps (T, C) and times to (T, C).

Rows of the result sum to one, so that a smoothed confidence is still a probability. Parameters are in seconds, so the
result does not depend on the frame rate.
"""

import math

import numpy as np

from emo_utils.errors import UnknownNameError
from emo_utils.registry import unknown_name

LONGEST_GAP_S = 0.5
"""Longest absence of a face that is smoothed over."""


def smooth(probabilities: np.ndarray, times_s: np.ndarray, method: str, seconds: float = 0.25) -> np.ndarray:
    """Smooth one face's probabilities.

    Args:
        probabilities: float (T, C), rows sum to one.
        times_s: float (T,), increasing.
        method: a key of `METHODS`.
        seconds: `exponential`: time constant; `majority`: window; `viterbi`: mean duration of an expression.

    Raises:
        UnknownNameError: no such method.
    """
    if method not in METHODS:
        raise UnknownNameError(unknown_name("smoothing", method, METHODS))
    if len(probabilities) == 0 or seconds <= 0:
        return probabilities.astype(float)
    breaks = np.flatnonzero(np.diff(times_s) > LONGEST_GAP_S) + 1
    tracklets = zip(np.split(probabilities.astype(float), breaks), np.split(times_s, breaks), strict=True)
    return np.concatenate([METHODS[method](p, t, seconds) for p, t in tracklets])


def none(probabilities: np.ndarray, times_s: np.ndarray, seconds: float) -> np.ndarray:
    """No smoothing."""
    return probabilities


def exponential(probabilities: np.ndarray, times_s: np.ndarray, seconds: float) -> np.ndarray:
    """Mean of a forward and a backward exponential average, which has no delay."""
    forward = _one_way(probabilities, np.diff(times_s), seconds)
    backward = _one_way(probabilities[::-1], np.diff(times_s)[::-1], seconds)[::-1]
    return (forward + backward) / 2


def _one_way(probabilities: np.ndarray, steps_s: np.ndarray, seconds: float) -> np.ndarray:
    out = probabilities.copy()
    for i, step_s in enumerate(steps_s, start=1):
        kept = math.exp(-step_s / seconds)
        out[i] = kept * out[i - 1] + (1 - kept) * out[i]
    return out


def majority(probabilities: np.ndarray, times_s: np.ndarray, seconds: float) -> np.ndarray:
    """Share of the frames in a centred window whose top expression is each expression."""
    votes = np.eye(probabilities.shape[1])[probabilities.argmax(axis=1)]
    total = np.vstack([np.zeros(votes.shape[1]), votes.cumsum(axis=0)])
    start = np.searchsorted(times_s, times_s - seconds / 2 - 1e-9)
    end = np.searchsorted(times_s, times_s + seconds / 2 + 1e-9, side="right")
    return (total[end] - total[start]) / (end - start)[:, None]


def viterbi(probabilities: np.ndarray, times_s: np.ndarray, seconds: float) -> np.ndarray:
    """Most probable path of a Markov chain that stays in an expression for `seconds` on average.

    The path is Viterbi's (IEEE Trans. Inf. Theory 13, 1967). In each row the expression of the path
    gets at least one half; the rest keeps the proportions of the frame. So the top of each row is the path.
    """
    count = probabilities.shape[1]
    score = np.log(np.clip(probabilities, 1e-9, None))
    best, back = score[0], np.zeros((len(score), count), int)
    for i, step_s in enumerate(np.diff(times_s), start=1):
        leave = 1 - math.exp(-max(step_s, 1e-6) / seconds)
        move = np.full((count, count), math.log(max(leave / (count - 1), 1e-12)))
        np.fill_diagonal(move, math.log(max(1 - leave, 1e-12)))
        candidates = best[:, None] + move
        back[i] = candidates.argmax(axis=0)
        best = candidates.max(axis=0) + score[i]
    path = np.empty(len(score), int)
    path[-1] = best.argmax()
    for i in range(len(score) - 1, 0, -1):
        path[i - 1] = back[i, path[i]]
    return _raise_to_top(probabilities, path)


def _raise_to_top(probabilities: np.ndarray, path: np.ndarray) -> np.ndarray:
    rows = np.arange(len(path))
    rest = probabilities.copy()
    own = np.maximum(rest[rows, path], 0.5 + 1e-6)
    rest[rows, path] = 0
    out = rest / np.maximum(rest.sum(axis=1, keepdims=True), 1e-12) * (1 - own)[:, None]
    out[rows, path] = 1 - out.sum(axis=1)
    return out


METHODS = {"exponential": exponential, "majority": majority, "viterbi": viterbi, "none": none}
"""The smoothing methods; the first is the default."""
