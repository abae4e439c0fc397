"""Tests of the head's motion: the closed form is the least-squares fit, and outliers do not pull it."""

import numpy as np
import pytest

from emo_utils.motion.head import _similarity, head_flow, head_motion
from emo_utils.motion.regions import places

MOTION = np.array([1.5, -0.7, 0.4, -0.3])


def test_the_closed_form_is_the_weighted_least_squares_fit() -> None:
    rng = np.random.default_rng(0)
    x, y = places().astype(float).T
    flow, weight = rng.normal(size=(len(x), 2)), rng.uniform(0.1, 1, len(x))
    u, v = flow.T
    terms = np.stack([np.ones_like(x), x, y, x * x + y * y, u, v, x * u + y * v, x * v - y * u])
    zero, one = np.zeros_like(x), np.ones_like(x)
    design = np.vstack([np.stack([one, zero, x, -y], axis=1), np.stack([zero, one, y, x], axis=1)])
    root = np.sqrt(np.tile(weight, 2))
    expected = np.linalg.lstsq(design * root[:, None], np.concatenate([u, v]) * root, rcond=None)[0]
    assert _similarity(terms @ weight) == pytest.approx(expected, abs=1e-10)


def test_a_moving_mouth_does_not_count_as_a_moving_head() -> None:
    flow = head_flow(MOTION)
    mouth = places()[:, 1] > 0.2
    flow[mouth] += (0.0, 4.0)
    assert head_motion(flow) == pytest.approx(MOTION, abs=0.02)
