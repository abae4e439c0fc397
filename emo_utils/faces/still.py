"""The faces of a single picture, where no other frame confirms or refutes them."""

import cv2
import numpy as np

from emo_utils.faces.detector import FaceDetector
from emo_utils.structures import Detections

LEAST_CONFIDENCE = 0.5
"""Detection confidence from which each find in a picture counts as a face; the surest find always does. A clip asks for
more (`tracker.SURE`), since it has thousands of frames to be wrong in."""

LOOKED_AT_PX = 192
"""Shortest side to which a small picture is enlarged for the second look."""

BORDER = 0.5
"""Of the longer side, added on each side for the second look."""


def detect_in_picture(pixels: np.ndarray, detector: FaceDetector) -> Detections:
    """The faces of a picture, uint8 (H, W, 3) RGB.

    The picture is looked at as a frame of a clip would be. Where nothing is found, it is looked at once more with its
    edges repeated around it, small ones enlarged: a face that fills the picture has no surroundings, and detectors
    have learnt faces with some. Of 200 FER+ test pictures cut down to their inner 32 x 32 pixels BlazeFace finds 168
    at the first look and 183 with the second; of whole ones 199 and 200, Haar 89 and 144.
    """
    found = detector.detect(pixels)
    if len(found):
        return found
    scale = max(1.0, LOOKED_AT_PX / min(pixels.shape[:2]))
    large = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR) if scale > 1 else pixels
    border = round(BORDER * max(large.shape[:2]))
    found = detector.detect(cv2.copyMakeBorder(large, *[border] * 4, cv2.BORDER_REPLICATE))
    keypoints = None if found.keypoints is None else (found.keypoints - border) / np.float32(scale)
    return Detections((found.boxes - border) / np.float32(scale), found.confidence, keypoints)


class StillDetector:
    """Another detector with `detect_in_picture`; see `FaceDetector`."""

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
    """Every face is one of its own, the surest first; see `FaceTracker`."""

    def update(self, found: Detections, pixels: np.ndarray | None = None) -> dict[int, int]:
        """Row of `found` by track id, from 1."""
        surest_first = np.argsort(-found.confidence)
        number = max(1, int((found.confidence >= LEAST_CONFIDENCE).sum()))
        return dict(enumerate(surest_first[:number].tolist(), start=1))
