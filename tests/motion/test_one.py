"""Exactly one expression, in traces whose motion is exactly known: of any length, at any rate, however faint."""

import numpy as np
import pytest
from traces import face, hump, seconds

from emo_utils.motion.one import find_one


@pytest.mark.parametrize("fps", [30, 100, 200])
@pytest.mark.parametrize("duration_s", [0.25, 0.46, 3.0])
def test_the_apex_is_found_whatever_the_length(fps, duration_s):
    time_s = seconds(duration_s, fps)
    shown = hump(time_s, 0.2 * duration_s, 0.5 * duration_s, 0.85 * duration_s)
    span = find_one(face(shown, fps=fps))
    assert time_s[span.apex] == pytest.approx(0.5 * duration_s, abs=max(1.01 / fps, 0.04 * duration_s))
    assert 0 < span.onset < span.apex < span.offset < len(time_s) - 1
    assert (span.cut_start, span.cut_end) == (False, False)


def test_a_tenth_of_an_expression_is_enough():
    time_s = seconds(0.4, 200)
    faint = face(0.1 * hump(time_s, 0.08, 0.2, 0.36), fps=200, noise=0.001, read=False)
    assert find_one(faint).apex == pytest.approx(40, abs=8)


def test_what_is_still_on_at_the_end_has_its_apex_there():
    time_s = seconds(1.0)
    span = find_one(face(hump(time_s, 0.2, 0.9, 9.0)))
    assert span.apex >= 26
    assert span.offset == 29
    assert span.cut_end


def test_a_slow_turn_of_the_head_is_not_the_expression():
    time_s = seconds(0.45, 200)
    trace = face(0.3 * hump(time_s, 0.07, 0.2, 0.35), fps=200)
    trace.displacement[:, :, 0] += (0.012 * time_s / time_s[-1])[:, None].astype(np.float32)
    span = find_one(trace)
    assert time_s[span.apex] == pytest.approx(0.2, abs=0.04)
    assert not span.cut_end


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_there_is_always_one(count):
    span = find_one(face(np.zeros(count)))
    assert 0 <= span.onset <= span.apex <= span.offset < count
