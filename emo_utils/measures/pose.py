"""Head pose: yaw, pitch and roll.

They are the angles of the rotation Rz(roll) Ry(yaw) Rx(pitch) of MediaPipe's facial transformation matrix; the same
order as in T. Hempel et al., "6D Rotation Representation for Unconstrained Head Pose Estimation", ICIP 2022. A rotation
of the picture in its plane changes the roll alone. The angles are relative to the line from the camera to the face, not
to the camera's axis. Zero is MediaPipe's canonical face.
"""

import numpy as np

from emo_utils.measures.landmarks import check_landmarker, is_turned_away, landmarks_of
from emo_utils.measures.measure import Column, FaceView, Measure, measures

COLUMNS = {
    "yaw": Column("head turned to the side; positive towards the right of the picture", "degrees", -90, 90),
    "pitch": Column("head turned up (positive) or down", "degrees", -180, 180),
    "roll": Column("head tilted in the picture plane; positive clockwise", "degrees", -180, 180),
}


@measures.register("pose")
def make_pose() -> Measure:
    """Three columns, `yaw`, `pitch`, `roll`."""
    return Measure("pose", COLUMNS, of_face=pose, unreliable=_turned_away, load=check_landmarker)


def pose(face: FaceView) -> tuple[float, float, float]:
    """Yaw, pitch and roll of one face in degrees; NaN where no landmarks are found."""
    found = landmarks_of(face)
    return (np.nan,) * 3 if found is None else angles(found.rotation)


def angles(rotation: np.ndarray) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees of a rotation (3, 3); see `FaceLandmarks.rotation` for its axes."""
    yaw = np.arctan2(-rotation[2, 0], np.hypot(rotation[0, 0], rotation[1, 0]))
    pitch = -np.arctan2(rotation[2, 1], rotation[2, 2])
    roll = -np.arctan2(rotation[1, 0], rotation[0, 0])
    return tuple(float(np.degrees(angle)) for angle in (yaw, pitch, roll))


def _turned_away(values: tuple[float, float, float]) -> bool:
    yaw, pitch = np.radians(values[:2])
    return is_turned_away(float(np.degrees(np.arccos(np.cos(yaw) * np.cos(pitch)))))
