"""Read the windows of a clip with a network over time, and give each frame the probabilities of its windows.

The probabilities of a frame are the mean of the log-probabilities of all windows of its track that cover it, normalised
again. A frame that no window covers has none: its track is too short for the network.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from emo_utils.inference.observe import ObservedFrame
from emo_utils.inference.person_features import PersonRule
from emo_utils.inference.person_windows import PersonWindows, join_windows
from emo_utils.inference.sample_engine import SampleEngine
from emo_utils.inference.windows import CutWindow, MakeSample, SampleClock, TrackWindows, WindowRule
from emo_utils.representations.face_sequence import CutFace

BATCH = 8

FORGOTTEN_S = 5.0
"""Seconds without a face after which a track is taken as ended; see `faces.tracklets.FORGOTTEN_S`."""

LEAST = float(np.finfo(np.float32).tiny)


class WindowReader:
    """Reads one clip. Call `add` with its frames in order, then `fill`. Create one per clip.

    It keeps a window of faces per track that is seen now, and a row of numbers (or two) per window.

    Args:
        rule: the windows.
        make: makes the network's input from the faces of a window.
        engine: runs the network.
        rate: frames a second that are read of the clip; None if unknown.
        person: how features are normalised by person; their windows are then kept too (`kept`). None: they are not.
    """

    def __init__(
        self,
        rule: WindowRule,
        make: MakeSample,
        engine: SampleEngine,
        rate: float | None,
        person: PersonRule | None = None,
    ):
        self._rule, self._make, self._engine, self._person = rule, make, engine, person
        self._clock = SampleClock(rule, rate)
        self._open: dict[int, tuple[TrackWindows, float]] = {}
        self._waiting: list[CutWindow] = []
        self._read: list[tuple[int, int, int, np.ndarray]] = []
        self._features: list[np.ndarray] = []
        self._tick_of: dict[int, int] = {}

    def add(self, frame: ObservedFrame, values: Sequence[np.ndarray]) -> None:
        """Add a frame with the crop, or the embedding, of each of its faces."""
        ticks = self._clock.ticks(frame.time_s)
        self._tick_of[frame.frame_index] = max(self._clock.last, 0)
        for face, value in zip(frame.faces, values, strict=True):
            windows = self._open.get(face.track_id, (None,))[0] or TrackWindows(face.track_id, self._rule, self._make)
            self._open[face.track_id] = windows, frame.time_s
            cut = CutFace(value, frame.frame_index, frame.time_s)
            for tick in ticks:
                self._take(windows.add(tick, cut))
        for track_id in [key for key, (_, seen_s) in self._open.items() if frame.time_s - seen_s > FORGOTTEN_S]:
            self._take(self._open.pop(track_id)[0].close())

    def _take(self, windows: Iterable[CutWindow]) -> None:
        for window in windows:
            self._waiting.append(window)
            if len(self._waiting) == BATCH:
                self._run()

    def _run(self) -> None:
        if self._waiting:
            samples = [one.sample for one in self._waiting]
            if self._person:
                self._features += samples
                samples = self._person.alone(samples)
            rows = np.log(np.maximum(self._engine.predict_samples(samples), LEAST))
            for window, row in zip(self._waiting, rows.astype(float), strict=True):
                self._read.append((window.track_id, window.start, window.length, row))
            self._waiting = []

    def fill(self, faces: pd.DataFrame) -> pd.DataFrame:
        """Set the probabilities of all faces of the clip.

        Args:
            faces: of `timeline_table.face_rows`, with the track ids of the frames that were added.

        Returns:
            The same rows; probabilities of faces without a window are NaN.
        """
        for windows, _ in self._open.values():
            self._take(windows.close())
        self._run()
        self._open = {}
        names = [f"p_{name}" for name in self._engine.weights.classes]
        ticks = faces["frame_index"].map(self._tick_of).to_numpy()
        values = np.full((len(faces), len(names)), np.nan)
        for track_id, rows in faces.reset_index(drop=True).groupby("track_id").groups.items():
            values[rows] = self._of_track(track_id, ticks[rows])
        return faces.assign(**dict(zip(names, values.T, strict=True)))

    def kept(self, faces: pd.DataFrame, track_ids: pd.Series) -> PersonWindows | None:
        """The windows of the clip, after `fill`; None where features are not normalised by person.

        Args:
            faces: rows of `fill` without the tracks that were left out.
            track_ids: the final id of each row.
        """
        if not self._person:
            return None
        cut = [(*read[:3], features) for read, features in zip(self._read, self._features, strict=True)]
        return join_windows(cut, faces, track_ids, self._tick_of)

    def _of_track(self, track_id: int, ticks: np.ndarray) -> np.ndarray:
        """Probabilities (N, C) of a track at these ticks."""
        from scipy.special import softmax  # slow to load

        own = [(start, length, row) for track, start, length, row in self._read if track == track_id]
        if not own:
            return np.full((len(ticks), len(self._engine.weights.classes)), np.nan)
        starts, lengths = (np.array(column) for column in list(zip(*own, strict=True))[:2])
        rows = np.stack([row for _, _, row in own])
        sums, counts = np.zeros((self._clock.last + 2, rows.shape[1])), np.zeros(self._clock.last + 2)
        for places, sign in ((starts, 1), (starts + lengths, -1)):
            np.add.at(sums, places, sign * rows)
            np.add.at(counts, places, sign)
        count = np.round(np.cumsum(counts))[ticks]
        with np.errstate(invalid="ignore", divide="ignore"):
            means = np.cumsum(sums, axis=0)[ticks] / count[:, None]
        return np.where(count[:, None] > 0, softmax(means, axis=1), np.nan)
