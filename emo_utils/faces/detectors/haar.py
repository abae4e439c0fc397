"""Haar cascade of OpenCV: needs no model file, works offline, misses turned heads.

Source: P. Viola, M. Jones, CVPR 2001; the cascade is R. Lienhart's, shipped with OpenCV 4.
"""

import numpy as np

from emo_utils.faces.detector import detectors
from emo_utils.structures import Detections

STEPS_FOR_CERTAINTY = 20.0
"""Stage weight that is mapped to a confidence of 1; cascades give weights, not probabilities."""

SMALLEST_FACE = 0.08
"""Smallest face side, as a share of the frame's shorter side."""


@detectors.register("haar")
class HaarDetector:
    """See `FaceDetector`. Gives boxes only: crops made from them are upright, not aligned."""

    name = "haar"
    reach = None

    def __init__(self):
        import cv2

        self._gray = lambda pixels: cv2.equalizeHist(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
        self._cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_alt2.xml")

    def detect(self, pixels: np.ndarray) -> Detections:
        """See `FaceDetector.detect`."""
        side = max(24, int(min(pixels.shape[:2]) * SMALLEST_FACE))
        boxes, _, weights = self._cascade.detectMultiScale3(
            self._gray(pixels), scaleFactor=1.1, minNeighbors=4, minSize=(side, side), outputRejectLevels=True
        )
        if len(boxes) == 0:
            return Detections.empty()
        x, y, width, height = np.asarray(boxes, np.float32).T
        confidence = np.clip(np.asarray(weights, np.float32).ravel() / STEPS_FOR_CERTAINTY, 0, 1)
        return Detections(np.stack([x, y, x + width, y + height], axis=1), confidence)

    def close(self) -> None:
        """See `FaceDetector.close`."""
