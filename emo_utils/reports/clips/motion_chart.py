"""The chart of the motion: the curves in which segments are found."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D

from emo_utils.inference.smoothing import LONGEST_GAP_S
from emo_utils.reports.chart_style import Chart, styled
from emo_utils.reports.clips.marks import mark_axis, of_person
from emo_utils.reports.clips.panels import (
    bin_width_s,
    binned,
    finish_time_axis,
    mark_key,
    panels,
    people_title,
    shown_people,
    with_gaps,
)
from emo_utils.structures import Segment

if TYPE_CHECKING:
    import pandas as pd

CURVES = {
    "strength": {"color": "#1b1f27", "lw": 1.8},
    "motion": {"color": "#2f6fed", "lw": 1.0},
    "change": {"color": "#c8550a", "lw": 1.0, "ls": (0, (4, 1.5))},
}


def motion_chart(
    motion: "pd.DataFrame", segments: Sequence[Segment] = (), name: str = "", end_s: float | None = None
) -> Chart:
    """The curve in which segments are found, with its two parts and the marks; a panel per person.

    Long clips are drawn in bins: the largest value of each, so that short expressions stay visible.

    Args:
        motion: the table of `motion.csv`, with one person or more.
        segments: of the clip.
        name: of the clip, for the title.
        end_s: right end of the time axis; None: that of the table.
    """
    everyone = [int(person) for person in motion["person_id"].drop_duplicates()]
    seen = motion["person_id"].value_counts().to_dict()
    people = shown_people(everyone, seen)
    end_s = float(motion["time_s"].max()) if end_s is None else end_s
    bin_s = bin_width_s(max(seen.values()), end_s)
    with styled():
        chart, axes = panels(len(people), people_title(name, "distance from rest", len(people), len(everyone)), 2.2)
        for axis, person in zip(axes, people, strict=True):
            _draw_curves(axis, motion[motion["person_id"] == person], bin_s)
            mark_axis(axis, of_person(segments, person))
            axis.set_title(f"Person {person}")
        axes[0].set_ylim(0, 1.05 * max(float(motion[[*CURVES]].max(axis=None)), 0.1))
        axes[0].yaxis.set_major_formatter("{x:.1f}")  # as wide as the numbers of the line chart: the panels align
        chart.supylabel("distance from rest", fontsize=9)
        finish_time_axis(axes, end_s, bin_s)
        lines = [Line2D([], [], label=curve, **style) for curve, style in CURVES.items()]
        chart.draw_key([*lines, *mark_key(bool(segments))])
    return chart


def _draw_curves(axis, rows: "pd.DataFrame", bin_s: float) -> None:
    values = rows[[*CURVES, "piece"]].to_numpy(float)
    times_s, values = binned(rows["time_s"].to_numpy(float), values, bin_s, of=np.max)
    times_s, values = with_gaps(times_s, values, max(LONGEST_GAP_S, 1.5 * bin_s), values[:, -1])
    for index, style in enumerate(CURVES.values()):
        axis.plot(times_s, values[:, index], **style)
