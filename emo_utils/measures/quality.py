"""Image quality of a face: size, sharpness and brightness.

Sharpness is the variance of the Laplacian, a measure of focus: J. L. Pech-Pacheco et al., "Diatom autofocusing in
brightfield microscopy: a comparative study", ICPR 2000. It is computed from the crop that is the network's input, so
that faces of all sizes are compared at one scale. A face smaller than the crop is enlarged and therefore less sharp.
"""

import cv2
import numpy as np

from emo_utils.faces.crops import face_side
from emo_utils.measures.measure import Column, FaceView, Measure, measures

COLUMNS = {
    "face_px": Column("side of the face in the frame; `faces.crops` defines the face side", "pixels", 0),
    "sharpness": Column("variance of the Laplacian of the network's input crop", "gray values squared", 0),
    "brightness": Column("mean gray value of that crop", "gray values", 0, 255),
}


@measures.register("quality")
def make_quality() -> Measure:
    """Three columns, `face_px`, `sharpness`, `brightness`."""
    return Measure("quality", COLUMNS, of_face=quality)


def quality(face: FaceView) -> tuple[float, float, float]:
    """Side in pixels, sharpness and brightness of one face."""
    gray = face.crop if face.crop.ndim == 2 else cv2.cvtColor(face.crop, cv2.COLOR_RGB2GRAY)
    side = float(face_side(np.asarray(face.keypoints, np.float32)[None])[0])
    return side, float(cv2.Laplacian(gray, cv2.CV_64F).var()), float(gray.mean())
