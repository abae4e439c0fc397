"""Find exactly one onset, apex and offset in a clip of any length that is known to hold one expression.

The sets of the field are cut this way: from onset to offset, as CASME II (W.-J. Yan et al., PLoS ONE 9, 2014) and SAMM
(A. K. Davison et al., IEEE Trans. Affective Computing 9, 2018), or from rest to apex, as the Extended Cohn-Kanade set.
There is no threshold for the strength, and no width in seconds: widths are shares of the length of the clip.

The first frames are rest. If the expression is over at the end of the clip, rest is interpolated linearly from the
first frames to the last, and the expression is the deviation from this line. This matters because a hardly visible
head turn is larger than a micro-expression. If the expression is still present at the end, the line itself is the
expression. The two cases differ in the largest deviation at right angles to the line, relative to its length (`BACK`).

The template is the mean of the strongest frames minus rest. Every frame is projected on it, and the strongest frames
are selected again (a matched filter, see `motion.apex`). Each of the three kinds of features is weighted by its
ratio of signal to noise.
"""

import numpy as np

from emo_utils.motion.apex import ApexOptions, features, strongest_row
from emo_utils.motion.curve import FaceTrace
from emo_utils.motion.disturbance import DEVIATION
from emo_utils.motion.filters import gaussian
from emo_utils.motion.segments import Span

REST_SHARE = 0.1
"""Share of the frames at the start of the clip whose mean is rest; at least two frames."""

STRONGEST_SHARE = 0.2
"""Share of the frames whose mean is the template."""

STEADY_SHARE = 0.04
"""Standard deviation of the Gaussian over the curve, as a share of the clip's duration."""

ROUNDS = 4

EDGE = 0.15
"""Share of the height at which onset and offset are set."""

BACK = 0.9
"""Least ratio of the deviation from the line to its length for an expression that is over at the end. It is 0.1 to 0.7
in 18 sequences of CK+, which end at the apex, and 1.2 to 19 in faint synthetic expressions that are over."""

BACK_FAST, FAST_FPS = 0.3, 100.0
"""The same for high frame rates, and their lower limit: sets with such rates are cut from onset to offset."""

END_SHARE = 0.05
"""Share of the frames at the end of the clip that are averaged; at least two frames."""

APEX = ApexOptions(short_of=0.03, into=0.33)


def find_one(trace: FaceTrace) -> Span:
    """The one expression of a face; its strength is the height of `one_curve`, which is relative."""
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
    """Strength of the expression in each frame: float64 (T,), about 0 at rest, 1 in the strongest frames.

    Also returns whether the expression is over at the end of the clip.
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
    """Whether the face, features (T, F) that are 0 at rest, returns to rest; see `BACK`."""
    line = drift(values)
    squared = max(float(line[-1] @ line[-1]), 1e-12)
    off = values - line
    off -= np.outer(off @ line[-1] / squared, line[-1])
    return bool(np.linalg.norm(off, axis=1).max() > least * np.sqrt(squared))


def _whitened(values: np.ndarray) -> np.ndarray:
    """Features (T, F) minus rest, divided by the standard deviation of their noise (from second differences)."""
    rest = values[: max(2, round(REST_SHARE * len(values)))].mean(axis=0)
    bent = np.abs(values[2:] - 2 * values[1:-1] + values[:-2]) / np.sqrt(6)
    noise = DEVIATION * np.median(bent, axis=0)
    return (values - rest) / (noise + noise.mean() + 1e-6)


def _along(kinds: list[np.ndarray], strongest: np.ndarray) -> np.ndarray:
    """Projection of the frames on the template, 1 in the strongest; kinds weighted by signal to noise."""
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
