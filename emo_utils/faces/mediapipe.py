"""BlazeFace through MediaPipe Tasks, the default detector.

Source: V. Bazarevsky et al., "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs", 2019.
Keypoints: eyes, nose tip, mouth centre, ears.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from emo_utils.assets import locate
from emo_utils.faces.detector import detectors
from emo_utils.structures import Detections

LOWEST_CONFIDENCE = 0.4
"""Fainter finds are dropped; the tracker decides what to make of those between this and its own threshold."""


@detectors.register("mediapipe")
def make_short_range() -> "MediaPipeDetector":
    """BlazeFace for faces within about two metres of the camera."""
    return MediaPipeDetector("mediapipe", "face_detection_short_range")


@detectors.register("mediapipe_full_range")
def make_full_range() -> "MediaPipeDetector":
    """BlazeFace for faces up to about five metres away; twice the time, more false finds."""
    return MediaPipeDetector("mediapipe_full_range", "face_detection_full_range")


class MediaPipeDetector:
    """See `FaceDetector`."""

    def __init__(self, name: str, asset: str):
        model = locate(asset)
        import mediapipe
        from mediapipe.tasks.python import vision

        self.name = name
        self._image = lambda pixels: mediapipe.Image(mediapipe.ImageFormat.SRGB, data=np.ascontiguousarray(pixels))
        options = vision.FaceDetectorOptions(
            base_options=_base_options(str(model)),
            running_mode=vision.RunningMode.IMAGE,
            min_detection_confidence=LOWEST_CONFIDENCE,
        )
        with native_stderr_hidden():  # the first detection prints too
            self._detector = vision.FaceDetector.create_from_options(options)
            self._detector.detect(self._image(np.zeros((64, 64, 3), np.uint8)))

    def detect(self, pixels: np.ndarray) -> Detections:
        """See `FaceDetector.detect`."""
        found = self._detector.detect(self._image(pixels)).detections
        if not found:
            return Detections.empty()
        height, width = pixels.shape[:2]
        boxes = [(b.origin_x, b.origin_y, b.origin_x + b.width, b.origin_y + b.height) for b in (f.bounding_box for f in found)]
        keypoints = [[(point.x * width, point.y * height) for point in face.keypoints] for face in found]
        confidence = [face.categories[0].score for face in found]
        return Detections(*(np.array(values, np.float32) for values in (boxes, confidence, keypoints)))

    def close(self) -> None:
        """See `FaceDetector.close`."""
        with native_stderr_hidden():
            self._detector.close()


def _base_options(model: str):
    """MediaPipe's options, with its usage statistics kept on this machine as far as we can.

    Since 0.10.3x MediaPipe's binary reports usage (no pictures) to Google and offers no switch. It is given an empty
    list of certificate authorities here, so that its encrypted connection cannot be made.
    """
    from mediapipe.tasks.python import BaseOptions

    class QuietBaseOptions(BaseOptions):
        def to_ctypes(self):
            options = super().to_ctypes()
            options.ca_bundle_path = os.devnull.encode()
            return options

    return QuietBaseOptions(model_asset_path=model)


@contextmanager
def native_stderr_hidden() -> Iterator[None]:
    """Keep a C++ library's chatter off the terminal; shown after all if an exception passes through."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as chatter:
        os.dup2(chatter.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(kept, 2)
            chatter.seek(0)
            sys.stderr.write(chatter.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)
