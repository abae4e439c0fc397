"""The rule, on faces whose motion is exactly known."""

import numpy as np
import pytest
from traces import FPS, at_times, face, hump, seconds

from emo_utils.motion.apex import ApexOptions, strongest_row
from emo_utils.motion.curve import CurveOptions, motion_curve
from emo_utils.motion.rules import COMBINED, MOTION_ALONE, PROBABILITY_ALONE
from emo_utils.motion.segments import SegmentRule, find_bounds, find_peaks, find_segments


def spans(trace, rule=COMBINED):
    return find_segments(trace, rule)[0]


@pytest.mark.parametrize("rule", [COMBINED, MOTION_ALONE, PROBABILITY_ALONE], ids=["combined", "motion", "probability"])
def test_one_expression_gives_one_segment_with_its_marks(rule):
    time_s = seconds(4)
    (span,) = spans(face(hump(time_s, 1.0, 1.6, 2.8), read=rule is not MOTION_ALONE), rule)
    assert span.onset / FPS == pytest.approx(1.0, abs=0.2)
    late = 0.5 if rule is PROBABILITY_ALONE else 0.35  # a network is sure of one expression or of the other
    assert span.offset / FPS == pytest.approx(2.8, abs=late)
    assert span.apex / FPS == pytest.approx(1.6, abs=0.15)


def test_several_expressions_give_several_segments():
    time_s = seconds(9)
    shown = hump(time_s, 1, 1.5, 2.5) + 0.6 * hump(time_s, 4, 4.4, 5) + hump(time_s, 6, 7, 8)
    found = spans(face(shown))
    assert [round(span.apex / FPS, 1) for span in found] == [
        pytest.approx(1.5, abs=0.15),
        pytest.approx(4.4, abs=0.15),
        pytest.approx(7.0, abs=0.15),
    ]
    assert found[1].strength < found[0].strength, "the weaker expression"


def test_a_face_that_never_moves_gives_no_segment():
    still = face(np.zeros(120))
    assert spans(still) == []
    assert spans(face(np.zeros(120), noise=0.003)) == [], "nor does one whose measurements jitter"


def test_a_reading_that_changes_on_a_still_face_gives_no_segment():
    time_s = seconds(4)
    trace = face(hump(time_s, 1, 2, 3), size=0.0)
    assert motion_curve(trace).change.max() > 0.7, "the network does read something"
    assert spans(trace) == []


def test_a_motion_in_which_nothing_else_is_read_gives_no_segment():
    """A turn of the head, a glance: much moves, and the network reads what it read before."""
    trace = face(hump(seconds(4), 1, 2, 3), size=0.1)
    trace.probabilities[:] = (0.05, 0.95)
    assert motion_curve(trace).motion.max() > 1
    assert spans(trace) == []


@pytest.mark.parametrize("rise_s", [0.1, 0.2, 0.4])
def test_the_rise_of_an_expression_is_enough_where_the_clip_ends(rise_s):
    time_s = seconds(2)
    (span,) = spans(face(hump(time_s, time_s[-1] - rise_s, time_s[-1], 9.0)))
    assert span.apex == span.offset == len(time_s) - 1
    assert span.cut_end
    assert span.onset >= len(time_s) - 2 - rise_s * FPS


def plateau(start: int, end: int, count: int) -> np.ndarray:
    return np.interp(np.arange(count), [start - 10, start, end, end + 20], [0, 1, 1, 0])


def test_the_apex_of_a_plateau_lies_a_quarter_into_it_and_at_the_cut_where_it_is_cut():
    exact = ApexOptions(short_of=0.001)
    assert strongest_row(plateau(20, 60, 100), exact) == 30
    assert strongest_row(plateau(20, 99, 100), exact, cut_end=True) == 99
    assert strongest_row(plateau(0, 60, 100), exact, cut_start=True) == 0
    assert strongest_row(plateau(20, 60, 100), exact, cut_start=True, cut_end=True) == 30, "cut, but not on the plateau"


def test_a_blink_gives_no_segment():
    time_s = seconds(4)
    blink = hump(time_s, 1.0, 1.15, 1.3)
    assert spans(face(blink, regions=("left_eye", "right_eye"), size=0.15, read=False), MOTION_ALONE) == []
    assert spans(face(blink, size=0.1)) == [], "nor does a twitch of that length elsewhere in the face"


def test_a_blink_does_not_split_an_expression():
    time_s = seconds(4)
    trace = face(hump(time_s, 0.8, 1.4, 3.2))
    blink = hump(time_s, 1.9, 2.05, 2.2)
    trace.displacement[:, 3:5, 1] += 0.15 * blink[:, None]
    trace.displacement[:, 0:3, 1] += 0.01 * blink[:, None]
    (span,) = spans(trace)
    assert span.apex / FPS == pytest.approx(1.4, abs=0.15)


def test_speech_gives_no_segment():
    time_s = seconds(6)
    opened = 0.5 + 0.5 * np.sin(2 * np.pi * 3.5 * time_s) + 0.3 * np.sin(2 * np.pi * 2.3 * time_s + 1)
    talk = np.clip(opened, 0, None) * ((time_s > 1) & (time_s < 5))
    trace = face(talk, regions=("upper_lip", "lower_lip", "chin"), size=0.06, read=False)
    assert motion_curve(trace, CurveOptions(shortest_s=0, shortest_mouth_s=0)).motion.max() > 1, "the mouth moves a lot"
    assert spans(trace, MOTION_ALONE) == []


def test_an_expression_that_lasts_to_the_end_is_a_segment_and_one_from_the_start_too():
    time_s = seconds(4)
    (late,) = spans(face(hump(time_s, 2.5, 3.2, 9.0)))
    assert late.offset == len(time_s) - 1
    assert late.onset / FPS == pytest.approx(2.5, abs=0.2)
    assert (late.cut_start, late.cut_end) == (False, True)
    (early,) = spans(face(hump(time_s, -3.0, 0.4, 1.5)))
    assert (early.cut_start, early.cut_end) == (True, False)
    assert early.onset == 0
    assert early.offset / FPS == pytest.approx(1.5, abs=0.3)


def test_rest_is_the_neutral_face_even_where_the_smile_lasts_longer():
    """As in a short clip in which somebody smiles nearly all the time."""
    time_s = seconds(2.5)
    (span,) = spans(face(hump(time_s, 0.5, 0.8, 9.0)))
    assert span.onset / FPS == pytest.approx(0.5, abs=0.15)


@pytest.mark.parametrize("fps", [15, 25, 60])
def test_seconds_decide_and_not_frames(fps):
    time_s = seconds(4, fps)
    (span,) = spans(face(hump(time_s, 1.0, 1.6, 2.8), fps=fps))
    assert span.onset / fps == pytest.approx(1.0, abs=0.2)
    assert span.apex / fps == pytest.approx(1.6, abs=0.15)


def test_a_variable_rate_is_no_problem():
    whole = face(hump(seconds(4, 60), 1.0, 1.6, 2.8), fps=60)
    rows = np.sort(np.random.default_rng(1).choice(len(whole), 130, replace=False))
    trace = at_times(whole, rows)
    (span,) = spans(trace)
    assert trace.time_s[span.apex] == pytest.approx(1.6, abs=0.2)
    assert trace.time_s[span.onset] == pytest.approx(1.0, abs=0.2)


def test_a_slow_drift_is_no_expression():
    """Another pose after a minute is a new rest."""
    time_s = seconds(90)
    shown = hump(time_s, 10, 10.5, 11.5) + hump(time_s, 80, 80.6, 81.5)
    trace = face(shown, size=0.06)
    trace.displacement[...] += 0.04 * (time_s / 90)[:, None, None].astype(np.float32)
    found = spans(trace)
    assert [trace.time_s[span.apex] for span in found] == [pytest.approx(10.5, abs=0.15), pytest.approx(80.6, abs=0.15)]


def test_a_short_piece_is_passed_over():
    assert spans(face(np.array([0.0, 1.0, 0.0]))) == []


def test_peaks_are_told_by_how_far_they_rise_above_their_valleys():
    curve = np.array([0, 1, 2, 1.6, 1.9, 0.2, 0.1, 0.9, 0.1, 3, 2.9, 3.1, 0.0])
    rule = SegmentRule(strength=0.5, valley=0.3)
    assert find_peaks(curve, rule) == [2, 7, 11]
    assert find_bounds(curve, [2, 7, 11], 1, edge=0.1) == (7, 7)
    assert find_bounds(curve, [2, 7, 11], 2, edge=0.1) == (9, 11)


def test_a_plateau_is_one_peak():
    curve = np.concatenate([np.zeros(10), np.ones(20), np.zeros(10)])
    assert len(find_peaks(curve, SegmentRule())) == 1
