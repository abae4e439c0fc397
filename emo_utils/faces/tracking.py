"""From the faces of each frame to faces over time, by ByteTrack; or, where asked for, by DeepSORT.

Source: Y. Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box", ECCV 2022, in
uniface's implementation. A face that is found surely starts a track; one found faintly can only continue one.
"""

import importlib.util
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from emo_utils.errors import UnknownNameError
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


@dataclass
class Tracker:
    """ByteTrack over a clip; feed it the frames in order.

    Attributes:
        rate: detections a second, which turns `MEMORY_S` into a number of updates.
    """

    rate: float
    _ids: dict[int, int] = field(default_factory=dict)

    def __post_init__(self):
        memory = max(1, round(MEMORY_S * self.rate))
        self._tracker = _byte_track().BYTETracker(track_thresh=SURE, low_thresh=FAINT, track_buffer=memory)

    def update(self, found: Detections, pixels: np.ndarray | None = None) -> dict[int, int]:
        """Assign the faces of the next frame to tracks; ByteTrack goes by their boxes alone and needs no pixels.

        Returns:
            Row of `found` by track id; ids count from 1 in order of appearance. Rows without a track are absent.
        """
        scored = np.column_stack([found.boxes, found.confidence]) if len(found) else np.empty((0, 5))
        self._tracker.update(scored)
        # Its answer leaves out a face seen for the first time, until it is seen again; its list of tracks does not.
        tracks = [t for t in self._tracker.tracked_stracks if t.frame_id == self._tracker.frame_id]
        if not tracks:
            return {}
        overlap = intersection_over_union(np.array([t.tlbr for t in tracks]), found.boxes)
        rows: dict[int, int] = {}
        for index in np.argsort(-overlap.max(axis=1)):  # the surest pairs first; each face goes to one track
            row = int(overlap[index].argmax())
            if overlap[index, row] > 0:
                rows[self._ids.setdefault(tracks[index].track_id, len(self._ids) + 1)] = row
                overlap[:, row] = 0
        return rows


def _byte_track():
    """Load uniface's tracking subpackage alone: the whole imports torch where it finds it, which takes seconds."""
    name = "uniface_tracking"
    if name not in sys.modules:
        package = importlib.util.find_spec("uniface")
        folder = Path(package.origin).parent / "tracking"
        spec = importlib.util.spec_from_file_location(
            name, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def intersection_over_union(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Overlap of boxes (N, 4) and (M, 4), x1 y1 x2 y2, as float (N, M) in 0..1."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    area = [np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (first, second)]
    return shared / np.maximum(area[0][:, None] + area[1][None] - shared, 1e-9)
