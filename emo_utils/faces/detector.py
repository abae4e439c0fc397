"""What every face detector offers, their registry, and the choice of a detector that works here."""

import logging
from typing import Protocol

import numpy as np

from emo_utils.errors import AssetError
from emo_utils.registry import Registry
from emo_utils.structures import Detections

log = logging.getLogger(__name__)

detectors = Registry("face detector", "emo_utils.faces.detectors")

DEFAULT = "mediapipe"
FALLBACK = "haar"


class FaceDetector(Protocol):
    """Finds the faces of one frame. Make one per clip and thread, and close it after use."""

    @property
    def name(self) -> str:
        """As registered."""
        ...

    @property
    def reach(self) -> float | None:
        """Smallest face it finds, as a share of a picture's longer side; None: it looks at every scale itself."""
        ...

    def detect(self, pixels: np.ndarray) -> Detections:
        """Faces of one uint8 (H, W, 3) RGB frame, with keypoints where the detector has them."""
        ...

    def close(self) -> None:
        """Free what the detector holds."""
        ...


def create_detector(name: str = DEFAULT) -> FaceDetector:
    """Make a detector; the default one falls back to Haar, with a warning, where its model file cannot be had.

    Raises:
        UnknownNameError: with the known names.
        AssetError: a detector other than the default lacks its model file.
    """
    try:
        return detectors.create(name)
    except AssetError as error:
        if name != DEFAULT:
            raise
        log.warning("Using the Haar detector, slower and less sure: the default has no model file here. %s", error)
        return detectors.create(FALLBACK)
