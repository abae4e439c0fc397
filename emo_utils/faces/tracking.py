"""From the faces of each frame to faces over time, by ByteTrack; or, where asked for, by DeepSORT."""

import numpy as np

from emo_utils.errors import UnknownNameError
from emo_utils.faces.bytetrack import ByteTrack
from emo_utils.faces.deepsort import DeepSortTracker
from emo_utils.faces.embedding import FaceEmbedder
from emo_utils.faces.tracker import FAINT, MEMORY_S, SURE, FaceTracker
from emo_utils.registry import unknown_name
from emo_utils.structures import Detections

TRACKERS = ("bytetrack", "deepsort")
"""The ways to track; the first is the default."""


def check_tracker(name: str) -> None:
    """Raise UnknownNameError, with the known names, for an unknown tracker."""
    if name not in TRACKERS:
        raise UnknownNameError(unknown_name("tracker", name, TRACKERS))


def create_tracker(name: str, rate: float, embedder: FaceEmbedder | None = None) -> FaceTracker:
    """Make a tracker for one clip.

    Args:
        name: one of `TRACKERS`.
        rate: detections a second.
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
    """ByteTrack over a clip; feed it the frames in order.

    A face that is found surely starts a track; one found faintly can only continue one.

    Args:
        rate: detections a second, which turns `MEMORY_S` into a number of updates.
    """

    def __init__(self, rate: float):
        self._tracks = ByteTrack(SURE, FAINT, memory=max(1, round(MEMORY_S * rate)))

    def update(self, found: Detections, pixels: np.ndarray | None = None) -> dict[int, int]:
        """Assign the faces of the next frame to tracks; ByteTrack goes by their boxes alone and needs no pixels.

        Returns:
            Row of `found` by track id; ids count from 1 in order of appearance. Rows without a track are absent.
        """
        return self._tracks.update(found.boxes, found.confidence)
