"""Find sustained expressions: one expression throughout the clip, without onset or offset."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from emo_utils.inference.segmenting import NEUTRAL
from emo_utils.motion.filters import gaussian
from emo_utils.structures import Segment
from emo_utils.timeline import Timeline

LEAST_SHARE = 0.95
"""Least share of a person's frames that show the expression."""

LEAST_PROBABILITY = 0.6
"""Least mean probability of the expression."""

MOST_SPEECH = 0.1
"""Largest median of `speech`; above it the mouth is open because of speech, which is often predicted as surprise."""

SHORTEST_S = 1.0

STEADY_S = 0.2
"""Gaussian that smooths the probabilities; the apex is the frame with the highest one."""


def sustained_segments(timeline: Timeline, motion: pd.DataFrame, found: Sequence[Segment]) -> list[Segment]:
    """A segment for each person without segments who shows one expression throughout, in order of the persons.

    It runs from the first frame of the person to the last. Its apex is the frame with the highest smoothed probability.
    The distance from rest is unknown, so its strength is NaN.

    Args:
        timeline: of the clip.
        motion: with `segmenting.MOTION_COLUMNS`.
        found: the segments of the clip.
    """
    known = {segment.person_id for segment in found}
    made = [_sustained(timeline, motion, person) for person in timeline.people if person not in known]
    return [segment for segment in made if segment is not None]


def _sustained(timeline: Timeline, motion: pd.DataFrame, person: int) -> Segment | None:
    columns = [f"p_{name}" for name in timeline.classes]
    rows = timeline.person(person, ["frame_index", "time_s", "track_id", *columns])
    rows = rows[rows["track_id"] == rows["track_id"].mode()[0]].dropna(subset=columns)
    speech = motion.loc[motion["person_id"] == person, "speech"].median()
    times_s = rows["time_s"].to_numpy()
    if len(rows) < 2 or times_s[-1] - times_s[0] < SHORTEST_S or not speech <= MOST_SPEECH:
        return None
    probabilities = rows[columns].to_numpy(float)
    top = int(np.bincount(probabilities.argmax(axis=1)).argmax())
    share, mean = (probabilities.argmax(axis=1) == top).mean(), probabilities[:, top].mean()
    if timeline.classes[top] == NEUTRAL or share < LEAST_SHARE or mean < LEAST_PROBABILITY:
        return None
    smoothed = gaussian(probabilities[:, top], times_s, STEADY_S)
    marks = (0, int(smoothed.argmax()), len(rows) - 1)
    frames = (int(rows["frame_index"].iloc[mark]) for mark in marks)
    flags = {"cut_start": True, "cut_end": True, "sustained": True}
    return Segment(person, int(rows["track_id"].iloc[0]), *frames, *times_s[list(marks)].tolist(), np.nan, **flags)
