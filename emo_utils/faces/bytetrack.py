"""ByteTrack: boxes of each frame to tracks over time, by where each box is expected next.

Source: Y. Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box", ECCV 2022. Its motion
model is the Kalman filter of N. Wojke et al., "Simple Online and Realtime Tracking with a Deep Association Metric",
ICIP 2017. Written here because the maintained packages that hold ByteTrack (uniface, trackers) require a second
OpenCV. A test compares it with uniface's, box by box.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from emo_utils.faces.boxes import intersection_over_union

LEAST_OVERLAP = {"sure": 0.2, "faint": 0.5, "second find": 0.3}
"""Overlap (intersection over union) that joins a box to a track, in the three rounds of association."""

SAME_OVERLAP = 0.85
"""Overlap from which a lost track and a followed one are the same face; the one followed for longer stays."""

POSITION_NOISE, VELOCITY_NOISE = 1 / 20, 1 / 160
"""Standard deviations in box heights, of a position and of its change per update: those of the two papers."""

ASPECT_NOISE, ASPECT_VELOCITY_NOISE, ASPECT_MEASURED_NOISE = 1e-2, 1e-5, 1e-1
"""The same of the box's ratio of width to height, which has no unit."""

ASPECT, HEIGHT = 2, 3
"""Rows of a track's state: centre x, centre y, ratio of width to height, height."""


@dataclass(eq=False)
class Track:
    """One face as it is followed.

    The four numbers of a box are independent of each other in the filter, so each has a filter of its own: a value,
    its change per update, and their covariance.

    Attributes:
        number: counts the tracks from 1.
        state: float (4, 2), value and change of centre x, centre y, ratio of width to height, and height.
        covariance: float (4, 2, 2).
        started, seen: the update of its first box and of its last.
        confirmed: whether a second box was found. In the first update, one is enough.
        followed: False while the face is lost.
    """

    number: int
    state: np.ndarray = field(repr=False)
    covariance: np.ndarray = field(repr=False)
    started: int
    seen: int
    confirmed: bool
    followed: bool = True

    @classmethod
    def begin(cls, number: int, box: np.ndarray, now: int) -> "Track":
        """Start a track from a box (4,), x1 y1 x2 y2."""
        measured = _measurement(box)
        state = np.stack([measured, np.zeros(4)], axis=1)
        deviation = _noise(2 * POSITION_NOISE, 10 * VELOCITY_NOISE, measured[HEIGHT])
        return cls(number, state, _diagonal(deviation), now, now, confirmed=now == 1)

    @property
    def box(self) -> np.ndarray:
        """Where the face is thought to be, float (4,), x1 y1 x2 y2."""
        x, y, aspect, height = self.state[:, 0]
        half = np.array([aspect * height, height]) / 2
        return np.concatenate([(x, y) - half, (x, y) + half])

    def predict(self) -> None:
        """Move on by one update."""
        if not self.followed:
            self.state[HEIGHT, 1] = 0  # a lost face would grow or shrink without end
        deviation = _noise(POSITION_NOISE, VELOCITY_NOISE, self.state[HEIGHT, 0])
        step = np.array([[1.0, 1.0], [0.0, 1.0]])
        self.state = self.state @ step.T
        self.covariance = step @ self.covariance @ step.T + _diagonal(deviation)

    def correct(self, box: np.ndarray, now: int) -> None:
        """Take in the box (4,) that was found in update `now`."""
        deviation = np.full(4, POSITION_NOISE * self.state[HEIGHT, 0])
        deviation[ASPECT] = ASPECT_MEASURED_NOISE
        variance = self.covariance[:, 0, 0] + deviation**2
        gain = self.covariance[:, :, 0] / variance[:, None]
        self.state = self.state + gain * (_measurement(box) - self.state[:, 0])[:, None]
        self.covariance = self.covariance - gain[:, :, None] * gain[:, None, :] * variance[:, None, None]
        self.seen, self.confirmed, self.followed = now, True, True


@dataclass
class ByteTrack:
    """Tracks of one clip; feed it the boxes of each frame in order.

    Attributes:
        sure: confidence from which a box starts a track.
        faint: confidence above which a box can continue one.
        memory: updates that a track may miss and still be continued.
    """

    sure: float
    faint: float
    memory: int
    _now: int = 0
    _count: int = 0
    _tracks: list[Track] = field(default_factory=list)

    def update(self, boxes: np.ndarray, confidence: np.ndarray) -> dict[int, int]:
        """Join the boxes of the next frame to tracks.

        Args:
            boxes: (N, 4), x1 y1 x2 y2.
            confidence: (N,), 0 to 1.

        Returns:
            Row of `boxes` by number of the track. A track's first box counts at once; if the next update has no second
            one, the track ends.
        """
        self._now += 1
        boxes = np.asarray(boxes, float).reshape(-1, 4)
        sure = np.flatnonzero(confidence >= self.sure)
        faint = np.flatnonzero((confidence > self.faint) & (confidence < self.sure))
        # Followed tracks stand before lost ones: among equal overlaps the first is taken.
        known = sorted((track for track in self._tracks if track.confirmed), key=lambda track: not track.followed)
        for track in known:
            track.predict()
        rows: dict[int, int] = {}
        left, sure = self._associate(known, boxes, sure, LEAST_OVERLAP["sure"], rows)
        left, _ = self._associate([t for t in left if t.followed], boxes, faint, LEAST_OVERLAP["faint"], rows)
        for track in left:
            track.followed = False
        begun = [track for track in self._tracks if not track.confirmed]
        ended, sure = self._associate(begun, boxes, sure, LEAST_OVERLAP["second find"], rows)
        self._tracks = [t for t in self._tracks if t not in ended and self._now - t.seen <= self.memory]
        for row in sure:
            self._count += 1
            self._tracks.append(Track.begin(self._count, boxes[row], self._now))
            rows[self._count] = int(row)
        self._drop_doubles()
        return {track.number: rows[track.number] for track in self._tracks if track.number in rows}

    def _associate(
        self, tracks: list[Track], boxes: np.ndarray, rows: np.ndarray, least_overlap: float, found: dict[int, int]
    ) -> tuple[list[Track], np.ndarray]:
        """Pair tracks with rows of `boxes` so that the overlaps' sum is greatest; returns what is left of each."""
        if not tracks or not len(rows):
            return tracks, rows
        overlap = intersection_over_union(np.array([track.box for track in tracks]), boxes[rows])
        pairs = zip(*linear_sum_assignment(-overlap), strict=True)
        pairs = [(i, j) for i, j in pairs if overlap[i, j] >= least_overlap]
        for i, j in pairs:
            tracks[i].correct(boxes[rows[j]], self._now)
            found[tracks[i].number] = int(rows[j])
        paired = {i for i, _ in pairs}
        return [t for i, t in enumerate(tracks) if i not in paired], np.delete(rows, [j for _, j in pairs])

    def _drop_doubles(self) -> None:
        """Keep one of a followed and a lost track that lie on each other."""
        followed, lost = ([t for t in self._tracks if t.followed is state] for state in (True, False))
        if not followed or not lost:
            return
        overlap = intersection_over_union(*(np.array([t.box for t in tracks]) for tracks in (followed, lost)))
        for i, j in zip(*np.nonzero(overlap > SAME_OVERLAP), strict=True):
            longer = followed[i].seen - followed[i].started > lost[j].seen - lost[j].started
            shorter = lost[j] if longer else followed[i]
            self._tracks = [track for track in self._tracks if track is not shorter]


def _measurement(box: np.ndarray) -> np.ndarray:
    """Centre x, centre y, ratio of width to height, and height of a box (4,)."""
    width, height = np.maximum(box[2:] - box[:2], 1e-3)
    return np.array([*(box[:2] + box[2:]) / 2, width / height, height])


def _noise(position: float, velocity: float, height: float) -> np.ndarray:
    """Standard deviations (4, 2) of the value and the change of each number of a box."""
    deviation = np.tile([position * height, velocity * height], (4, 1))
    deviation[ASPECT] = ASPECT_NOISE, ASPECT_VELOCITY_NOISE
    return deviation


def _diagonal(deviation: np.ndarray) -> np.ndarray:
    """Covariances (4, 2, 2) of independent noise of these standard deviations (4, 2)."""
    return np.eye(2) * (deviation**2)[:, None, :]
