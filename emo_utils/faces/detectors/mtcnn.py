"""MTCNN: three small networks in a row, through facenet-pytorch.

Source: K. Zhang et al., "Joint Face Detection and Alignment using Multi-task Cascaded Convolutional Networks", IEEE
Signal Processing Letters 2016. The weights lie in facenet-pytorch's wheel (MIT), ported from D. Sandberg's facenet
(MIT); their authors trained them on WIDER FACE and CelebA, whose pictures are for non-commercial research.
Keypoints: eyes, nose tip, mouth centre, mouth corners.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from emo_utils.errors import MissingPackageError
from emo_utils.extras import is_installed, missing
from emo_utils.faces.detector import detectors
from emo_utils.faces.keypoints import from_five_points
from emo_utils.structures import Detections

SMALLEST_FACE = 0.08
"""Of the frame's shorter side, as for the Haar cascade; half of it makes the first network read four times as much."""

SMALLEST_FACE_PX = 20


@detectors.register("mtcnn")
class MtcnnDetector:
    """See `FaceDetector`. Needs torch; runs on the CPU."""

    name = "mtcnn"
    reach = None

    def __init__(self):
        if not is_installed("facenet_pytorch"):
            needs = missing("face detector 'mtcnn'", "facenet_pytorch")
            raise MissingPackageError(f"{needs} (without --no-deps it would bring outdated numpy, Pillow and torch)")
        from facenet_pytorch import MTCNN

        self._network = MTCNN(keep_all=True, device="cpu")

    def detect(self, pixels: np.ndarray) -> Detections:
        """See `FaceDetector.detect`."""
        self._network.min_face_size = max(SMALLEST_FACE_PX, int(min(pixels.shape[:2]) * SMALLEST_FACE))
        with _one_thread():
            boxes, confidence, points = self._network.detect(pixels, landmarks=True)
        if boxes is None:
            return Detections.empty()
        keypoints = from_five_points(np.asarray(points, np.float32))
        return Detections(np.asarray(boxes, np.float32), np.asarray(confidence, np.float32), keypoints)

    def close(self) -> None:
        """See `FaceDetector.close`."""


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep torch from sharing out work this small.

    Where the cores are busy with something else, its threads wait for each other: 2 to 40 times the time was measured.
    """
    import torch

    usual = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(usual)
