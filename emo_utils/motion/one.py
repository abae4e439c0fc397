"""Exactly one onset, apex and offset in a clip that is known to hold one expression, whatever its length.

The field's sets are cut this way: from onset to offset, as CASME II (W.-J. Yan et al., PLoS ONE 9, 2014) and SAMM
(A. K. Davison et al., IEEE Trans. Affective Computing 9, 2018), or from rest to apex, as the Extended Cohn-Kanade set.
No threshold is asked for, and no width in seconds: all are shares of the clip's length.

The face at the clip's start is rest. Where the expression is over at the clip's end, rest drifts on a straight line
from the first frames to the last, and only what leaves this line is the expression: a hardly visible turn of the head
is larger than a micro-expression. Where it is still on at the end, the way there is the expression itself. The two
are told by how far the face leaves the straight line, at right angles to it, beside how far it gets (`BACK`).

The face's own expression is the template: what it is like in its strongest frames, less rest; every frame is measured
along it, and the strongest are found anew (a matched filter, see `motion.apex`). Of the three kinds of features each
counts by how far the expression stands out of its noise.
"""

import numpy as np

from emo_utils.motion.apex import ApexOptions, features, strongest_row
from emo_utils.motion.curve import FaceTrace
from emo_utils.motion.disturbance import DEVIATION
from emo_utils.motion.filters import gaussian
from emo_utils.motion.segments import Span

REST_SHARE = 0.1
"""Of the clip's frames at its start that are averaged for rest, two at least."""

STRONGEST_SHARE = 0.2
"""Of the frames whose mean is the template."""

STEADY_SHARE = 0.04
"""Standard deviation of the Gaussian over the curve, as a share of the clip's duration."""

ROUNDS = 4

EDGE = 0.15
"""Share of the height at which the expression begins and ends."""

BACK = 0.9
"""Way off the line over the way to its end, from which the expression is over where the clip ends: 0.1 to 0.7 in 18
sequences of CK+, which end at the apex, 1.2 to 19 in faint synthetic expressions that are over."""

BACK_FAST, FAST_FPS = 0.3, 100.0
"""The same at so many frames a second or more: the sets that are filmed so fast are cut from onset to offset."""

END_SHARE = 0.05
"""Of the clip's frames at its end that are averaged, two at least."""

APEX = ApexOptions(short_of=0.03, into=0.33)


def find_one(trace: FaceTrace) -> Span:
    """The one expression of a face; its strength is the height of `one_curve`, and tells nothing of its size."""
    count = len(trace)
    if count < 3:
        return Span(0, count - 1, count - 1, 0.0, False, True)
    curve, over = one_curve(trace)
    peak = int(curve.argmax())
    height, cut_end = curve[peak], not over
    above = curve > EDGE * height
    onset = peak - int(np.argmin(np.append(above[: peak + 1][::-1], False))) + 1
    offset = peak + int(np.argmin(np.append(above[peak:], False))) - 1
    onset, offset = max(0, min(onset, peak)), count - 1 if cut_end else max(offset, peak)
    apex = onset + strongest_row(curve[onset : offset + 1], APEX, False, cut_end)
    return Span(onset, apex, offset, float(height), False, cut_end)


def one_curve(trace: FaceTrace) -> tuple[np.ndarray, bool]:
    """How strong the expression is in each frame: float64 (T,), about 0 at rest, 1 in the strongest frames.

    Also whether it is over at the clip's end.
    """
    times_s = trace.time_s
    steady_s = STEADY_SHARE * (times_s[-1] - times_s[0])
    kinds = [_whitened(values) for values in features(trace, np.arange(len(trace)), APEX.kinds)]
    fast = len(trace) - 1 >= FAST_FPS * (times_s[-1] - times_s[0]) * 0.99
    over = is_over(gaussian(kinds[1], times_s, steady_s), BACK_FAST if fast else BACK)
    if over:
        kinds = [values - drift(values) for values in kinds]
    curve = gaussian(np.linalg.norm(kinds[1], axis=1), times_s, steady_s)
    for _ in range(ROUNDS):
        strongest = np.argsort(-curve, kind="stable")[: max(2, round(STRONGEST_SHARE * len(curve)))]
        curve = gaussian(_along(kinds, strongest), times_s, steady_s)
    return curve / max(curve[strongest].mean(), 1e-9), over


def drift(values: np.ndarray) -> np.ndarray:
    """The straight line from rest to the mean of the last frames of features (T, F), which are 0 at rest."""
    end = values[-max(2, round(END_SHARE * len(values))) :].mean(axis=0)
    return np.linspace(0, 1, len(values))[:, None] * end


def is_over(values: np.ndarray, least: float = BACK) -> bool:
    """Whether the face, features (T, F) that are 0 at rest, comes back: see `BACK`."""
    line = drift(values)
    squared = max(float(line[-1] @ line[-1]), 1e-12)
    off = values - line
    off -= np.outer(off @ line[-1] / squared, line[-1])
    return bool(np.linalg.norm(off, axis=1).max() > least * np.sqrt(squared))


def _whitened(values: np.ndarray) -> np.ndarray:
    """Features (T, F) less those at rest, over the standard deviation of their noise (from second differences)."""
    rest = values[: max(2, round(REST_SHARE * len(values)))].mean(axis=0)
    bent = np.abs(values[2:] - 2 * values[1:-1] + values[:-2]) / np.sqrt(6)
    noise = DEVIATION * np.median(bent, axis=0)
    return (values - rest) / (noise + noise.mean() + 1e-6)


def _along(kinds: list[np.ndarray], strongest: np.ndarray) -> np.ndarray:
    """The frames along the template, 1 in the strongest; each kind by its signal over its noise."""
    curves, weights = [], []
    for values in kinds:
        template = values[strongest].mean(axis=0)
        size = max(float(np.linalg.norm(template)), 1e-9)
        curve = values @ template / size
        bent = np.abs(curve[2:] - 2 * curve[1:-1] + curve[:-2]) / np.sqrt(6)
        noise = DEVIATION * float(np.median(bent))
        curves.append(curve / size)
        weights.append(min((size / max(noise, 1e-6)) ** 2, 1e6))
    return np.average(curves, axis=0, weights=weights)
