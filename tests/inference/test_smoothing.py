import numpy as np
import pytest

from emo_utils.errors import UnknownNameError
from emo_utils.inference.smoothing import LONGEST_GAP_S, METHODS, smooth


@pytest.fixture
def flicker():
    """Two seconds of class 0, then two of class 1, at 25 frames a second, with five single wrong frames."""
    times_s = np.arange(100) / 25
    truth = (times_s >= 2).astype(int)
    seen = truth.copy()
    seen[[10, 23, 37, 60, 81]] = 2
    return np.full((100, 3), 0.1) + 0.7 * np.eye(3)[seen], times_s, truth


@pytest.mark.parametrize("method", list(METHODS))
def test_rows_stay_distributions(method, flicker):
    probabilities, times_s, _ = flicker
    out = smooth(probabilities, times_s, method)
    assert out.shape == probabilities.shape
    np.testing.assert_allclose(out.sum(axis=1), 1, atol=1e-9)
    assert (out >= 0).all()


@pytest.mark.parametrize("method", ["exponential", "majority", "viterbi"])
def test_flicker_goes_and_the_change_stays_where_it_is(method, flicker):
    probabilities, times_s, truth = flicker
    out = smooth(probabilities, times_s, method).argmax(axis=1)
    assert (out == 2).sum() == 0, "single wrong frames survive"
    changes = np.flatnonzero(np.diff(out)) + 1
    assert len(changes) == 1
    assert abs(changes[0] - 50) <= 1, "the change is delayed or early"
    assert (out == truth).mean() >= 0.99


def test_none_changes_nothing(flicker):
    probabilities, times_s, _ = flicker
    np.testing.assert_array_equal(smooth(probabilities, times_s, "none"), probabilities)


@pytest.mark.parametrize("method", ["exponential", "majority", "viterbi"])
def test_nothing_is_carried_over_a_long_absence(method):
    probabilities = np.array([[0.9, 0.1]] * 10 + [[0.2, 0.8]] * 10)
    times_s = np.concatenate([np.arange(10) / 25, 10 / 25 + LONGEST_GAP_S + 1 + np.arange(10) / 25])
    out = smooth(probabilities, times_s, method, seconds=5.0)
    assert (out.argmax(axis=1) == [0] * 10 + [1] * 10).all()
    if method == "exponential":
        np.testing.assert_allclose(out, probabilities)


def test_the_same_clip_at_another_rate_is_smoothed_alike():
    slow_s, fast_s = np.arange(0, 4, 0.1), np.arange(0, 4, 0.02)
    step = [np.column_stack([t < 2, t >= 2]).astype(float) for t in (slow_s, fast_s)]
    slow, fast = (smooth(p, t, "exponential", 0.4) for p, t in zip(step, (slow_s, fast_s), strict=True))
    np.testing.assert_allclose(np.interp(slow_s, fast_s, fast[:, 0]), slow[:, 0], atol=0.12)


def test_an_unknown_method_lists_the_known():
    with pytest.raises(UnknownNameError, match="exponential, majority, none, viterbi"):
        smooth(np.ones((1, 1)), np.zeros(1), "kalman")


def test_an_empty_track_is_fine():
    assert smooth(np.empty((0, 3)), np.empty(0), "viterbi").shape == (0, 3)
