"""One run of the face landmarker per face, shared by the measures `pose`, `blendshapes`, `eyes` and `quality`."""

import numpy as np

from emo_utils.assets import locate
from emo_utils.faces.landmarks import ASSET, FaceLandmarker, FaceLandmarks
from emo_utils.measures.measure import FaceView

LARGEST_ANGLE = 45.0
"""Angle between face and camera, in degrees, above which a face is of low quality.

The networks have learnt from FER+, which has almost no such faces: 23 of the 3,285 validation faces with landmarks.
Their accuracy falls from 88.1 % below 10 degrees (n = 1,242) to 79.4 % at 30 to 40 degrees (n = 180; `ferplus-int8`,
validation, plurality, FER+'s own prior). Without landmarks it is 76.9 % (n = 268).
"""


def check_landmarker() -> None:
    """Fetch the model file of the landmarker if it is absent.

    Raises:
        AssetError: it cannot be fetched.
    """
    locate(ASSET)


def landmarks_of(face: FaceView) -> FaceLandmarks | None:
    """The landmarks of a face, computed once for all measures; None where none are found."""
    return face.once("landmarks", lambda: face.instruments.get(FaceLandmarker).find(face.pixels, face.keypoints))


def face_angle(rotation: np.ndarray) -> float:
    """Angle in degrees between the direction of the face and the camera, for a rotation (3, 3)."""
    return float(np.degrees(np.arccos(np.clip(rotation[2, 2], -1, 1))))


def is_turned_away(angle: float) -> bool:
    """Whether a face is turned too far for a reliable prediction, or no landmarks were found (NaN)."""
    return not angle <= LARGEST_ANGLE
