"""ByteTrack: joins the boxes of each frame into tracks over time, using predicted positions.

Source: Y. Zhang et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box", ECCV 2022. Its motion
model is the Kalman filter of N. Wojke et al., "Simple Online and Realtime Tracking with a Deep Association Metric",
ICIP 2017. It is implemented here because the maintained packages with ByteTrack (uniface, trackers) require a second
OpenCV. A test compares its output with that of uniface, box by box.
"""

from dataclasses import dataclass, field

import numpy as np

from emo_utils.faces.boxes import intersection_over_union

LEAST_OVERLAP = {"high confidence": 0.2, "low confidence": 0.5, "unconfirmed": 0.3}
"""Smallest overlap (intersection over union) that joins a box to a track, for each of the three matching rounds."""

SAME_OVERLAP = 0.85
"""Overlap above which a lost track and an active track are the same face. The longer track is kept."""

POSITION_NOISE, VELOCITY_NOISE = 1 / 20, 1 / 160
"""Standard deviations of a position and of its change per update, in box heights; values of the two papers."""

ASPECT_NOISE, ASPECT_VELOCITY_NOISE, ASPECT_MEASURED_NOISE = 1e-2, 1e-5, 1e-1
"""Standard deviations of the box's aspect ratio (width / height, no unit): state, change per update, measurement."""

ASPECT, HEIGHT = 2, 3
"""Row numbers in a track's state. The rows are centre x, centre y, aspect ratio (width / height), height."""


@dataclass(eq=False)
class Track:
    """The track of one face.

    The four box coordinates are independent in the filter, so each has its own Kalman filter. Its state is a value
    and the change per update, with their covariance.

    Attributes:
        number: track number, from 1.
        state: float (4, 2), value and change of centre x, centre y, aspect ratio (width / height), and height.
        covariance: float (4, 2, 2).
        started, seen: number of the update with its first box, and with its last box.
        confirmed: whether a second box was matched. Tracks that start in the first update are confirmed at once.
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
        """Estimated box of the face, float (4,), x1 y1 x2 y2."""
        x, y, aspect, height = self.state[:, 0]
        half = np.array([aspect * height, height]) / 2
        return np.concatenate([(x, y) - half, (x, y) + half])

    def predict(self) -> None:
        """Predict the state of the next update (the prediction step of the Kalman filter)."""
        if not self.followed:
            self.state[HEIGHT, 1] = 0  # else the box of a lost face would grow or shrink without limit
        deviation = _noise(POSITION_NOISE, VELOCITY_NOISE, self.state[HEIGHT, 0])
        step = np.array([[1.0, 1.0], [0.0, 1.0]])
        self.state = self.state @ step.T
        self.covariance = step @ self.covariance @ step.T + _diagonal(deviation)

    def correct(self, box: np.ndarray, now: int) -> None:
        """Correct the state by the box (4,) measured in update `now` (the correction step of the Kalman filter)."""
        deviation = np.full(4, POSITION_NOISE * self.state[HEIGHT, 0])
        deviation[ASPECT] = ASPECT_MEASURED_NOISE
        variance = self.covariance[:, 0, 0] + deviation**2
        gain = self.covariance[:, :, 0] / variance[:, None]
        self.state = self.state + gain * (_measurement(box) - self.state[:, 0])[:, None]
        self.covariance = self.covariance - gain[:, :, None] * gain[:, None, :] * variance[:, None, None]
        self.seen, self.confirmed, self.followed = now, True, True


@dataclass
class ByteTrack:
    """Tracks of one clip. Call `update` with the boxes of each frame, in order.

    Attributes:
        sure: smallest confidence of a box that can start a track.
        faint: a box with a confidence above this can continue a track.
        memory: number of updates after which a track without a box ends.
    """

    sure: float
    faint: float
    memory: int
    _now: int = 0
    _count: int = 0
    _tracks: list[Track] = field(default_factory=list)

    def update(self, boxes: np.ndarray, confidence: np.ndarray) -> dict[int, int]:
        """Match the boxes of the next frame to tracks.

        Args:
            boxes: (N, 4), x1 y1 x2 y2.
            confidence: (N,), 0 to 1.

        Returns:
            Track number to row of `boxes`. A new track is returned at once. It ends if the next update has no box
            for it.
        """
        self._now += 1
        boxes = np.asarray(boxes, float).reshape(-1, 4)
        sure = np.flatnonzero(confidence >= self.sure)
        faint = np.flatnonzero((confidence > self.faint) & (confidence < self.sure))
        # Active tracks come before lost tracks: among equal overlaps the first is taken.
        confirmed = sorted((track for track in self._tracks if track.confirmed), key=lambda track: not track.followed)
        for track in confirmed:
            track.predict()
        rows: dict[int, int] = {}
        unmatched, sure = self._associate(confirmed, boxes, sure, LEAST_OVERLAP["high confidence"], rows)
        active = [track for track in unmatched if track.followed]
        unmatched, _ = self._associate(active, boxes, faint, LEAST_OVERLAP["low confidence"], rows)
        for track in unmatched:
            track.followed = False
        unconfirmed = [track for track in self._tracks if not track.confirmed]
        ended, sure = self._associate(unconfirmed, boxes, sure, LEAST_OVERLAP["unconfirmed"], rows)
        self._tracks = [t for t in self._tracks if t not in ended and self._now - t.seen <= self.memory]
        for row in sure:
            self._count += 1
            self._tracks.append(Track.begin(self._count, boxes[row], self._now))
            rows[self._count] = int(row)
        self._drop_duplicates()
        return {track.number: rows[track.number] for track in self._tracks if track.number in rows}

    def _associate(
        self, tracks: list[Track], boxes: np.ndarray, rows: np.ndarray, least_overlap: float, found: dict[int, int]
    ) -> tuple[list[Track], np.ndarray]:
        """Match tracks to rows of `boxes` with the largest sum of overlaps. Returns unmatched tracks and rows."""
        if not tracks or not len(rows):
            return tracks, rows
        overlap = intersection_over_union(np.array([track.box for track in tracks]), boxes[rows])
        pairs = _best_pairs(overlap)
        pairs = [(i, j) for i, j in pairs if overlap[i, j] >= least_overlap]
        for i, j in pairs:
            tracks[i].correct(boxes[rows[j]], self._now)
            found[tracks[i].number] = int(rows[j])
        paired = {i for i, _ in pairs}
        return [t for i, t in enumerate(tracks) if i not in paired], np.delete(rows, [j for _, j in pairs])

    def _drop_duplicates(self) -> None:
        """Where an active and a lost track overlap almost fully, keep the longer one."""
        followed, lost = ([t for t in self._tracks if t.followed is state] for state in (True, False))
        if not followed or not lost:
            return
        overlap = intersection_over_union(*(np.array([t.box for t in tracks]) for tracks in (followed, lost)))
        for i, j in zip(*np.nonzero(overlap > SAME_OVERLAP), strict=True):
            longer = followed[i].seen - followed[i].started > lost[j].seen - lost[j].started
            shorter = lost[j] if longer else followed[i]
            self._tracks = [track for track in self._tracks if track is not shorter]


def _best_pairs(overlap: np.ndarray) -> list[tuple[int, int]]:
    """Rows and columns of the pairs whose overlaps (N, M) have the largest sum, each row and column once."""
    if overlap.shape == (1, 1):
        return [(0, 0)]
    from scipy.optimize import linear_sum_assignment  # slow to load, and not needed for one face

    return list(zip(*linear_sum_assignment(-overlap), strict=True))


def _measurement(box: np.ndarray) -> np.ndarray:
    """Centre x, centre y, aspect ratio (width / height), and height of a box (4,)."""
    width, height = np.maximum(box[2:] - box[:2], 1e-3)
    return np.array([*(box[:2] + box[2:]) / 2, width / height, height])


def _noise(position: float, velocity: float, height: float) -> np.ndarray:
    """Standard deviations (4, 2) of the value and the change of each box coordinate."""
    deviation = np.tile([position * height, velocity * height], (4, 1))
    deviation[ASPECT] = ASPECT_NOISE, ASPECT_VELOCITY_NOISE
    return deviation


def _diagonal(deviation: np.ndarray) -> np.ndarray:
    """Covariances (4, 2, 2) of independent noise with these standard deviations (4, 2)."""
    return np.eye(2) * (deviation**2)[:, None, :]
