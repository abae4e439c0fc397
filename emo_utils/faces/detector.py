"""Interface and registry of the face detectors, and the fallback where the default one is not available."""

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
    """Finds the faces of one frame. Create one per clip and thread, and close it after use."""

    @property
    def name(self) -> str:
        """Name in the registry."""
        ...

    @property
    def reach(self) -> float | None:
        """Smallest face that it finds, as a share of the picture's longer side. None: it searches all scales."""
        ...

    def detect(self, pixels: np.ndarray) -> Detections:
        """Faces of one uint8 (H, W, 3) RGB frame, with keypoints where the detector has them."""
        ...

    def close(self) -> None:
        """Release the resources of the detector."""
        ...


def create_detector(name: str = DEFAULT) -> FaceDetector:
    """Create a detector. Where the model file of the default one is not available, use Haar and log a warning.

    Raises:
        UnknownNameError: the name is not registered; lists the known names.
        AssetError: a detector other than the default lacks its model file.
    """
    try:
        return detectors.create(name)
    except AssetError as error:
        if name != DEFAULT:
            raise
        log.warning("Using the Haar detector, slower and less accurate: the default has no model file. %s", error)
        return detectors.create(FALLBACK)
