"""The regions of an aligned face, and the points at which motion is measured.

Places are in face sides (`faces.crops` defines them) from the middle between eye line and mouth: the eyes lie at
(-0.25, -0.25) and (0.25, -0.25), the mouth at (0, 0.25).
"""

from functools import cache

import numpy as np

from emo_utils.faces.crops import CENTRE
from emo_utils.structures import InputSpec

SPEC = InputSpec(size=112, margin=0.25)
"""The aligned gray face in which motion is measured: a face side is 75 of its 112 pixels."""

FACE_SIDE_PX = SPEC.size / (1 + 2 * SPEC.margin)

MIDDLE_PX = np.array(CENTRE) * SPEC.size - 0.5
"""The middle of the face in the aligned face, x y; a pixel's centre has whole coordinates."""

STEP_PX = 4
"""Distance of the points at which motion is measured."""

REGIONS = {
    "left_brow": (-0.27, -0.42, 0.14, 0.07),
    "middle_brow": (0.0, -0.42, 0.10, 0.08),
    "right_brow": (0.27, -0.42, 0.14, 0.07),
    "left_eye": (-0.25, -0.25, 0.14, 0.07),
    "right_eye": (0.25, -0.25, 0.14, 0.07),
    "nose": (0.0, -0.02, 0.10, 0.12),
    "left_cheek": (-0.30, 0.0, 0.12, 0.10),
    "right_cheek": (0.30, 0.0, 0.12, 0.10),
    "left_mouth_corner": (-0.20, 0.25, 0.10, 0.10),
    "upper_lip": (0.0, 0.18, 0.12, 0.05),
    "lower_lip": (0.0, 0.34, 0.12, 0.06),
    "right_mouth_corner": (0.20, 0.25, 0.10, 0.10),
    "chin": (0.0, 0.50, 0.14, 0.08),
}
"""Middle x and y, half width and half height, in face sides; left and right as the picture shows them."""

GROUPS = {
    "brows": ("left_brow", "middle_brow", "right_brow"),
    "eyes": ("left_eye", "right_eye"),
    "nose": ("nose",),
    "cheeks": ("left_cheek", "right_cheek"),
    "mouth": ("left_mouth_corner", "upper_lip", "lower_lip", "right_mouth_corner"),
    "chin": ("chin",),
}

NAMES = tuple(REGIONS)

WITHOUT_EYES = np.array([not name.endswith("eye") for name in NAMES])
"""The regions used for expressions: all but the eyes, which also move in blinks and glances."""

SPEAKS = np.array([name in (*GROUPS["mouth"], *GROUPS["chin"]) for name in NAMES])
"""The regions that move in speech."""


@cache
def points() -> np.ndarray:
    """Where motion is measured: float32 (N, 2), x y in pixels of the aligned face."""
    line = np.arange(STEP_PX // 2, SPEC.size, STEP_PX, dtype=np.float32)
    x, y = np.meshgrid(line, line)
    return np.stack([x.ravel(), y.ravel()], axis=1)


@cache
def places() -> np.ndarray:
    """The same points in face sides from the middle of the face, float32 (N, 2)."""
    return (points() - MIDDLE_PX.astype(np.float32)) / np.float32(FACE_SIDE_PX)


@cache
def region_weights() -> np.ndarray:
    """Averages over each region as a matrix float32 (R, N); rows sum to one."""
    x, y = places().T
    rows = [(abs(x - cx) <= rx) & (abs(y - cy) <= ry) for cx, cy, rx, ry in REGIONS.values()]
    inside = np.array(rows, np.float32)
    return inside / inside.sum(axis=1, keepdims=True)
