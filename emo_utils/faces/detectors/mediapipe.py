"""BlazeFace through MediaPipe Tasks, the default detector.

Source: V. Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", 2019.
Keypoints: eyes, nose tip, mouth centre, ears.
"""

import numpy as np

from emo_utils.assets import locate
from emo_utils.faces.detector import detectors
from emo_utils.faces.mediapipe_tasks import as_image, base_options, native_stderr_hidden, vision
from emo_utils.structures import Detections

WARM_UPS = 16
"""Detections on blank pictures before the first real one, about a millisecond each."""

LOWEST_CONFIDENCE = 0.4
"""Detections of lower confidence are dropped. The tracker applies its own, higher thresholds."""


SHORT_REACH, FULL_REACH = 0.13, 0.06
"""Smallest face as a share of the picture's longer side: one of `single_face.mp4`, scaled down on gray in steps of 0.01
to 0.02 and laid at four places, is found surely (`tracker.SURE`) at all of them from here on."""


@detectors.register("mediapipe")
def make_short_range() -> "MediaPipeDetector":
    """BlazeFace for faces within about two metres of the camera."""
    return MediaPipeDetector("mediapipe", "face_detection_short_range", SHORT_REACH)


@detectors.register("mediapipe_full_range")
def make_full_range() -> "MediaPipeDetector":
    """BlazeFace for faces up to about five metres away; twice the time, more false finds."""
    return MediaPipeDetector("mediapipe_full_range", "face_detection_full_range", FULL_REACH)


class MediaPipeDetector:
    """See `FaceDetector`."""

    def __init__(self, name: str, asset: str, reach: float):
        model = locate(asset)
        tasks = vision()
        self.name, self.reach = name, reach
        options = tasks.FaceDetectorOptions(
            base_options=base_options(model),
            running_mode=tasks.RunningMode.IMAGE,
            min_detection_confidence=LOWEST_CONFIDENCE,
        )
        with native_stderr_hidden():
            self._detector = tasks.FaceDetector.create_from_options(options)
            # It prints once more, at the first detection whose memory is not aligned: let that happen in here.
            held = []
            for side in range(64, 64 + 32 * WARM_UPS, 32):
                held.append(bytearray(side * side + side // 2))
                self._detector.detect(as_image(np.zeros((side, side, 3), np.uint8)))

    def detect(self, pixels: np.ndarray) -> Detections:
        """See `FaceDetector.detect`."""
        found = self._detector.detect(as_image(pixels)).detections
        if not found:
            return Detections.empty()
        height, width = pixels.shape[:2]
        corners = np.array([(f.bounding_box.origin_x, f.bounding_box.origin_y) for f in found], np.float32)
        sizes = np.array([(f.bounding_box.width, f.bounding_box.height) for f in found], np.float32)
        keypoints = [[(point.x * width, point.y * height) for point in face.keypoints] for face in found]
        confidence = [face.categories[0].score for face in found]
        boxes = np.concatenate([corners, corners + sizes], axis=1)
        return Detections(boxes, np.array(confidence, np.float32), np.array(keypoints, np.float32))

    def close(self) -> None:
        """See `FaceDetector.close`."""
        with native_stderr_hidden():
            self._detector.close()
