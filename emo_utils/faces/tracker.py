"""What every tracker offers, and the confidences and the memory that trackers share."""

from typing import Protocol

import numpy as np

from emo_utils.structures import Detections

SURE = 0.65
"""Detection confidence that starts a track. BlazeFace gives blurred lettering up to 0.61, real faces 0.75 to 0.98."""

FAINT = 0.3
"""Detection confidence that can continue a track."""

MEMORY_S = 1.0
"""A face that reappears within this time where it was expected continues its track."""


class FaceTracker(Protocol):
    """Says which faces of a frame are those of the frames before. Make one per clip."""

    def update(self, found: Detections, pixels: np.ndarray | None = None) -> dict[int, int]:
        """Row of `found` by track id, for the next frame, uint8 (H, W, 3) RGB; see `Tracker.update`."""
        ...
