"""A baseline and a timeline: what each person of a clip looks like on average, and the columns without it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from emo_utils.inference.baseline import log_mean, take_off
from emo_utils.timeline import Timeline

DIGITS = 6
"""Significant digits of probabilities in `timeline.csv`. A baseline is estimated from numbers with these digits, so an
analysis in memory and one read from its file give the same result."""


@dataclass(frozen=True)
class Appearance:
    """One person in one clip.

    Attributes:
        clip: the name of the clip.
        person_id: as in its timeline.
        log_mean: float (C,), see `inference.baseline.log_mean`.
        frames: number of frames of the mean.
    """

    clip: str
    person_id: int
    log_mean: np.ndarray = field(repr=False)
    frames: int


def appearances(clip: str, timeline: Timeline) -> list[Appearance]:
    """The persons of a clip, the one that is seen in most frames first.

    Frames of low quality are left out where a person has others; persons without a prediction are left out.
    """
    found = []
    for person in timeline.people:
        logs = person_log_means(timeline, person)
        if logs is not None:
            found.append(Appearance(clip, person, *logs))
    seen = timeline.faces["person_id"].value_counts()
    return sorted(found, key=lambda one: (-int(seen[one.person_id]), one.person_id))


def person_log_means(
    timeline: Timeline, person: int, stretch_s: tuple[float, float] | None = None
) -> tuple[np.ndarray, int] | None:
    """Mean log-probability (C,) of one person and the number of its frames; None without a frame.

    Args:
        timeline: of the clip.
        person: the person's id.
        stretch_s: only the frames between these times; None: all.
    """
    rows = timeline.person(person)
    if stretch_s is not None:
        rows = rows[rows["time_s"].between(*stretch_s)]
    rows = rows.dropna(subset=[f"p_{name}" for name in timeline.classes])
    clear = rows[rows["status"] != "low_quality"]
    rows = clear if len(clear) else rows
    if not len(rows):
        return None
    return log_mean(as_written(rows[[f"p_{name}" for name in timeline.classes]].to_numpy(float))), len(rows)


def with_baseline(timeline: Timeline, offsets: Mapping[int, np.ndarray]) -> Timeline:
    """A timeline with the baseline columns of some persons filled in; those of the others are empty.

    Args:
        timeline: of the clip.
        offsets: float (C,) of each person, taken off the logarithms of the smoothed probabilities.
    """
    table, values = timeline.table, {}
    for person, offset in offsets.items():
        rows = (table["person_id"] == person).fillna(False).to_numpy(bool)
        smoothed = as_written(table.loc[rows, [f"smoothed_p_{name}" for name in timeline.classes]].to_numpy(float))
        values[person] = take_off(smoothed, offset)
    return with_probabilities(timeline, values)


def with_probabilities(timeline: Timeline, people: Mapping[int, np.ndarray]) -> Timeline:
    """A timeline with the baseline columns of some persons filled in; those of the others are empty.

    Args:
        timeline: of the clip.
        people: float (M, C) of each person, probabilities in the person's rows, in order; NaN: none.
    """
    table = timeline.table.copy()
    names = [f"b_{name}" for name in timeline.classes]
    table[["baseline_confidence", *names]] = np.nan
    table["baseline_emotion"] = np.array([None] * len(table), object)
    for person, values in people.items():
        rows = np.flatnonzero((table["person_id"] == person).fillna(False).to_numpy(bool))
        known = ~np.isnan(values).any(axis=1)
        rows, values = table.index[rows[known]], values[known]
        table.loc[rows, names] = values
        table.loc[rows, "baseline_emotion"] = np.array(timeline.classes, object)[values.argmax(axis=1)]
        table.loc[rows, "baseline_confidence"] = values.max(axis=1)
    return replace(timeline, table=table)


def baseline_emotion(
    timeline: Timeline, person: int, frames: tuple[int, int], without: Sequence[str] = ()
) -> tuple[str, float]:
    """The most probable emotion of a stretch, by the mean of the baseline columns, and its probability.

    Args:
        timeline: with a baseline.
        person: the person's id.
        frames: first and last frame of the stretch.
        without: emotions that are not named.

    Returns:
        An empty name and NaN where the person has no baseline there.
    """
    rows = timeline.person(person)
    rows = rows[rows["frame_index"].between(*frames)]
    names = [name for name in timeline.classes if name not in without]
    values = rows[[f"b_{name}" for name in names]].dropna().to_numpy(float)
    if not len(values):
        return "", float("nan")
    mean = values.mean(axis=0)
    return names[int(mean.argmax())], round(float(mean.max()), DIGITS)


def as_written(values: np.ndarray) -> np.ndarray:
    """Numbers rounded to the significant digits of `timeline.csv`."""
    return np.array([float(f"{value:.{DIGITS}g}") for value in values.ravel()]).reshape(values.shape)
