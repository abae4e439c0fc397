"""Panels of charts over time: a panel per person, one time axis, one legend that says what lines and marks mean."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MultipleLocator

from emo_utils.reports.chart_style import Chart, new_chart
from emo_utils.reports.clips.marks import SHADE
from emo_utils.reports.clips.summary import durations_s
from emo_utils.timeline import Timeline

FEW = 4
"""Up to this many persons get a panel of full width; more get small multiples."""

MOST_PANELS = 24
"""Most panels of a chart; of more persons, those who are seen longest are drawn."""

WIDTH, HEIGHT = 9.0, 2.5
"""Width of a chart and height of a panel of full width, in inches."""

SMALL_HEIGHT = 1.35
"""Height of a small panel in inches."""

STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
"""Distances of ticks, and widths of bins, in seconds."""

MOST_TICKS = 10

CLOCK_FROM_S = 180.0
"""From this length on, times are shown as minutes and seconds."""

MARK_INK = "#5b616b"
"""Colour of the marks in the legend, where they stand for all emotions."""


def clip_end_s(timeline: Timeline) -> float:
    """The end of the clip in seconds, the right end of the time axis of all its charts."""
    times_s = timeline.table["time_s"].drop_duplicates().to_numpy(float)
    return float(max(times_s[-1] + durations_s(times_s)[-1], 0.1)) if len(times_s) else 0.1


def shown_people(people: Sequence[int], seen: dict[int, int]) -> list[int]:
    """The persons with a panel: all, or those with the most rows `seen`, in their old order."""
    longest = sorted(people, key=lambda person: -seen.get(person, 0))[:MOST_PANELS]
    return [person for person in people if person in longest]


def panels(count: int, title: str, height: float = HEIGHT) -> tuple[Chart, list]:
    """A chart with a panel for each of `count` persons, and their axes; to be called inside `styled`."""
    columns = 1 if count <= FEW else 2 if count <= 2 * FEW else 3 if count <= 3 * FEW else 4
    rows = math.ceil(count / columns)
    chart = new_chart((WIDTH, 0.7 + rows * (height if columns == 1 else SMALL_HEIGHT)))
    axes = chart.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for axis in axes.flat[count:]:
        axis.axis("off")
    for axis in axes.flat[max(0, count - columns) : count]:
        axis.tick_params(labelbottom=True)
    chart.suptitle(title, x=0.01, ha="left", fontsize=10, fontweight="bold")
    return chart, list(axes.flat[:count])


def people_title(name: str, what: str, shown: int, of: int) -> str:
    """The title of a chart: the clip's name, what is drawn, and how many persons are left out."""
    left_out = f" ({shown} of {of} persons, those seen longest)" if shown < of else ""
    return f"{f'{name}: ' if name else ''}{what}{left_out}"


def finish_time_axis(axes: Sequence, end_s: float, bin_s: float = 0.0) -> None:
    """Limits, ticks and label of the time axis of all panels, from 0 to the end of the clip."""
    narrow = len(axes) > FEW
    step = next((s for s in STEPS_S if end_s / s <= (MOST_TICKS / 2 if narrow else MOST_TICKS)), STEPS_S[-1])
    for axis in axes:
        axis.set_xlim(0, end_s)
        axis.xaxis.set_major_locator(MultipleLocator(step))
        if end_s >= CLOCK_FROM_S:
            axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{int(value) // 60}:{int(value) % 60:02d}"))
    label = "time (min:s)" if end_s >= CLOCK_FROM_S else "time (s)"
    binned = f"; each point covers {bin_s:g} s" if bin_s else ""
    lowest = [axis for axis in axes if axis.get_subplotspec().rowspan.stop == axes[-1].get_subplotspec().rowspan.stop]
    lowest[0].set_xlabel(label + binned, loc="left" if narrow else "center")


def mark_key(segments: bool, strip: bool = False, uncertain: bool = False) -> list:
    """Legend entries for what occurs: the strip of emotions, its pale parts, and the marks of segments."""
    entries = []
    if strip:
        entries.append(Patch(color=MARK_INK, lw=0, label="strip: expression named"))
    if uncertain:
        entries.append(Patch(color=MARK_INK, alpha=PALE, lw=0, label="pale strip: uncertain"))
    if segments:
        plain = {"color": MARK_INK, "lw": 1, "ls": (0, (3, 2))}
        entries.append(Patch(color=MARK_INK, alpha=SHADE, lw=0, label="shaded: onset to offset"))
        entries.append(Line2D([], [], marker="v", ms=5, label="triangle: apex", **plain))
    return entries


PALE = 0.35
"""Opacity of an uncertain part of the strip."""

MOST_POINTS, BINS = 1500, 400
"""A person with more rows is drawn in about so many bins."""


def bin_width_s(rows: int, end_s: float) -> float:
    """Width of the bins in seconds for the person with the most rows; 0: every row is drawn."""
    return 0.0 if rows <= MOST_POINTS else next((s for s in STEPS_S if end_s / s <= BINS), STEPS_S[-1])


def binned(times_s: np.ndarray, values: np.ndarray, width_s: float, of=np.nanmean) -> tuple[np.ndarray, np.ndarray]:
    """The middle of each bin that has rows, and the mean (or another function) of its rows.

    Args:
        times_s: float (T,), increasing.
        values: float (T, C).
        width_s: of a bin; 0 returns the rows as they are.
        of: maps rows (N, C) and `axis=0` to (C,).
    """
    if not width_s or not len(times_s):
        return times_s, values
    number = np.floor(times_s / width_s).astype(int)
    starts = np.flatnonzero(np.diff(number, prepend=number[0] - 1))
    middles = (number[starts] + 0.5) * width_s
    return middles, np.stack([of(part, axis=0) for part in np.split(values, starts[1:])])


def with_gaps(times_s: np.ndarray, values: np.ndarray, longest_s: float, pieces: np.ndarray | None = None):
    """Times and values with NaN where no line must be drawn: at gaps longer than `longest_s`, and between pieces."""
    broken = np.diff(times_s) > longest_s
    if pieces is not None:
        broken |= np.diff(pieces) != 0
    breaks = np.flatnonzero(broken) + 1
    return np.insert(times_s.astype(float), breaks, np.nan), np.insert(values.astype(float), breaks, np.nan, axis=0)
