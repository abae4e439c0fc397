"""Exactly one onset, apex and offset in a clip that is known to hold one expression, whatever its length.

The field's sets are cut this way: from onset to offset, as CASME II (W.-J. Yan et al., PLoS ONE 9, 2014) and SAMM
(A. K. Davison et al., IEEE Trans. Affective Computing 9, 2018), or from rest to apex, as the Extended Cohn-Kanade set.
No threshold is asked for, and no width in seconds: all are shares of the clip's length.

The face at the clip's start is rest. The face's own expression is the template: what it is like in its strongest
frames, less rest; every frame is measured along it, and the strongest are found anew (a matched filter, see
`motion.apex`). Of the three kinds of features each counts by how far the expression stands out of its noise.
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

STILL_ON = 0.5
"""Share of the height above which the expression counts as still on where the clip ends."""

APEX = ApexOptions(short_of=0.03, into=0.33)


def find_one(trace: FaceTrace) -> Span:
    """The one expression of a face; its strength is that of the motion in its apex, 1 for a plain expression."""
    count = len(trace)
    if count < 3:
        return Span(0, count - 1, count - 1, 0.0, False, True)
    curve = one_curve(trace)
    peak = int(curve.argmax())
    height = curve[peak]
    cut_end = bool(curve[-1] > STILL_ON * height)
    above = curve > EDGE * height
    onset = peak - int(np.argmin(np.append(above[: peak + 1][::-1], False))) + 1
    offset = peak + int(np.argmin(np.append(above[peak:], False))) - 1
    onset, offset = max(0, min(onset, peak)), count - 1 if cut_end else max(offset, peak)
    apex = onset + strongest_row(curve[onset : offset + 1], APEX, False, cut_end)
    return Span(onset, apex, offset, float(height), False, cut_end)


def one_curve(trace: FaceTrace) -> np.ndarray:
    """How strong the expression is in each frame: float64 (T,), about 0 at rest, 1 in the strongest frames."""
    times_s = trace.time_s
    steady_s = STEADY_SHARE * (times_s[-1] - times_s[0])
    kinds = [_whitened(values) for values in features(trace, np.arange(len(trace)), APEX.kinds)]
    curve = gaussian(np.linalg.norm(kinds[1], axis=1), times_s, steady_s)
    for _ in range(ROUNDS):
        strongest = np.argsort(-curve, kind="stable")[: max(2, round(STRONGEST_SHARE * len(curve)))]
        curve = gaussian(_along(kinds, strongest), times_s, steady_s)
    return curve / max(curve[strongest].mean(), 1e-9)


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
