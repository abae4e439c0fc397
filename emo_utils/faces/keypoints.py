"""Converts the keypoints of a detector to the common rows: LEFT_EYE, RIGHT_EYE, NOSE, MOUTH, then the other points.

Left and right are the sides of the picture for an upright face, so the person's right eye comes first. Each row stays
with the same eye when the head is upside down; an aligned crop is then upright.
"""

import numpy as np

MESH_POINTS = 478
"""Number of points of MediaPipe's face mesh with both irises."""

MESH_EYE_CORNERS = ((33, 133), (362, 263))
"""Corners of the left and of the right eye in the picture. Blinks and gaze do not move them."""

MESH_NOSE_TIP = 1

MESH_INNER_LIPS = (13, 14)
"""Middle of the upper and of the lower lip, where they touch."""


def from_five_points(points: np.ndarray) -> np.ndarray:
    """Keypoints from five points: eyes, nose tip, mouth corners.

    Args:
        points: float (N, 5, 2) in pixels, in that order, the picture's left one of each pair first.

    Returns:
        float32 (N, 6, 2): the four common rows, the mouth as the middle of its corners; then the two corners.
    """
    mouth = points[:, 3:5].mean(axis=1, keepdims=True)
    return np.concatenate([points[:, :3], mouth, points[:, 3:5]], axis=1).astype(np.float32)


def from_mesh(points: np.ndarray) -> np.ndarray:
    """Keypoints of MediaPipe's face mesh.

    The four common rows match those of BlazeFace, so that both detectors give the same framing of a crop. Over 186
    frames of six clips their medians differ by less than 0.02 face sides.

    Args:
        points: float (N, 478, 2) in pixels.

    Returns:
        float32 (N, 482, 2): the four common rows, then the mesh; mesh point i is row i + 4.
    """
    eyes = [points[:, corners].mean(axis=1) for corners in MESH_EYE_CORNERS]
    common = [*eyes, points[:, MESH_NOSE_TIP], points[:, MESH_INNER_LIPS].mean(axis=1)]
    return np.concatenate([np.stack(common, axis=1), points], axis=1).astype(np.float32)
