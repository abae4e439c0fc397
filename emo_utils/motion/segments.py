"""Onset, apex and offset of every expression of a face.

The rule works on the curve of `curve.motion_curve`, the distance of the face from rest by motion and probabilities. All
times are in seconds.

1. A peak is a candidate if it rises at least `strength`, and at least the share `valley` of its height, above the
   valleys beside it. On a side where the track ends during the expression no valley is needed.
2. Onset and offset are the first and last frame around the peak in which the curve is above its level at rest by the
   share `edge` of the rise. A segment that reaches the first or last frame of its track is cut off there
   (`Span.cut_start`, `Span.cut_end`).
3. The peak must exceed the noise and speech of the clip (`disturbance`). The face must move (`motion`), and the
   probabilities must change (`change`). The segment must last `shortest_s`, or `shortest_cut_s` if it is cut off.
4. The apex is found between onset and offset by `apex.find_apex`.

Sources: spotting by displacement against a face at rest and thresholds on its peaks, as in A. Moilanen et al.,
"Spotting Rapid Facial Movements from Videos Using Appearance-Based Feature Difference Analysis", ICPR 2014, and
S.-J. Wang et al., "A Main Directional Maximal Difference Analysis for Spotting Facial Movements from Long-Term Videos",
Neurocomputing 230, 2017; peaks by prominence as topographers define it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from emo_utils.motion.apex import ApexOptions, find_apex
from emo_utils.motion.curve import CurveOptions, FaceTrace, MotionCurve, motion_curve
from emo_utils.motion.follow import FaceMotion

FEWEST_FRAMES = 5
"""Shorter pieces are not searched."""


@dataclass(frozen=True)
class SegmentRule:
    """How segments are found; see the module for what the numbers mean.

    Attributes:
        strength: least rise of a peak, on the curve in which 1 is a plain expression.
        noise, speech: added to the least height of a peak per unit of the curve's noise and speech.
        motion: least motion at the peak; a change of the probabilities without motion is no segment.
        change: least change of the probabilities within the segment; motion without it (a head turn, a glance, a
            swallow) is no segment. Not used without probabilities.
        valley: least rise as a share of the peak's height.
        edge: share of the rise at which onset and offset are set.
        shortest_s: least duration.
        shortest_cut_s: least visible duration of a segment that is cut off.
        curve, apex: options of the curve and of the apex.
    """

    strength: float = 0.5
    noise: float = 8.0
    speech: float = 6.0
    motion: float = 0.12
    change: float = 0.25
    valley: float = 0.5
    edge: float = 0.08
    shortest_s: float = 0.3
    shortest_cut_s: float = 0.1
    curve: CurveOptions = field(default_factory=CurveOptions)
    apex: ApexOptions = field(default_factory=ApexOptions)


@dataclass(frozen=True)
class Span:
    """A segment in rows of its trace.

    Attributes:
        onset, apex, offset: rows.
        strength: the height of the curve above rest at its peak.
        cut_start, cut_end: it contains the first or the last row of the trace.
    """

    onset: int
    apex: int
    offset: int
    strength: float
    cut_start: bool = False
    cut_end: bool = False


def find_segments(trace: FaceTrace, rule: SegmentRule | None = None) -> tuple[list[Span], MotionCurve]:
    """The segments of one face over one piece, in time order, and the curve in which they were found."""
    rule = rule or SegmentRule()
    curve = motion_curve(trace, rule.curve)
    if len(trace) < FEWEST_FRAMES:
        return [], curve
    peaks = find_peaks(curve.strength, rule)
    bounds = [find_bounds(curve.strength, peaks, number, rule.edge) for number in range(len(peaks))]
    kept = [
        (peak, first, last)
        for peak, (first, last) in zip(peaks, bounds, strict=True)
        if is_expression(trace, curve, peak, first, last, rule)
    ]
    within = [(first, last) for _, first, last in kept]
    return [_span(trace, curve, peak, within, number, rule) for number, (peak, _, _) in enumerate(kept)], curve


def _span(trace: FaceTrace, curve: MotionCurve, peak: int, within: list[tuple[int, int]], number: int, rule) -> Span:
    first, last = within[number]
    apex = find_apex(trace, curve.strength, within, number, rule.apex)
    return Span(first, apex, last, float(curve.strength[peak]), first == 0, last == len(trace) - 1)


def is_expression(trace: FaceTrace, curve: MotionCurve, peak: int, first: int, last: int, rule: SegmentRule) -> bool:
    """Whether a candidate segment fulfils step 3 of the rule; see the module."""
    least = rule.strength + rule.noise * curve.noise + rule.speech * curve.speech[peak]
    has_probabilities = trace.probabilities is not None
    cut = first == 0 or last == len(trace) - 1
    return (
        curve.strength[peak] >= least
        and curve.motion[peak] >= rule.motion
        and (not has_probabilities or curve.change[first : last + 1].max() >= rule.change)
        and trace.time_s[last] - trace.time_s[first] >= (rule.shortest_cut_s if cut else rule.shortest_s) - 1e-6
    )


def strongest_apex(
    frame_index: np.ndarray, time_s: np.ndarray, motions: Sequence[FaceMotion], scores: np.ndarray
) -> int | None:
    """Row of the apex of the strongest segment of one face; None if there is no segment.

    Args:
        frame_index: int64 (T,), the frames with the face.
        time_s: float64 (T,), their times.
        motions: T, from a `follow.MotionFollower`.
        scores: float (T,), strength of the expression in each single frame, 0 to 1; the complement is neutral.
    """
    piece, scores = np.array([motion.piece for motion in motions]), np.clip(scores, 0, 1)
    best, apex = 0.0, None
    for number in np.unique(piece):
        rows = np.flatnonzero(piece == number)
        displacement, patch = (
            np.stack([getattr(motions[r], name) for r in rows]) for name in ("displacement", "patch")
        )
        probabilities = np.stack([scores[rows], 1 - scores[rows]], axis=1)
        trace = FaceTrace(frame_index[rows], time_s[rows], displacement, patch, probabilities, neutral=1)
        for span in find_segments(trace, SegmentRule(change=0.0))[0]:  # a scorer may be the same in all frames
            if span.strength > best:
                best, apex = span.strength, int(rows[span.apex])
    return apex


def find_peaks(curve: np.ndarray, rule: SegmentRule) -> list[int]:
    """Rows of the peaks with enough prominence, in order.

    Rows are added from the highest to the lowest. Where the hills of two peaks meet, the lower peak ends. It is kept if
    it rises enough above that row (the persistence of a peak is its prominence).
    """
    count = len(curve)
    top = np.full(count, -1)  # for every row looked at, the highest peak of its hill
    edges: dict[int, list[int]] = {}  # first and last row of a peak's hill
    kept = []
    for row in np.argsort(-curve, kind="stable"):
        beside = [top[n] for n in (row - 1, row + 1) if 0 <= n < count and top[n] >= 0]
        if not beside:
            top[row], edges[row] = row, [row, row]
            continue
        winner = max(beside, key=lambda peak: (curve[peak], -peak))
        for loser in set(beside) - {winner}:
            if stands_out(curve[loser], curve[row], rule):
                kept.append(loser)
            edges[winner] = [min(edges[winner][0], edges[loser][0]), max(edges[winner][1], edges[loser][1])]
        edges[winner] = [min(edges[winner][0], row), max(edges[winner][1], row)]
        top[row] = top[edges[winner][0]] = top[edges[winner][1]] = winner  # only the edges of a hill are looked up
    highest = int(np.argmax(curve))
    if stands_out(curve[highest], curve.min(), rule):
        kept.append(highest)
    return sorted(int(peak) for peak in kept)


def stands_out(height: float, valley: float, rule: SegmentRule) -> bool:
    """Whether a peak rises enough above its higher valley."""
    return height - valley >= max(rule.strength, rule.valley * height)


def find_bounds(curve: np.ndarray, peaks: list[int], number: int, edge: float) -> tuple[int, int]:
    """First and last row of the segment around a peak, within the valleys to its neighbours."""
    peak = peaks[number]
    start = peaks[number - 1] + int(np.argmin(curve[peaks[number - 1] : peak + 1])) if number else 0
    more = number + 1 < len(peaks)
    end = peak + int(np.argmin(curve[peak : peaks[number + 1] + 1])) if more else len(curve) - 1
    before, after = curve[start : peak + 1], curve[peak : end + 1]
    rising = before > _level(before, edge)
    falling = after > _level(after, edge)
    first = peak - int(np.argmin(np.append(rising[::-1], False))) + 1
    last = peak + int(np.argmin(np.append(falling, False))) - 1
    return max(first, start), min(last, end)


ENDS_ABOVE = 0.6
"""If the curve of a side stays above this share of its peak, the side holds no rest, and rest is taken as 0."""


def _level(side: np.ndarray, edge: float) -> float:
    """Height at which an expression begins or ends, between one side's level of rest and its peak."""
    peak, rest = side.max(), np.quantile(side, 0.05)
    rest = rest if rest < ENDS_ABOVE * peak else 0.0
    return rest + edge * (peak - rest)
