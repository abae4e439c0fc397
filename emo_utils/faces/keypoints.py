"""From a detector's own points to the rows all of the kit reads: LEFT_EYE, RIGHT_EYE, NOSE, MOUTH, then the rest.

Left and right are those of an upright face as the picture shows it, so the person's right eye comes first. The rows
stay with their eye when the head is turned upside down: an aligned crop is then upright.
"""

import numpy as np

MESH_POINTS = 478
"""Of MediaPipe's face mesh with both irises."""

MESH_EYE_CORNERS = ((33, 133), (362, 263))
"""Corners of the eye on the picture's left, and of the other. A blink or a glance leaves them where they are."""

MESH_NOSE_TIP = 1

MESH_INNER_LIPS = (13, 14)
"""Middle of the upper and of the lower lip, where they touch."""


def from_five_points(points: np.ndarray) -> np.ndarray:
    """Keypoints of the common five: eyes, nose tip, mouth corners.

    Args:
        points: float (N, 5, 2) in pixels, in that order, the picture's left one of each pair first.

    Returns:
        float32 (N, 6, 2): the four common rows, the mouth as the middle of its corners; then the two corners.
    """
    mouth = points[:, 3:5].mean(axis=1, keepdims=True)
    return np.concatenate([points[:, :3], mouth, points[:, 3:5]], axis=1).astype(np.float32)


def from_mesh(points: np.ndarray) -> np.ndarray:
    """Keypoints of MediaPipe's face mesh.

    The four common rows lie where BlazeFace sets them, so that a crop is framed the same whichever of the two found
    the face: over 186 frames of six clips their medians differ by less than 0.02 face sides.

    Args:
        points: float (N, 478, 2) in pixels.

    Returns:
        float32 (N, 482, 2): the four common rows, then the mesh; mesh point i is row i + 4.
    """
    eyes = [points[:, corners].mean(axis=1) for corners in MESH_EYE_CORNERS]
    common = [*eyes, points[:, MESH_NOSE_TIP], points[:, MESH_INNER_LIPS].mean(axis=1)]
    return np.concatenate([np.stack(common, axis=1), points], axis=1).astype(np.float32)
