"""Head motion in a flow field, fitted robustly; the residual is the motion of the face regions.

Source: M. J. Black, Y. Yacoob, "Recognizing Facial Expressions in Image Sequences Using Local Parameterized Models of
Image Motion", IJCV 25, 1997. A parametric model removes the rigid motion of the head. It is estimated with a robust
norm, so that the moving mouth and brows have little weight. Of the models compared here (similarity, affine, planar)
the similarity is used, since the others also remove parts of the expressions.
"""

from functools import cache

import numpy as np

from emo_utils.motion.regions import FACE_SIDE_PX, MIDDLE_PX, places

ROUNDS = 5
OUTLIER_PX = 0.6
"""Residuals above about this have little weight in the fit."""


def head_motion(flow: np.ndarray) -> np.ndarray:
    """Fit a similarity to a flow field.

    Args:
        flow: float (N, 2) in pixels, at `regions.points()`.

    Returns:
        float64 (4,): shift right and down in pixels, growth and turn in pixels per face side.
    """
    x, y = places().astype(float).T
    u, v = flow.astype(float).T
    terms = np.stack([np.ones_like(x), x, y, x * x + y * y, u, v, x * u + y * v, x * v - y * u])
    weights, on_face = _face_weights()
    weight = weights
    for _ in range(ROUNDS):
        right, down, growth, turn = motion = _similarity(terms @ weight)
        squared = (u - right - growth * x + turn * y) ** 2 + (v - down - growth * y - turn * x) ** 2
        scale = max(OUTLIER_PX**2, _median(squared[on_face]))
        weight = weights / (1 + squared / scale) ** 2  # Geman-McClure
    return motion


def _similarity(sums: np.ndarray) -> np.ndarray:
    """The least-squares similarity (4,) in closed form, from the weighted sums of the terms of `head_motion`."""
    one, x, y, squares, u, v, along, across = sums.tolist()
    spread = squares - (x * x + y * y) / one
    growth = (along - (x * u + y * v) / one) / spread
    turn = (across - (x * v - y * u) / one) / spread
    return np.array([(u - growth * x + turn * y) / one, (v - growth * y - turn * x) / one, growth, turn])


def _median(values: np.ndarray) -> float:
    """As `numpy.median`, in a third of the time."""
    middle = len(values) // 2
    near = (middle,) if len(values) % 2 else (middle - 1, middle)
    return float(np.partition(values, near)[list(near)].mean())


def head_flow(motion: np.ndarray) -> np.ndarray:
    """The flow of a head motion (4,), float64 (N, 2) in pixels."""
    return (_design() @ motion).reshape(2, -1).T


def as_transform(motion: np.ndarray) -> np.ndarray:
    """A head motion (4,) as an affine map float64 (2, 3) from the first aligned face's pixels to the second's."""
    right, down, growth, turn = motion / (1, 1, FACE_SIDE_PX, FACE_SIDE_PX)
    linear = np.array([[1 + growth, -turn], [turn, 1 + growth]])
    return np.hstack([linear, (MIDDLE_PX + (right, down) - linear @ MIDDLE_PX)[:, None]])


@cache
def _design() -> np.ndarray:
    x, y = places().astype(float).T
    one, zero = np.ones_like(x), np.zeros_like(x)
    return np.vstack([np.stack([one, zero, x, -y], axis=1), np.stack([zero, one, y, x], axis=1)])


@cache
def _face_weights() -> tuple[np.ndarray, np.ndarray]:
    """Weights of the points: about 1 on the face, about 0 beside it; and the rows of those on it."""
    x, y = places().astype(float).T
    weights = np.exp(-((x / 0.55) ** 4) - (y / 0.62) ** 4)
    return weights, np.flatnonzero(weights > 0.3)
