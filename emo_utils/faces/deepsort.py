"""DeepSORT, the alternative tracker: it matches faces by position and by appearance.

Source: N. Wojke et al., "Simple Online and Realtime Tracking with a Deep Association Metric", ICIP 2017, in the package
deep-sort-realtime (MIT; its author adapted the code of the paper, which is GPL-3.0). The appearance vectors come from
`FaceEmbedder`. The network embeds every detected face; with ByteTrack it embeds only a few portraits of each track.

A track with only one detection ends. Unlike ByteTrack, DeepSORT has no second round for detections of low confidence.
"""

import numpy as np

from emo_utils.errors import MissingPackageError, WeightsError
from emo_utils.extras import is_installed, missing
from emo_utils.faces.crops import keypoints_of
from emo_utils.faces.embedding import FaceEmbedder, align_face
from emo_utils.faces.tracker import MEMORY_S, SURE
from emo_utils.structures import Detections

FARTHEST = 0.55
"""Largest cosine distance between a detection and the track that it continues: one minus `identity.JOINED_FROM`."""

VECTORS_KEPT = 50
"""Number of vectors kept per track; a detection is compared with the nearest one."""


class DeepSortTracker:
    """See `FaceTracker`.

    Args:
        rate: detections per second.
        embedder: embeds every detected face.

    Raises:
        MissingPackageError: deep-sort-realtime is not installed.
        WeightsError: no embedder.
    """

    def __init__(self, rate: float, embedder: FaceEmbedder | None):
        if not is_installed("deep_sort_realtime"):
            needs = missing("tracker 'deepsort'", "deep_sort_realtime")
            raise MissingPackageError(f"{needs} (without --no-deps it brings a second OpenCV)")
        if embedder is None:
            raise WeightsError(
                "tracker 'deepsort' needs a face embedding network, and none is installed: run `emo fetch arcface`, or "
                "give a file with --identity-weights FILE; --tracker bytetrack works without one"
            )
        from deep_sort_realtime.deepsort_tracker import DeepSort

        self._embedder = embedder
        self._ids: dict[str, int] = {}
        self._sort = DeepSort(
            max_age=max(1, round(MEMORY_S * rate)),
            n_init=2,
            max_cosine_distance=FARTHEST,
            nn_budget=VECTORS_KEPT,
            embedder=None,
        )

    def update(self, found: Detections, pixels: np.ndarray | None = None) -> dict[int, int]:
        """See `FaceTracker.update`; the pixels are needed.

        Raises:
            ValueError: no pixels were given.
        """
        if pixels is None:
            raise ValueError("DeepSortTracker.update: expected the frame's pixels, found None")
        rows = np.flatnonzero(found.confidence >= SURE)
        keypoints = keypoints_of(found.boxes, found.keypoints)
        faces = [align_face(pixels, keypoints[row]) for row in rows]
        vectors = list(self._embedder.embed(np.stack(faces))) if faces else []
        boxes = [found.boxes[row].astype(float) for row in rows]
        boxes_xywh = [
            ([*box[:2], *(box[2:] - box[:2])], float(found.confidence[row]), "face")
            for box, row in zip(boxes, rows, strict=True)
        ]
        tracks = self._sort.update_tracks(boxes_xywh, embeds=vectors, others=[int(row) for row in rows])
        updated = [track for track in tracks if track.time_since_update == 0]  # new tracks too, as with ByteTrack
        return {self._ids.setdefault(track.track_id, len(self._ids) + 1): track.others for track in updated}
