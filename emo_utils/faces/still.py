"""Face detection in a single picture, where no other frames confirm a detection."""

import cv2
import numpy as np

from emo_utils.faces.detector import FaceDetector
from emo_utils.structures import LONGEST_SIDE_PX, MOST_PIXELS, Detections

LEAST_CONFIDENCE = 0.5
"""Smallest confidence of a face in a picture; the detection of the highest confidence always counts. In clips the
threshold is higher (`tracker.SURE`), since thousands of frames give more false detections."""

ENLARGED_TO_PX = 192
"""Shorter side to which a small picture is enlarged for the second detection."""

BORDER = 0.5
"""Border added on each side for the second detection, as a share of the longer side."""


def detect_in_picture(pixels: np.ndarray, detector: FaceDetector) -> Detections:
    """The faces of a picture, uint8 (H, W, 3) RGB.

    The first detection is the same as for a frame of a clip. If it finds nothing, a second one runs on the picture
    with a border of repeated edges; small pictures are also enlarged. Detectors are trained on faces with some
    background, and a face that fills the picture has none. A picture that would be too large then is left as it is.
    Measured on 200 FER+ test pictures: cut to their inner
    32 x 32 pixels, BlazeFace finds 168 at first and 183 with the second detection. In whole pictures it finds 199 and
    200, Haar 89 and 144.
    """
    found = detector.detect(pixels)
    scale = max(1.0, ENLARGED_TO_PX / min(pixels.shape[:2]))
    with_border_px = (1 + 2 * BORDER) * scale * max(pixels.shape[:2])
    if len(found) or with_border_px > LONGEST_SIDE_PX or with_border_px**2 > MOST_PIXELS:
        return found
    large = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR) if scale > 1 else pixels
    border = round(BORDER * max(large.shape[:2]))
    found = detector.detect(cv2.copyMakeBorder(large, *[border] * 4, cv2.BORDER_REPLICATE))
    keypoints = None if found.keypoints is None else (found.keypoints - border) / np.float32(scale)
    return Detections((found.boxes - border) / np.float32(scale), found.confidence, keypoints)


class StillDetector:
    """Wraps a detector so that it uses `detect_in_picture`; see `FaceDetector`."""

    def __init__(self, detector: FaceDetector):
        self._detector = detector
        self.name, self.reach = detector.name, detector.reach

    def detect(self, pixels: np.ndarray) -> Detections:
        """See `detect_in_picture`."""
        return detect_in_picture(pixels, self._detector)

    def close(self) -> None:
        """See `FaceDetector.close`."""
        self._detector.close()


class StillTracker:
    """Each face gets its own track, that of the highest confidence first; see `FaceTracker`."""

    def update(self, found: Detections, pixels: np.ndarray | None = None) -> dict[int, int]:
        """Track id (from 1) to row of `found`."""
        surest_first = np.argsort(-found.confidence)
        number = max(1, int((found.confidence >= LEAST_CONFIDENCE).sum()))
        return dict(enumerate(surest_first[:number].tolist(), start=1))
