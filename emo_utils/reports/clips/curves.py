"""The chart of probabilities over time, with the named expression as a strip under the curves."""

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from matplotlib.lines import Line2D

from emo_utils.inference.smoothing import LONGEST_GAP_S
from emo_utils.labels import COLOURS
from emo_utils.reports.chart_style import Chart, styled
from emo_utils.reports.clips.marks import mark_axis, of_person
from emo_utils.reports.clips.panels import (
    PALE,
    bin_width_s,
    binned,
    clip_end_s,
    finish_time_axis,
    mark_key,
    panels,
    people_title,
    shown_people,
    with_gaps,
)
from emo_utils.reports.clips.summary import durations_s
from emo_utils.structures import Segment
from emo_utils.timeline import Timeline

FEWEST_SHARE = 0.05
"""Emotions that never reach this probability are drawn thin and are not in the legend."""

STRIP_COLUMNS = ("frame_index", "time_s", "smoothed_emotion", "status")

STRIP_BOTTOM, STRIP_HEIGHT = -0.13, 0.08


def line_chart(timeline: Timeline, segments: Sequence[Segment] = (), name: str = "") -> Chart:
    """Smoothed probabilities over time, one panel per person, with the emotion as a strip under each.

    The smoothing is that of the timeline. Segments are shaded from onset to offset, their apexes marked. Long clips are
    drawn in bins: the mean of each. Many persons are drawn as small panels.

    Args:
        timeline: of the clip, with one person or more.
        segments: of the clip.
        name: of the clip, for the title.
    """
    faces = timeline.table  # all its columns that are used here are empty in frames without a face
    seen = faces["person_id"].value_counts().to_dict()
    people, end_s = shown_people(timeline.people, seen), clip_end_s(timeline)
    bin_s = bin_width_s(max(seen.values()), end_s)
    named = [c for c in timeline.classes if (faces[f"smoothed_p_{c}"] >= FEWEST_SHARE).any()]
    with styled():
        title = people_title(name, "smoothed probabilities", len(people), len(timeline.people))
        chart, axes = panels(len(people), title)
        for axis, person in zip(axes, people, strict=True):
            _draw_person(axis, timeline, person, named, bin_s)
            mark_axis(axis, of_person(segments, person))
            axis.set_title(f"Person {person}")
        chart.supylabel("probability", fontsize=9)
        finish_time_axis(axes, end_s, bin_s)
        lines = [Line2D([], [], color=COLOURS[c], lw=2, label=c) for c in named]
        uncertain = bool((faces["status"] == "uncertain").any())
        chart.draw_key([*lines, *mark_key(bool(segments), strip=True, uncertain=uncertain)])
    return chart


def _draw_person(axis, timeline: Timeline, person: int, named: Sequence[str], bin_s: float) -> None:
    probabilities = [f"smoothed_p_{c}" for c in timeline.classes]
    rows = timeline.person(person, [*probabilities, *STRIP_COLUMNS])
    values = rows[probabilities].to_numpy(float)
    known = ~np.isnan(values).any(axis=1)
    values, rows = values[known], rows.loc[known, list(STRIP_COLUMNS)]
    times_s, values = binned(rows["time_s"].to_numpy(float), values, bin_s)
    times_s, values = with_gaps(times_s, values, max(LONGEST_GAP_S, 1.5 * bin_s))
    for index, emotion in enumerate(timeline.classes):
        axis.plot(times_s, values[:, index], color=COLOURS[emotion], lw=1.6 if emotion in named else 0.5)
    _draw_strip(axis, rows, timeline, bin_s)
    axis.set_ylim(STRIP_BOTTOM - 0.03, 1.04)
    axis.set_yticks([0, 0.5, 1])


def _draw_strip(axis, rows, timeline: Timeline, bin_s: float) -> None:
    """The named emotion as a coloured strip under the curves; pale if it is uncertain."""
    spans: dict[tuple[str, bool], list[tuple[float, float]]] = {}
    for look, start_s, seconds in _runs(rows, timeline, bin_s):
        spans.setdefault(look, []).append((start_s, seconds))
    for (emotion, uncertain), places in spans.items():
        opacity = PALE if uncertain else 1.0
        axis.broken_barh(places, (STRIP_BOTTOM, STRIP_HEIGHT), facecolors=COLOURS[emotion], alpha=opacity, linewidth=0)


def _runs(rows, timeline: Timeline, bin_s: float):
    """Emotion and whether it is uncertain, start and duration of each stretch of rows (or bins) that are alike."""
    looks = list(zip(rows["smoothed_emotion"], rows["status"] == "uncertain", strict=True))
    if bin_s:
        number = np.floor(rows["time_s"].to_numpy(float) / bin_s).astype(int)
        in_bins = [(key, [looks[at] for at, _ in part]) for key, part in groupby(enumerate(number), lambda one: one[1])]
        steps = [(max(set(part), key=part.count), key * bin_s, bin_s) for key, part in in_bins]
    else:
        frames = timeline.frames
        seconds = dict(zip(frames["frame_index"], durations_s(frames["time_s"].to_numpy()), strict=True))
        steps = list(zip(looks, rows["time_s"], rows["frame_index"].map(seconds), strict=True))
    merged: list[tuple[tuple[str, bool], float, float]] = []
    for look, start_s, length_s in steps:
        if merged and merged[-1][0] == look and abs(sum(merged[-1][1:]) - start_s) < 1e-6 + 0.01 * length_s:
            merged[-1] = (look, merged[-1][1], start_s + length_s - merged[-1][1])
        else:
            merged.append((look, float(start_s), float(length_s)))
    return merged
