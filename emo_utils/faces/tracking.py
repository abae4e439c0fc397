"""Face tracking: ByteTrack by default, DeepSORT as an option."""

import numpy as np

from emo_utils.errors import UnknownNameError
from emo_utils.faces.bytetrack import ByteTrack
from emo_utils.faces.deepsort import DeepSortTracker
from emo_utils.faces.embedding import FaceEmbedder
from emo_utils.faces.tracker import FAINT, MEMORY_S, SURE, FaceTracker
from emo_utils.registry import unknown_name
from emo_utils.structures import Detections

TRACKERS = ("bytetrack", "deepsort")
"""Names of the trackers; the first is the default."""


def check_tracker(name: str) -> None:
    """Raise UnknownNameError, with the known names, for an unknown tracker."""
    if name not in TRACKERS:
        raise UnknownNameError(unknown_name("tracker", name, TRACKERS))


def create_tracker(name: str, rate: float, embedder: FaceEmbedder | None = None) -> FaceTracker:
    """Create a tracker for one clip.

    Args:
        name: one of `TRACKERS`.
        rate: detections per second.
        embedder: needed by DeepSORT.

    Raises:
        UnknownNameError: no such tracker.
        MissingPackageError: DeepSORT's package is not installed.
        WeightsError: DeepSORT without an embedder.
    """
    check_tracker(name)
    if name == "bytetrack":
        return Tracker(rate)
    return DeepSortTracker(rate, embedder)


class Tracker:
    """ByteTrack over a clip. Call `update` with each frame, in order.

    A detection of high confidence (`SURE`) can start a track. One of low confidence (`FAINT`) can only continue one.

    Args:
        rate: detections per second; converts `MEMORY_S` into a number of updates.
    """

    def __init__(self, rate: float):
        self._tracks = ByteTrack(SURE, FAINT, memory=max(1, round(MEMORY_S * rate)))

    def update(self, found: Detections, pixels: np.ndarray | None = None) -> dict[int, int]:
        """Assign the faces of the next frame to tracks. ByteTrack uses the boxes only and needs no pixels.

        Returns:
            Track id to row of `found`; ids count from 1 in order of appearance. Rows without a track are absent.
        """
        return self._tracks.update(found.boxes, found.confidence)
