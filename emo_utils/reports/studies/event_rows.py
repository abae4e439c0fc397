"""Rows of `events.csv`: each person of a clip during each event.

Means are of unsmoothed probabilities, so that nothing from before an event reaches into it. The correction by a
window before the event subtracts the mean of that window from the mean of the event, value by value, as evoked
responses are corrected by a prestimulus baseline: S. J. Luck, "An Introduction to the Event-Related Potential
Technique", 2nd ed., MIT Press, 2014.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from emo_utils.reports.studies.finished import FinishedClip
from emo_utils.reports.studies.people_rows import Row, baseline_means, means_of, shares_of
from emo_utils.reports.studies.trials import CARRIED_PREFIX, Trial, Trials
from emo_utils.reports.studies.variables import Layout, event_variables


def carried_names(trials: Trials, layout: Layout) -> dict[str, str]:
    """The names of the carried columns in `events.csv`; `trial_` is put before one that is taken."""
    own = event_variables(layout, (), trials.window)
    return {name: f"{CARRIED_PREFIX}{name}" if name in own else name for name in trials.columns}


def event_rows(clip: FinishedClip, trials: Trials, layout: Layout) -> Iterator[Row]:
    """A row for each event of a clip and each person who is seen in it, or one row where nobody is.

    Args:
        clip: its results.
        trials: the events of all clips.
        layout: of the whole run, which decides the names of the carried columns.

    Raises:
        EventsError: an event lies outside the clip.
    """
    own = trials.of(clip.name)
    table = clip.timeline.table
    if own and len(table):
        last = table["frame_index"].max()
        trials.check_times(clip.name, float(table["time_s"].max()) + clip.seconds[last])
    carried = carried_names(trials, layout)
    for trial in own:
        given = dict(zip(carried.values(), trial.values, strict=True))
        shared = {
            "event": trial.number,
            "clip": clip.name,
            "start_s": trial.start_s,
            "end_s": trial.end_s,
            **given,
        }
        inside = _between(clip.timeline.faces, trial.start_s, trial.end_s)
        people = [int(person) for person in inside["person_id"].drop_duplicates()]
        for person in people:
            yield {**shared, **_person(clip, person, trial, inside[inside["person_id"] == person], trials.window)}
        if not people:
            yield {**shared, "seen_s": 0.0, "seen_share": 0.0}


def _between(faces: pd.DataFrame, start_s: float, end_s: float) -> pd.DataFrame:
    return faces[(faces["time_s"] >= start_s) & (faces["time_s"] < end_s)]


def _person(clip: FinishedClip, person: int, trial: Trial, rows: pd.DataFrame, window: Any) -> Row:
    weight = rows["frame_index"].map(clip.seconds).to_numpy(float)
    means = means_of(clip, rows, weight)
    seen_s = min(float(weight.sum()), trial.end_s - trial.start_s)
    row = {
        "subject": clip.subject_of(person),
        "person_id": person,
        "seen_s": seen_s,
        "seen_share": seen_s / (trial.end_s - trial.start_s),
        **shares_of(rows, weight, clip.timeline.classes),
        **means,
        **{f"peak_{name}": float(rows[f"smoothed_p_{name}"].max()) for name in clip.timeline.classes},
        **baseline_means(clip, rows, weight),
        **_onsets(clip, person, trial),
    }
    return row | (_change(clip, person, trial, window, means) if window else {})


def _onsets(clip: FinishedClip, person: int, trial: Trial) -> Row:
    if clip.segments is None:
        return {}
    own = clip.segments[(clip.segments["person_id"] == person) & (clip.segments["cut_start"] == 0)]
    onsets = own["onset_s"][(own["onset_s"] >= trial.start_s) & (own["onset_s"] < trial.end_s)]
    return {"onsets": len(onsets), "first_onset_s": float(onsets.min()) - trial.start_s if len(onsets) else np.nan}


def _change(clip: FinishedClip, person: int, trial: Trial, window: tuple[float, float], means: Row) -> Row:
    faces = clip.timeline.faces
    before = _between(faces[faces["person_id"] == person], trial.start_s + window[0], trial.start_s + window[1])
    weight = before["frame_index"].map(clip.seconds).to_numpy(float)
    rest = means_of(clip, before, weight)
    changes = {f"change_{name.removeprefix('mean_')}": means[name] - rest[name] for name in means}
    return {"window_seen_s": float(weight.sum()), **changes}
