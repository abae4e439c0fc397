"""Stretches in which one expression is named: what annotation tools, subtitles and coders call an interval."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from emo_utils.reports.clips.summary import durations_s
from emo_utils.timeline import Timeline

LONGEST_GAP = 1.5
"""A gap of more than so many usual frame durations ends a stretch: the face was not seen there."""


@dataclass(frozen=True)
class Stretch:
    """One expression of one person, from start to end in seconds; `mean` is its mean smoothed probability."""

    person_id: int
    emotion: str
    start_s: float
    end_s: float
    mean: float


def stretches(timeline: Timeline, person_id: int) -> Iterator[Stretch]:
    """The stretches of one person in time order, by `smoothed_emotion`; a stretch ends where the next frame begins."""
    frames = timeline.frames
    length = dict(zip(frames["frame_index"], durations_s(frames["time_s"].to_numpy()), strict=True))
    names = ("frame_index", "time_s", "smoothed_emotion", "smoothed_confidence")
    rows = timeline.person(person_id, names).dropna(subset=["smoothed_emotion"])
    if rows.empty:
        return
    times = rows["time_s"].to_numpy(float)
    ends = times + rows["frame_index"].map(length).to_numpy(float)
    usual = float(np.median(list(length.values()))) or 0.0
    named = rows["smoothed_emotion"].to_numpy(object)
    starts = np.flatnonzero((named[1:] != named[:-1]) | (times[1:] - ends[:-1] > (LONGEST_GAP - 1) * usual + 1e-6)) + 1
    bounds = [0, *starts.tolist(), len(rows)]
    confidence = rows["smoothed_confidence"].to_numpy(float)
    for first, after in pairwise(bounds):
        mean = float(np.nanmean(confidence[first:after]))
        yield Stretch(person_id, str(named[first]), float(times[first]), float(ends[after - 1]), mean)
