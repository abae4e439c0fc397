"""Find micro-expressions: faint motions of 0.04 to 0.5 s that are neither blink nor speech.

Durations are those of the MEGC spotting protocol, in which a micro-expression lasts up to half a second and a macro-
expression longer (J. Li et al., "MEGC2020", FG 2020). The rule, on the displacement of the face's regions but the eyes:

1. Each frame is compared with the frames half of `longest_s` before and after it. A fast motion has the same
   displacement from both. A macro-expression, a head turn or drift has different displacements. Peaks shorter than
   `shortest_s` are removed.
2. A peak counts if it is `noise` times above the noise of the curve and at least `strength`; speech raises this
   threshold. Onset and offset are where the curve falls below the share `edge` of the height.
3. A blink is recognised by region and shape: both eye regions move more than any other region and return (`is_blink`).
   A motion of the same duration in other regions is an expression.

The comparison with frames on both sides follows A. Moilanen et al., "Spotting Rapid Facial Movements from Videos Using
Appearance-Based Feature Difference Analysis", ICPR 2014, which takes their average. Here the product is used, so that
both must differ.
"""

from dataclasses import dataclass

import numpy as np

from emo_utils.errors import VideoError
from emo_utils.motion.curve import FaceTrace
from emo_utils.motion.disturbance import noise_level, speech_level
from emo_utils.motion.filters import gaussian, opening
from emo_utils.motion.regions import GROUPS, NAMES, WITHOUT_EYES
from emo_utils.motion.segments import SegmentRule, Span, find_peaks

FULL_MOTION = 0.04
"""Displacement, in face sides, that counts as 1, as in `curve.CurveOptions`."""

LEAST_FPS, USUAL_FPS = 25.0, 100.0
"""Frame rates: below the first a micro-expression lasts one frame; below the second its apex may be missed."""


@dataclass(frozen=True)
class MicroRule:
    """Time constants and thresholds for micro-expressions.

    Attributes:
        shortest_s, longest_s: durations.
        steady_s: Gaussian over displacements; a third of the shortest duration.
        strength: least rise, 1 for a plain expression's motion.
        noise: least rise as a multiple of the noise in the smoothed curve.
        speech: added to the least rise per unit of speech around the peak.
        edge: share of the rise at which onset and offset are set.
        blink: least ratio of eye motion to other motion in a blink.
    """

    shortest_s: float = 0.04
    longest_s: float = 0.5
    steady_s: float = 0.013
    strength: float = 0.06
    noise: float = 6.0
    speech: float = 6.0
    edge: float = 0.2
    blink: float = 1.5


def rate_warning(fps: float | None) -> str:
    """A warning about micro-expressions at this frame rate; empty if it is high enough or unknown.

    Raises:
        VideoError: it is too low for micro-expressions.
    """
    if fps is None or fps >= USUAL_FPS:
        return ""
    shown = f"{fps:.4g} frames a second"
    if fps < LEAST_FPS - 0.1:
        raise VideoError(f"micro-expressions last 0.04 to 0.5 s: expected {LEAST_FPS:g} frames a second, found {shown}")
    return f"micro-expressions at {shown}: the field films them at {USUAL_FPS:g} or more; short ones are missed"


def find_micro(trace: FaceTrace, rule: MicroRule | None = None) -> list[Span]:
    """The micro-expressions of one face over one piece, in time order."""
    rule = rule or MicroRule()
    if len(trace) < 5:
        return []
    curve, noise = micro_curve(trace, rule)
    speech = speech_level(trace.displacement, trace.time_s) / FULL_MOTION
    peaks = find_peaks(curve, SegmentRule(strength=max(rule.strength, rule.noise * noise)))
    spans = _without_overlap([_span(curve, peak, rule.edge) for peak in peaks])
    return [
        span
        for span in spans
        if curve[span.apex] >= rule.strength + rule.speech * speech[span.apex]
        and rule.shortest_s - 1e-6 <= trace.time_s[span.offset] - trace.time_s[span.onset] <= rule.longest_s
        and not is_blink(trace, span, rule)
    ]


def micro_curve(trace: FaceTrace, rule: MicroRule) -> tuple[np.ndarray, float]:
    """Fast motion of the face without eyes, float64 (T,), and its noise; 1 is the motion of a plain expression.

    The three regions that move most are averaged, as in `curve.motion_curve`.
    """
    times_s = trace.time_s
    moved = gaussian(trace.displacement[:, WITHOUT_EYES], times_s, rule.steady_s)
    half_s = rule.longest_s / 2
    before = moved - moved[np.searchsorted(times_s, times_s - half_s - 1e-6)]
    after = moved - moved[np.searchsorted(times_s, times_s + half_s + 1e-6) - 1]
    length = np.sqrt(np.maximum((before * after).sum(axis=2), 0)) / FULL_MOTION
    curve = np.sort(length, axis=1)[:, -3:].mean(axis=1)
    spread = gaussian(np.eye(1, len(times_s), len(times_s) // 2)[0], times_s, rule.steady_s)
    noise = noise_level(trace.displacement) * np.sqrt((spread**2).sum()) / FULL_MOTION
    return opening(curve, times_s, rule.shortest_s), float(noise)


def _without_overlap(spans: list[Span]) -> list[Span]:
    """The spans in time order; of spans that share frames, the strongest."""
    kept: list[Span] = []
    for span in sorted(spans, key=lambda span: -span.strength):
        if all(span.offset < other.onset or other.offset < span.onset for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda span: span.onset)


def _span(curve: np.ndarray, peak: int, edge: float) -> Span:
    above = curve > edge * curve[peak]
    onset = peak - int(np.argmin(np.append(above[: peak + 1][::-1], False))) + 1
    offset = peak + int(np.argmin(np.append(above[peak:], False))) - 1
    onset, offset = min(onset, peak), max(offset, peak)
    return Span(onset, peak, offset, float(curve[peak]), onset == 0 and peak > 0, offset == len(curve) - 1)


def is_blink(trace: FaceTrace, span: Span, rule: MicroRule | None = None) -> bool:
    """Whether both eyes move in a span, other regions move little, and the eyes return at its end."""
    rule = rule or MicroRule()
    length = group_motion(trace, span.onset, span.apex)
    eyes = [NAMES.index(name) for name in GROUPS["eyes"]]
    each = np.linalg.norm(trace.displacement[span.apex] - trace.displacement[span.onset], axis=1)[eyes]
    back = np.linalg.norm(trace.displacement[span.offset] - trace.displacement[span.onset], axis=1)[eyes]
    others = max(value for name, value in length.items() if name != "eyes")
    return bool(each.min() > rule.blink * others and back.max() < 0.5 * each.max())


def group_motion(trace: FaceTrace, rest: int, row: int) -> dict[str, float]:
    """Displacement of each group of `regions.GROUPS` between two rows, in face sides."""
    length = np.linalg.norm(trace.displacement[row] - trace.displacement[rest], axis=1)
    return {group: float(max(length[NAMES.index(name)] for name in names)) for group, names in GROUPS.items()}
