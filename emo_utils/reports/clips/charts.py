"""Charts of a timeline: expressions over time (line), share of time (bar, pie)."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from emo_utils.inference.smoothing import LONGEST_GAP_S
from emo_utils.labels import COLOURS
from emo_utils.reports.clips.marks import mark_axis, motion_chart, of_person
from emo_utils.reports.clips.summary import durations_s, summarise
from emo_utils.structures import Segment
from emo_utils.timeline import Timeline

if TYPE_CHECKING:
    import pandas as pd

STYLE = {
    "figure.dpi": 110,
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "legend.frameon": False,
}
MOST_NUMBERED = 6
"""Largest number of persons whose bars are labelled."""

MOST_PIES = 6
"""Largest number of pies in a row."""

FEWEST_SHARE = 0.05
"""Emotions that never reach this probability are not in the legend of the line chart."""


def save_charts(
    timeline: Timeline, folder: Path, segments: Sequence[Segment] = (), motion: "pd.DataFrame | None" = None
) -> list[Path]:
    """Write `line.png`, `bar.png`, `pie.png`, and `motion.png` if motion is given; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, draw in charts_of(timeline, segments, motion).items():
        paths.append(folder / f"{name}.png")
        draw().savefig(paths[-1])
    return paths


def charts_of(
    timeline: Timeline, segments: Sequence[Segment] = (), motion: "pd.DataFrame | None" = None
) -> dict[str, Callable[[], Figure]]:
    """Functions that draw the charts of a clip, by name; `motion` only if motion is given."""
    charts = {
        "line": partial(line_chart, timeline, segments),
        "bar": partial(bar_chart, timeline),
        "pie": partial(pie_chart, timeline),
    }
    return charts if motion is None else {**charts, "motion": partial(_styled_motion_chart, motion, segments)}


def _styled_motion_chart(motion: "pd.DataFrame", segments: Sequence[Segment]) -> Figure:
    with plt.rc_context(STYLE):
        return motion_chart(motion, segments)


def line_chart(timeline: Timeline, segments: Sequence[Segment] = ()) -> Figure:
    """Smoothed probabilities over time, one panel per person, with the emotion as a strip under each.

    Segments are shaded from onset to offset, their apexes marked.
    """
    with plt.rc_context(STYLE):
        people = timeline.people
        figure, axes = plt.subplots(
            max(1, len(people)),
            1,
            figsize=(9, 0.6 + 2.6 * max(1, len(people))),
            sharex=True,
            squeeze=False,
            layout="constrained",
        )
        for axis, person in zip(axes[:, 0], people, strict=False):
            _draw_person(axis, timeline, person)
            mark_axis(axis, of_person(segments, person))
            axis.set_title(f"Person {person}")
        _finish_time_axis(axes[-1, 0], timeline)
        return _closed(figure)


def _draw_person(axis, timeline: Timeline, person: int) -> None:
    rows = timeline.faces[timeline.faces["person_id"] == person]
    times_s = rows["time_s"].to_numpy()
    values = timeline.probabilities(person, "smoothed_p_")
    breaks = np.flatnonzero(np.diff(times_s) > LONGEST_GAP_S) + 1
    for index, name in enumerate(timeline.classes):
        named = bool((values[:, index] >= FEWEST_SHARE).any())
        for piece, (t, p) in enumerate(zip(np.split(times_s, breaks), np.split(values[:, index], breaks), strict=True)):
            label = name if named and piece == 0 else None
            axis.plot(t, p, color=COLOURS[name], lw=1.8 if named else 0.6, label=label)
    _draw_strip(axis, rows, timeline)
    axis.set_ylim(-0.12, 1.02)
    axis.set_yticks([0, 0.5, 1])
    axis.set_ylabel("probability")
    if axis.get_legend_handles_labels()[1]:
        axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


def _draw_strip(axis, rows, timeline: Timeline) -> None:
    """The emotion as a coloured strip under the curves; pale if it is uncertain."""
    frames = timeline.table.drop_duplicates("frame_index")
    seconds = dict(zip(frames["frame_index"], durations_s(frames["time_s"].to_numpy()), strict=True))
    for (name, uncertain), part in rows.groupby(["smoothed_emotion", rows["status"] == "uncertain"]):
        spans = list(zip(part["time_s"], part["frame_index"].map(seconds), strict=True))
        axis.broken_barh(spans, (-0.10, 0.06), facecolors=COLOURS[name], alpha=0.35 if uncertain else 1.0, linewidth=0)


def _finish_time_axis(axis, timeline: Timeline) -> None:
    end_s = timeline.table["time_s"].max()
    axis.set_xlim(0, max(end_s, 0.1))
    axis.set_xlabel("time (s)")
    if not timeline.people:
        axis.set_yticks([])
        axis.text(0.5, 0.5, "no face in this clip", ha="center", va="center", transform=axis.transAxes)


def bar_chart(timeline: Timeline) -> Figure:
    """Share of time per emotion, the persons side by side."""
    with plt.rc_context(STYLE):
        people = summarise(timeline)["people"]
        figure, axis = plt.subplots(figsize=(7, 3.4), layout="constrained")
        names = list(timeline.classes)
        width = 0.8 / max(1, len(people))
        for index, person in enumerate(people):
            shares = [person["share_of_time"][name] for name in names]
            left = np.arange(len(names)) - 0.4 + index * width
            bars = axis.bar(left, shares, width * 0.94, align="edge", color=[COLOURS[name] for name in names])
            for bar, share in zip(bars, shares, strict=True):
                if share >= 0.005 and len(people) <= MOST_NUMBERED:
                    text = f"{share:.0%}" if len(people) == 1 else f"P{person['person_id']}\n{share:.0%}"
                    axis.annotate(
                        text, (bar.get_x() + bar.get_width() / 2, share), ha="center", va="bottom", fontsize=7
                    )
        axis.set_xticks(range(len(names)), names, rotation=20, ha="right")
        axis.set_ylim(0, 1.12)
        axis.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])
        order = "" if len(people) <= MOST_NUMBERED else f"; of each expression, persons 1 to {len(people)} in order"
        axis.set_title(f"Share of time on screen{order}" if people else "No face in this clip")
        return _closed(figure)


def pie_chart(timeline: Timeline) -> Figure:
    """Share of time per emotion, a pie per person."""
    with plt.rc_context(STYLE):
        people = summarise(timeline)["people"]
        columns = min(MOST_PIES, max(1, len(people)))
        lines = max(1, math.ceil(len(people) / columns))
        size = (3.6 * columns, 3.4 * lines)
        figure, axes = plt.subplots(lines, columns, figsize=size, squeeze=False, layout="constrained")
        for axis in axes.flat[len(people) :]:
            axis.axis("off")
        for axis, person in zip(axes.flat, people, strict=False):
            shares = {name: share for name, share in person["share_of_time"].items() if share > 0}
            axis.pie(
                list(shares.values()),
                labels=[name if share >= 0.03 else "" for name, share in shares.items()],
                colors=[COLOURS[name] for name in shares],
                autopct=lambda percent: f"{percent:.0f} %" if percent >= 5 else "",
                startangle=90,
                counterclock=False,
                wedgeprops={"linewidth": 1, "edgecolor": "white"},
            )
            axis.set_title(f"Person {person['person_id']}", loc="center")
        if not people:
            axes[0, 0].set_title("No face in this clip", loc="center")
        return _closed(figure)


def _closed(figure: Figure) -> Figure:
    """Close a figure in pyplot, so that memory is freed, and a notebook shows it only once, as the cell's value."""
    plt.close(figure)
    return figure


def balance_chart(counts: "pd.DataFrame", title: str = "") -> Figure:
    """Clips per emotion (rows) as stacked bars of the parts of a split (columns); a row `people` is left out."""
    shades = {"train": 1.0, "validation": 0.6, "test": 0.3}
    with plt.rc_context(STYLE):
        table = counts.drop(index="people", errors="ignore")
        figure, axis = plt.subplots(figsize=(7, 2.8), layout="constrained")
        bottom = np.zeros(len(table))
        for part in table.columns:
            colours = [COLOURS[name] for name in table.index]
            axis.bar(table.index, table[part], bottom=bottom, color=colours, alpha=shades.get(part, 1.0))
            bottom += table[part].to_numpy(float)
        axis.set_ylabel("clips")
        axis.tick_params(axis="x", rotation=20)
        axis.set_title(title or "train in full colour, validation pale, test palest")
        return _closed(figure)
