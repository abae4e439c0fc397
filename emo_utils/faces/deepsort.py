"""DeepSORT, the other tracker: it goes by places and by looks.

Source: N. Wojke et al., "Simple Online and Realtime Tracking with a Deep Association Metric", ICIP 2017, in the package
deep-sort-realtime (MIT; its author adapted the paper's own code, which is GPL-3.0). Its vectors come from our
`FaceEmbedder`: every found face is read by the network, where ByteTrack needs a few portraits of each track.

It gives up a track that is found once and then not, and has no second chance for faint finds.
"""

import numpy as np

from emo_utils.errors import MissingPackageError, WeightsError
from emo_utils.extras import is_installed, missing
from emo_utils.faces.crops import keypoints_of
from emo_utils.faces.embedding import FaceEmbedder, align_face
from emo_utils.faces.tracker import MEMORY_S, SURE
from emo_utils.structures import Detections

FARTHEST = 0.55
"""Cosine distance up to which a find can continue a track by its looks: one minus `identity.JOINED_FROM`."""

VECTORS_KEPT = 50
"""Of each track; a find is compared with the nearest."""


class DeepSortTracker:
    """See `FaceTracker`.

    Args:
        rate: detections a second.
        embedder: reads every found face.

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
                "tracker 'deepsort' compares faces by an embedding network, and none is here: `emo fetch arcface`, or "
                "name a file with --identity-weights FILE; --tracker bytetrack needs none"
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
        scored = [
            ([*box[:2], *(box[2:] - box[:2])], float(found.confidence[row]), "face")
            for box, row in zip(boxes, rows, strict=True)
        ]
        tracks = self._sort.update_tracks(scored, embeds=vectors, others=[int(row) for row in rows])
        now = [track for track in tracks if track.time_since_update == 0]  # a new track counts at once, as ByteTrack's
        return {self._ids.setdefault(track.track_id, len(self._ids) + 1): track.others for track in now}
