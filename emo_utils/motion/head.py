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
    design, weights = _design(), _face_weights()
    target, weight = np.concatenate([flow[:, 0], flow[:, 1]]).astype(float), np.tile(weights, 2)
    for _ in range(ROUNDS):
        weighted = design * weight[:, None]
        motion = np.linalg.solve(design.T @ weighted, weighted.T @ target)
        squared = ((target - design @ motion).reshape(2, -1) ** 2).sum(axis=0)
        scale = max(OUTLIER_PX**2, float(np.median(squared[weights > 0.3])))
        weight = np.tile(weights / (1 + squared / scale) ** 2, 2)  # Geman-McClure
    return motion


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
def _face_weights() -> np.ndarray:
    """Weights of the points: about 1 on the face, about 0 beside it."""
    x, y = places().astype(float).T
    return np.exp(-((x / 0.55) ** 4) - (y / 0.62) ** 4)
