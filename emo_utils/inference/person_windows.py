"""Windows of clips read anew with the statistics of each person: the second pass of a network trained so.

While a clip is read the person's other clips are unknown. The features of its windows are kept (`PersonWindows`), and
read again when all clips of the person are there.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from emo_utils.arrays_file import load_arrays, save_arrays
from emo_utils.hashing import sha256_of_json
from emo_utils.inference.baseline_timeline import as_written
from emo_utils.inference.person_features import LEAST_CLIPS, PersonRule
from emo_utils.inference.sample_engine import SampleEngine
from emo_utils.inference.smoothing import smooth
from emo_utils.timeline import Timeline

WINDOWS = "person_windows.npz"
"""Name of the file in the folder of a clip."""

LEAST = float(np.finfo(np.float32).tiny)


@dataclass(frozen=True)
class PersonWindows:
    """The windows of a clip, before their features are normalised by person.

    Attributes:
        track_id: int64 (W,), as in the timeline.
        first, last: int64 (W,), index of the first and of the last frame.
        features: float32 (W, P).
    """

    track_id: np.ndarray
    first: np.ndarray
    last: np.ndarray
    features: np.ndarray = field(repr=False)

    def __len__(self) -> int:
        return len(self.features)

    def save(self, path: Path) -> None:
        """Write the four arrays as a compressed .npz file; equal windows give equal bytes."""
        save_arrays(self, path)

    @classmethod
    def load(cls, path: Path) -> "PersonWindows":
        """Read a file of `save`.

        Raises:
            EmoError: it is no such file.
        """
        return load_arrays(cls, path, "the windows of a clip")

    def of_person(self, timeline: Timeline, person: int) -> np.ndarray:
        """The numbers of the windows of one person, int (N,)."""
        tracks = timeline.faces.loc[timeline.faces["person_id"] == person, "track_id"].unique()
        return np.flatnonzero(np.isin(self.track_id, tracks.astype(np.int64)))


def join_windows(
    cut: Sequence[tuple[int, int, int, np.ndarray]],
    faces: pd.DataFrame,
    track_ids: pd.Series,
    tick_of: Mapping[int, int],
) -> PersonWindows:
    """The windows of a clip after its tracks got their final ids.

    Args:
        cut: track, number of the first frame and of frames (`windows.SampleClock`), and features (P,) of each window.
        faces: rows with `frame_index` and the tracker's `track_id`, without tracks that were left out.
        track_ids: the final id of each row.
        tick_of: the number of each frame.
    """
    frames = np.array(sorted(tick_of), np.int64)
    ticks = np.array([tick_of[frame] for frame in frames])
    rows = []
    for track, start, length, features in cut:
        first, last = frames[np.searchsorted(ticks, start)], frames[np.searchsorted(ticks, start + length) - 1]
        inside = (faces["track_id"] == track) & faces["frame_index"].between(first, last)
        if inside.any():  # a track that shows two people in turn has become two
            rows.append((int(track_ids[inside].mode()[0]), first, last, features))
    if not rows:
        none = np.empty(0, np.int64)
        return PersonWindows(none, none, none, np.empty((0, 0), np.float32))
    track_id, first, last, features = zip(*rows, strict=True)
    return PersonWindows(*(np.array(one, np.int64) for one in (track_id, first, last)), np.stack(features))


@dataclass(frozen=True)
class PersonReading:
    """The windows of one person, over all clips, read with the statistics of these.

    Attributes:
        logs: by clip, log-probabilities float (N, C) of the person's windows, in the order of `of_person`.
        digest: twelve digits that change with the features of any of them.
        warning: that the person has too few clips; empty if not.
    """

    logs: dict[str, np.ndarray] = field(repr=False)
    digest: str
    warning: str


def read_person(name: str, features: Mapping[str, np.ndarray], rule: PersonRule, engine: SampleEngine) -> PersonReading:
    """Read the windows of one person with the statistics of all of them.

    Args:
        name: of the person, for the warning.
        features: by clip, float32 (N, P).
        rule: of the network.
        engine: runs it.
    """
    clips = [clip for clip, values in features.items() if len(values)]
    items = [row for clip in clips for row in features[clip]]
    done = rule.together(items, len(clips)) if items else []
    likely = [engine.predict_samples([item])[0] for item in done]  # one by one: the same bits whatever stands beside
    rows = np.log(np.maximum(np.array(likely, float).reshape(len(likely), -1), LEAST))
    ends = np.cumsum([len(features[clip]) for clip in clips])[:-1]
    few = (
        f"{name}: {len(clips)} clip{'s' * (len(clips) != 1)}, and the person's own statistics need {LEAST_CLIPS}; read "
        "with those of the training set"
    )
    digest = sha256_of_json([row.tobytes().hex() for row in items])[:12]
    logs = dict(zip(clips, np.split(rows, ends) if clips else [], strict=True))
    return PersonReading(logs, digest, few if 0 < len(clips) < LEAST_CLIPS else "")


def frame_probabilities(
    timeline: Timeline, person: int, windows: PersonWindows, logs: np.ndarray, smoothing: tuple[str, float]
) -> np.ndarray:
    """Probabilities of the frames of one person, from the windows that cover them.

    Args:
        timeline: of the clip.
        person: the person's id.
        windows: of the clip.
        logs: float (N, C), log-probabilities of the windows of the person.
        smoothing: method and seconds, see `smoothing.smooth`.

    Returns:
        float (M, C), a row per frame of the person in the order of the timeline; NaN where no window covers it.
    """
    rows = timeline.faces[timeline.faces["person_id"] == person].reset_index(drop=True)
    own = windows.of_person(timeline, person)
    values = np.full((len(rows), len(timeline.classes)), np.nan)
    for track, at in rows.groupby("track_id").groups.items():
        of_track = windows.track_id[own] == track
        frames, times_s = rows["frame_index"].to_numpy(np.int64)[at], as_written(rows["time_s"].to_numpy(float)[at])
        found = _mean_of_windows(frames, windows.first[own][of_track], windows.last[own][of_track], logs[of_track])
        known = ~np.isnan(found).any(axis=1)
        found[known] = smooth(found[known], times_s[known], *smoothing)
        values[at] = found
    return values


def _mean_of_windows(frames: np.ndarray, first: np.ndarray, last: np.ndarray, logs: np.ndarray) -> np.ndarray:
    """Probabilities (M, C) of frames: the mean log-probability of the windows that cover each, normalised."""
    from scipy.special import softmax  # slow to load

    sums, counts = np.zeros((len(frames) + 1, logs.shape[1])), np.zeros(len(frames) + 1)
    ends: Iterable = ((np.searchsorted(frames, first), 1), (np.searchsorted(frames, last, side="right"), -1))
    for places, sign in ends:
        np.add.at(sums, places, sign * logs)
        np.add.at(counts, places, sign)
    count = np.round(np.cumsum(counts))[:-1, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.cumsum(sums, axis=0)[:-1] / count
    return np.where(count > 0, softmax(means, axis=1), np.nan)
