"""What is remembered of every face while a clip is read: where a track is broken or in doubt, and its best portraits.

A tracker goes by position. It does not notice a scene cut after which another face is in the same position, and it may
swap two people who cross. So a track is kept as tracklets. A tracklet ends where the face suddenly looks different or
was absent; after a scene cut the track ends too. Otherwise `identity.name_people` decides from the portraits whether
both sides show the same person.
"""

from dataclasses import dataclass, field

import numpy as np

from emo_utils.faces.boxes import intersection_over_union
from emo_utils.faces.crops import keypoints_of
from emo_utils.faces.embedding import FaceEmbedder, align_face
from emo_utils.faces.portraits import BestPortraits, Portrait, likeness, look_of, quality_of
from emo_utils.faces.tracker import SURE
from emo_utils.structures import Detections, Frame

SAME_LOOK = 0.95
"""Correlation of looks above which a face that stands in its place after a cut is the same: a camera jump, a frame left
out. Two people's looks reach 0.947 at most, in 91 pairs of real people."""

DOUBTED_LOOK = 0.75
"""Correlation of looks under which a track is in doubt; one in a hundred pairs of finds of one person is below it."""

AWAY_S = 0.5
"""Seconds without a find after which a track is in doubt."""

FORGOTTEN_S = 5.0
"""Seconds without a find after which a tracker will not go on with a face; longer than any tracker's memory here."""

MOST_UNREAD = 64
"""Pieces whose portraits wait to be read by the network: 12 MB at most."""


@dataclass
class Tracklet:
    """A stretch of one track in which nothing casts doubt on who is seen.

    Attributes:
        number: unique in the clip, from 1.
        track_id: of the track it is part of.
        first, last: frame indices of its first and last find.
        first_s, last_s: their times.
        finds: how often the face was found.
        vector: float32 (D,) of length one, None until it is read.
        weight: sum of its portraits' quality.
    """

    number: int
    track_id: int
    first: int
    first_s: float
    last: int = 0
    last_s: float = 0.0
    finds: int = 0
    vector: np.ndarray | None = field(default=None, repr=False)
    weight: float = 0.0
    portraits: BestPortraits = field(default_factory=BestPortraits, repr=False)


@dataclass
class _Seen:
    """What is known of a face that a tracker follows."""

    tracklet: Tracklet
    look: np.ndarray
    box: np.ndarray
    cuts: int


class TrackletStore:
    """Feed it the faces of a clip in order.

    Args:
        embedder: reads the portraits; None keeps none, and only breaks tracks at cuts.
    """

    def __init__(self, embedder: FaceEmbedder | None = None):
        self.embedder = embedder
        self.tracklets: list[Tracklet] = []
        self._following: dict[int, _Seen] = {}
        self._unread: list[Tracklet] = []
        self._cuts = 0
        self._tracks = 0

    def cut(self) -> None:
        """A new scene begins with the frame that comes next."""
        self._cuts += 1

    def recognises(self, frame: Frame, found: Detections) -> bool:
        """Whether each surely found face looks like the followed one in its place; if not, look more closely."""
        sure = np.flatnonzero(found.confidence >= SURE)
        if len(sure) == 0 or not self._following:
            return True
        keypoints = keypoints_of(found.boxes, found.keypoints)
        followed = list(self._following.values())
        overlap = intersection_over_union(found.boxes[sure], np.stack([seen.box for seen in followed]))
        return all(
            likeness(look_of(align_face(frame.pixels, keypoints[row])), followed[place].look) >= DOUBTED_LOOK
            for row, place in zip(sure, overlap.argmax(axis=1), strict=True)
        )

    def enter(self, frame: Frame, found: Detections, rows: dict[int, int]) -> dict[int, Tracklet]:
        """Take in the faces found in a frame.

        Args:
            frame: with its pixels.
            found: its faces.
            rows: row of `found` by the tracker's number.

        Returns:
            The tracklet that each of the rows belongs to, by row.
        """
        keypoints = keypoints_of(found.boxes, found.keypoints)
        placed = {}
        for number, row in sorted(rows.items()):
            face = align_face(frame.pixels, keypoints[row])
            tracklet = self._tracklet_of(number, frame, found.boxes[row], look_of(face))
            tracklet.last, tracklet.last_s, tracklet.finds = frame.index, frame.time_s, tracklet.finds + 1
            if self.embedder:
                quality = quality_of(face, keypoints[row], float(found.confidence[row]))
                tracklet.portraits.offer(Portrait(face, quality, frame.time_s))
            placed[row] = tracklet
        if len(self._unread) > MOST_UNREAD:
            self._read_finished(frame.time_s)
        return placed

    def _tracklet_of(self, number: int, frame: Frame, box: np.ndarray, look: np.ndarray) -> Tracklet:
        """The tracklet with which a tracker's face goes on; a new one where it must not go on with the last."""
        seen = self._following.get(number)
        if seen is None:
            self._tracks += 1
            tracklet = self._begin(self._tracks, frame)
        else:
            tracklet, alike = seen.tracklet, likeness(seen.look, look)
            if self._cuts > seen.cuts and alike < SAME_LOOK:
                self._tracks += 1
                tracklet = self._begin(self._tracks, frame)
            elif alike < DOUBTED_LOOK or frame.time_s - tracklet.last_s > AWAY_S:
                tracklet = self._begin(tracklet.track_id, frame)
        self._following[number] = _Seen(tracklet, look, box, self._cuts)
        return tracklet

    def _begin(self, track_id: int, frame: Frame) -> Tracklet:
        tracklet = Tracklet(len(self.tracklets) + 1, track_id, frame.index, frame.time_s)
        self.tracklets.append(tracklet)
        self._unread.append(tracklet)
        return tracklet

    def _read_finished(self, now_s: float) -> None:
        """Read the tracklets that have ended, so that their pictures need not be kept."""
        self._following = {n: s for n, s in self._following.items() if now_s - s.tracklet.last_s <= FORGOTTEN_S}
        going_on = {seen.tracklet.number for seen in self._following.values()}
        self._read([tracklet for tracklet in self._unread if tracklet.number not in going_on])
        self._unread = [tracklet for tracklet in self._unread if tracklet.number in going_on]

    def _read(self, tracklets: list[Tracklet]) -> None:
        if not self.embedder:
            return
        for tracklet in tracklets:
            quality = tracklet.portraits.quality
            vector = quality @ self.embedder.embed(tracklet.portraits.pixels)
            tracklet.vector = (vector / max(float(np.linalg.norm(vector)), 1e-9)).astype(np.float32)
            tracklet.weight = float(quality.sum())
            tracklet.portraits = BestPortraits()

    def finish(self) -> list[Tracklet]:
        """All tracklets in order of appearance, read; a clip of a single tracklet needs no network, and none is run."""
        if len(self.tracklets) > 1:
            self._read(self._unread)
        self._unread = []
        return self.tracklets
