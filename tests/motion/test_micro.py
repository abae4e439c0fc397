"""Micro-expressions, in traces whose motion is exactly known: 200 frames a second, a fraction of the usual strength."""

import numpy as np
import pytest
from traces import face, hump, seconds

from emo_utils.errors import VideoError
from emo_utils.motion.micro import find_micro, is_blink, rate_warning
from emo_utils.motion.segments import Span, find_segments

FPS = 200
EYES = ("left_eye", "right_eye")


def faint(shown, **about):
    return face(0.15 * shown, fps=FPS, noise=0.0003, **about)


def test_one_that_is_as_short_as_a_blink_is_found_and_its_apex_too():
    time_s = seconds(3, FPS)
    trace = faint(hump(time_s, 1.0, 1.1, 1.25))
    (span,) = find_micro(trace)
    assert span.onset / FPS == pytest.approx(1.0, abs=0.05)
    assert span.apex / FPS == pytest.approx(1.1, abs=0.02)
    assert span.offset / FPS == pytest.approx(1.25, abs=0.06)
    assert find_segments(trace)[0] == [], "the rule for expressions of ordinary length takes it off as a twitch"


def test_a_blink_is_none_by_place_and_not_by_length():
    time_s = seconds(3, FPS)
    lids = 2 * hump(time_s, 1.0, 1.1, 1.25)
    assert find_micro(faint(lids, regions=EYES)) == []
    blink = faint(lids, regions=EYES)
    blink.displacement[:, 0:3, 1] += (0.003 * hump(time_s, 1.0, 1.1, 1.25))[:, None]
    assert find_micro(blink) == [], "the brows follow the lids a little"
    assert is_blink(blink, Span(200, 220, 250, 1.0))
    assert len(find_micro(faint(lids, regions=("left_brow", "middle_brow", "right_brow")))) == 1


def test_what_lasts_longer_or_only_rises_is_none():
    time_s = seconds(4, FPS)
    assert find_micro(faint(hump(time_s, 1.0, 1.8, 2.8))) == []
    assert find_micro(faint(hump(time_s, 1.0, 1.1, 99.0))) == [], "an onset, however fast"
    assert find_micro(faint(np.zeros(len(time_s)))) == [], "nor is noise"


@pytest.mark.parametrize("fps", [30, 60, 100, 200])
def test_seconds_decide_and_not_frames(fps):
    time_s = seconds(3, fps)
    (span,) = find_micro(face(0.3 * hump(time_s, 1.0, 1.15, 1.35), fps=fps, noise=0.0003))
    assert span.apex / fps == pytest.approx(1.15, abs=0.04)


def test_a_low_frame_rate_is_told_and_a_useless_one_refused():
    assert rate_warning(200) == rate_warning(None) == ""
    assert "100 or more" in rate_warning(29.97)
    with pytest.raises(VideoError, match="expected 25 frames a second, found 12"):
        rate_warning(12)
