"""Noise and speech in traces in which both are exactly known."""

import numpy as np
import pytest
from traces import face, hump, seconds

from emo_utils.motion.disturbance import noise_level, speech_level

LIPS = ("upper_lip", "lower_lip", "chin")


def syllables(time_s, hertz=3.0, start_s=1.0, end_s=7.0):
    return (0.5 + 0.5 * np.sin(2 * np.pi * hertz * time_s)) * ((time_s > start_s) & (time_s < end_s))


@pytest.mark.parametrize("noise", [0.0003, 0.001, 0.003])
def test_noise_is_measured_whatever_the_face_does(noise):
    moving = face(hump(seconds(8), 2, 3, 5), noise=noise)
    assert noise_level(moving.displacement) == pytest.approx(noise, rel=0.15)


def test_a_failure_of_the_flow_in_one_region_is_no_noise():
    trace = face(np.zeros(240), noise=0.001)
    trace.displacement[::3, 9] += 0.2
    assert noise_level(trace.displacement) == pytest.approx(0.001, rel=0.2)


@pytest.mark.parametrize("fps", [25, 30, 60])
def test_speech_is_told_from_one_expression(fps):
    time_s = seconds(8, fps)
    talk = face(syllables(time_s), regions=LIPS, fps=fps)
    smile = face(hump(time_s, 2, 3, 5), regions=("left_mouth_corner", "right_mouth_corner", *LIPS), fps=fps)
    spoken, shown = (speech_level(trace.displacement, trace.time_s) for trace in (talk, smile))
    assert spoken[4 * fps] > 0.02
    assert shown.max() == 0


def test_lips_alone_do_not_speak():
    """As where the flow in an open mouth jumps between two answers: the jaw does not move."""
    talk = syllables(seconds(8))
    levels = [
        speech_level(trace.displacement, trace.time_s).max()
        for trace in (face(talk, regions=LIPS), face(talk, regions=("upper_lip", "lower_lip", "left_mouth_corner")))
    ]
    assert levels[1] < 0.25 * levels[0]


def test_a_trace_of_a_single_frame_has_neither():
    trace = face(np.zeros(1))
    assert noise_level(trace.displacement) == 0
    assert speech_level(trace.displacement, trace.time_s).tolist() == [0]
