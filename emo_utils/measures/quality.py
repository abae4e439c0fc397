"""Image quality of a face: size, sharpness, brightness, and the angle to the camera.

Sharpness is the variance of the Laplacian, a measure of focus: J. L. Pech-Pacheco et al., "Diatom autofocusing in
brightfield microscopy: a comparative study", ICPR 2000. It is computed from the crop that is the network's input, so
that faces of all sizes are compared at one scale. A face smaller than the crop is enlarged and therefore less sharp.

The angle is that of `measures.pose`: arccos(cos(yaw) cos(pitch)).
"""

import cv2
import numpy as np

from emo_utils.faces.crops import face_side
from emo_utils.measures.landmarks import check_landmarker, face_angle, is_turned_away, landmarks_of
from emo_utils.measures.measure import Column, FaceView, Measure, measures

COLUMNS = {
    "face_px": Column("side of the face in the frame; `faces.crops` defines the face side", "pixels", 0),
    "sharpness": Column("variance of the Laplacian of the network's input crop", "gray values squared", 0),
    "brightness": Column("mean gray value of that crop", "gray values", 0, 255),
    "face_angle": Column("angle between the direction of the face and the camera", "degrees", 0, 180),
}


@measures.register("quality")
def make_quality() -> Measure:
    """Four columns, `face_px`, `sharpness`, `brightness`, `face_angle`."""
    return Measure("quality", COLUMNS, of_face=quality, unreliable=_turned_away, load=check_landmarker)


def quality(face: FaceView) -> tuple[float, float, float, float]:
    """Side in pixels, sharpness, brightness and angle in degrees of one face; the angle is NaN without landmarks."""
    gray = face.crop if face.crop.ndim == 2 else cv2.cvtColor(face.crop, cv2.COLOR_RGB2GRAY)
    side = float(face_side(np.asarray(face.keypoints, np.float32)[None])[0])
    found = landmarks_of(face)
    angle = np.nan if found is None else face_angle(found.rotation)
    return side, float(cv2.Laplacian(gray, cv2.CV_64F).var()), float(gray.mean()), angle


def _turned_away(values: tuple[float, float, float, float]) -> bool:
    return is_turned_away(values[-1])
