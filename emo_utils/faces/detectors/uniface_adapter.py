"""Detectors of the uniface package (MIT) on ONNX Runtime, with their weights kept and checked by `assets`.

Importing uniface imports torch wherever it finds it and takes seconds: it happens when a detector is made.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from emo_utils.faces.keypoints import from_five_points
from emo_utils.structures import Detections

LOWEST_CONFIDENCE = 0.4
"""Detections of lower confidence are dropped, as for BlazeFace."""

_loading = threading.Lock()


class UnifaceDetector:
    """See `FaceDetector`. Keypoints: eyes, nose tip, mouth centre, mouth corners.

    Args:
        name: in the registry.
        factory: the detector's class in uniface.
        weights: its ONNX file, hash checked already.
    """

    reach = None

    def __init__(self, name: str, factory: Callable[..., Any], weights: Path):
        self.name = name
        with _loading, _weights_from(weights, sys.modules[factory.__module__]):
            self._detector = factory(confidence_threshold=LOWEST_CONFIDENCE)

    def detect(self, pixels: np.ndarray) -> Detections:
        """See `FaceDetector.detect`."""
        faces = self._detector.detect(np.ascontiguousarray(pixels[..., ::-1]))  # uniface reads BGR
        if not faces:
            return Detections.empty()
        boxes = np.array([face.bbox for face in faces], np.float32)
        confidence = np.array([face.confidence for face in faces], np.float32)
        return Detections(boxes, confidence, from_five_points(np.array([face.landmarks for face in faces])))

    def close(self) -> None:
        """See `FaceDetector.close`."""


@contextmanager
def _weights_from(path: Path, module) -> Iterator[None]:
    """Give uniface's constructor our file; it offers no argument for that, and its own downloader is left out."""
    own = module.verify_model_weights
    module.verify_model_weights = lambda _: str(path)
    try:
        yield
    finally:
        module.verify_model_weights = own
