import numpy as np
import pytest

from emo_utils.motion.filters import gaussian, median_of_three, opening, running_median

TIME_S = np.arange(120) / 30


def test_an_opening_takes_off_short_peaks_and_leaves_long_ones_and_their_edges():
    values = np.zeros(120)
    values[10:16] = 1  # 0.2 s
    values[40:80] = 2  # 1.3 s
    values[60:64] = 3
    out = opening(values, TIME_S, 0.3)
    expected = np.zeros(120)
    expected[40:80] = 2
    np.testing.assert_array_equal(out, expected)


def test_what_the_end_of_the_clip_cuts_short_stays():
    values = np.zeros(120)
    values[:6] = values[-6:] = 1
    np.testing.assert_array_equal(opening(values, TIME_S, 0.3), values)
    np.testing.assert_array_equal(opening(np.roll(values, 20), TIME_S, 0.5), 0)


def test_what_rises_at_the_end_stays_as_far_as_enough_of_it_is_seen():
    rising = np.zeros(120)
    rising[-4:] = [0.2, 0.5, 0.9, 1.0]
    np.testing.assert_array_equal(opening(rising, TIME_S, 0.3), 0)
    np.testing.assert_array_equal(opening(rising, TIME_S, 0.3, at_ends_s=0.034)[-4:], [0.2, 0.5, 0.9, 0.9])
    np.testing.assert_array_equal(opening(rising[::-1], TIME_S, 0.3, at_ends_s=0.034)[:4], [0.9, 0.9, 0.5, 0.2])
    np.testing.assert_array_equal(opening(np.roll(rising, -40), TIME_S, 0.3, at_ends_s=0.034), 0)


@pytest.mark.parametrize("fps", [25, 30, 60])
def test_a_running_median_takes_off_jumps_shorter_than_half_its_width(fps):
    time_s = np.arange(4 * fps) / fps
    step = (time_s > 2).astype(float)
    jumps = step.copy()
    jumps[fps : fps + max(1, round(0.06 * fps))] = 5
    np.testing.assert_array_equal(running_median(jumps, time_s, 0.16), step)


def test_a_gaussian_keeps_a_line_inside_and_weighs_by_time():
    line = 2 + 3 * TIME_S
    np.testing.assert_allclose(gaussian(line, TIME_S, 0.1)[20:-20], line[20:-20], atol=1e-9)
    impulse = np.zeros(120)
    impulse[60] = 1
    out = gaussian(impulse, TIME_S, 0.1)
    assert out[63] / out[60] == pytest.approx(np.exp(-0.5), abs=1e-6), "0.1 s away"
    assert out.sum() == pytest.approx(1, abs=1e-6)


def test_a_gaussian_does_not_reach_over_a_gap():
    times_s = np.concatenate([TIME_S, TIME_S + 60])
    values = np.concatenate([np.zeros(120), np.ones(120)])
    np.testing.assert_array_equal(gaussian(values, times_s, 0.2), values)


def test_frames_of_a_gaussian_may_be_vectors():
    values = np.random.default_rng(0).normal(size=(120, 3, 2))
    out = gaussian(values, TIME_S, 0.1)
    np.testing.assert_allclose(out[:, 1, 1], gaussian(values[:, 1, 1], TIME_S, 0.1))


def test_a_single_outlier_goes_with_the_median():
    values = np.array([0.0, 0, 9, 0, 1, 1, 1])
    np.testing.assert_array_equal(median_of_three(values), [0, 0, 0, 1, 1, 1, 1])
