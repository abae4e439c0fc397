"""Interface of the trackers, and the confidence thresholds and memory that they share."""

from typing import Protocol

import numpy as np

from emo_utils.structures import Detections

SURE = 0.65
"""Smallest confidence that starts a track. BlazeFace gives blurred lettering up to 0.61, real faces 0.75 to 0.98."""

FAINT = 0.3
"""Smallest confidence that can continue a track."""

MEMORY_S = 1.0
"""Seconds for which a track without a detection is kept. A face that reappears in time continues its track."""


class FaceTracker(Protocol):
    """Joins the faces of successive frames into tracks. Create one per clip."""

    def update(self, found: Detections, pixels: np.ndarray | None = None) -> dict[int, int]:
        """Track id to row of `found`, for the next frame, uint8 (H, W, 3) RGB; see `Tracker.update`."""
        ...
