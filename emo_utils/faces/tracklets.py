"""Tracklets: the parts of a track in which the identity is certain, with their best portraits.

A tracker uses the position. It does not notice a scene cut after which another face is in the same position, and it may
swap two people who cross. Tracks are therefore split into tracklets. A tracklet ends where the face suddenly looks
different or was absent. After a scene cut the track ends too. Otherwise `identity.name_people` decides from the
portraits whether two tracklets show the same person.
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
"""A face in the same position after a cut is the same face if the correlation (`portraits.likeness`) is above this.
Such cuts are camera jumps or dropped frames. Between two people it is at most 0.947 (91 pairs of real people)."""

DOUBTED_LOOK = 0.75
"""A tracklet ends if the correlation (`portraits.likeness`) is below this; the 1st percentile for one person."""

AWAY_S = 0.5
"""A tracklet ends after this many seconds without a detection."""

FORGOTTEN_S = 5.0
"""Seconds without a detection after which a face is removed from the store; longer than the memory of all trackers."""

MOST_PENDING = 64
"""Number of tracklets whose portraits wait for the embedding network: 12 MB at most."""


@dataclass
class Tracklet:
    """A part of one track in which the identity is certain.

    Attributes:
        number: unique in the clip, from 1.
        track_id: id of its track.
        first, last: frame indices of the first and the last detection.
        first_s, last_s: times of the first and the last detection.
        finds: number of detections.
        vector: embedding, float32 (D,) with norm 1; None until it is computed.
        weight: sum of the quality of its portraits.
        portraits: the best portraits; empty after the embedding.
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
class _FollowedFace:
    """A face that a tracker follows: its tracklet, and look, box and number of cuts at the last detection."""

    tracklet: Tracklet
    look: np.ndarray
    box: np.ndarray
    cuts: int


class TrackletStore:
    """The tracklets of one clip. Call `enter` with the faces of each frame, in order.

    Args:
        embedder: embeds the portraits. None: no portraits are kept, and tracks are only split.
        embed_single: embed also the tracklet of a clip that has only one; needed to compare people across clips.
    """

    def __init__(self, embedder: FaceEmbedder | None = None, embed_single: bool = False):
        self.embedder = embedder
        self._embed_single = embed_single
        self.tracklets: list[Tracklet] = []
        self._following: dict[int, _FollowedFace] = {}
        self._pending: list[Tracklet] = []
        self._cuts = 0
        self._tracks = 0
        self._aligned_of: tuple[int, Detections | None] = (-1, None)
        self._aligned_faces: dict[int, np.ndarray] = {}

    def cut(self) -> None:
        """Record a scene cut before the next frame."""
        self._cuts += 1

    def recognises(self, frame: Frame, found: Detections) -> bool:
        """Whether each face of high confidence looks like the followed face in the same position.

        If not, detection has to run in more frames.
        """
        sure = np.flatnonzero(found.confidence >= SURE)
        if len(sure) == 0 or not self._following:
            return True
        followed = list(self._following.values())
        overlap = intersection_over_union(found.boxes[sure], np.stack([seen.box for seen in followed]))
        return all(
            likeness(look_of(self._aligned(frame, found, int(row))), followed[place].look) >= DOUBTED_LOOK
            for row, place in zip(sure, overlap.argmax(axis=1), strict=True)
        )

    def enter(self, frame: Frame, found: Detections, rows: dict[int, int]) -> dict[int, Tracklet]:
        """Add the faces of a frame.

        Args:
            frame: the frame with its pixels.
            found: its faces.
            rows: track number to row of `found`.

        Returns:
            Row of `found` to tracklet.
        """
        keypoints = keypoints_of(found.boxes, found.keypoints)
        placed = {}
        for number, row in sorted(rows.items()):
            face = self._aligned(frame, found, row)
            tracklet = self._tracklet_of(number, frame, found.boxes[row], look_of(face))
            tracklet.last, tracklet.last_s, tracklet.finds = frame.index, frame.time_s, tracklet.finds + 1
            if self.embedder:
                quality = quality_of(face, keypoints[row], float(found.confidence[row]))
                tracklet.portraits.offer(Portrait(face, quality, frame.time_s))
            placed[row] = tracklet
        if len(self._pending) > MOST_PENDING:
            self._embed_finished(frame.time_s)
        return placed

    def _aligned(self, frame: Frame, found: Detections, row: int) -> np.ndarray:
        """One face aligned, uint8 (112, 112, 3); kept until the next frame, since it is asked for twice."""
        if self._aligned_of[0] != frame.index or self._aligned_of[1] is not found:
            self._aligned_of, self._aligned_faces = (frame.index, found), {}
        if row not in self._aligned_faces:
            keypoints = keypoints_of(found.boxes, found.keypoints)[row]
            self._aligned_faces[row] = align_face(frame.pixels, keypoints)
        return self._aligned_faces[row]

    def _tracklet_of(self, number: int, frame: Frame, box: np.ndarray, look: np.ndarray) -> Tracklet:
        """The tracklet that this detection belongs to; a new one where the last one has to end."""
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
        self._following[number] = _FollowedFace(tracklet, look, box, self._cuts)
        return tracklet

    def _begin(self, track_id: int, frame: Frame) -> Tracklet:
        tracklet = Tracklet(len(self.tracklets) + 1, track_id, frame.index, frame.time_s)
        self.tracklets.append(tracklet)
        self._pending.append(tracklet)
        return tracklet

    def _embed_finished(self, now_s: float) -> None:
        """Embed the tracklets that have ended, so that their portraits can be dropped."""
        self._following = {n: s for n, s in self._following.items() if now_s - s.tracklet.last_s <= FORGOTTEN_S}
        active = {seen.tracklet.number for seen in self._following.values()}
        self._embed([tracklet for tracklet in self._pending if tracklet.number not in active])
        self._pending = [tracklet for tracklet in self._pending if tracklet.number in active]

    def _embed(self, tracklets: list[Tracklet]) -> None:
        if not self.embedder:
            return
        for tracklet in tracklets:
            quality = tracklet.portraits.quality
            vector = quality @ self.embedder.embed(tracklet.portraits.pixels)
            tracklet.vector = (vector / max(float(np.linalg.norm(vector)), 1e-9)).astype(np.float32)
            tracklet.weight = float(quality.sum())
            tracklet.portraits = BestPortraits()

    def finish(self) -> list[Tracklet]:
        """Embed all tracklets and return them in order of appearance; a single one only with `embed_single`."""
        if len(self.tracklets) > 1 or self._embed_single:
            self._embed(self._pending)
        self._pending = []
        return self.tracklets
