"""Charts of a journal: a calendar of moods, and trends. They draw the tables of `journal.trends`."""

import calendar
from typing import TYPE_CHECKING

import matplotlib.dates as dates
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from emo_utils.labels import ALL_EMOTIONS, COLOURS

if TYPE_CHECKING:
    import pandas as pd

EMPTY, INK, PALE = "#eef0f3", "#1d2430", "#7d8794"

NEUTRAL_LINE = "#0b6e6e"
"""Colour of valence, which is no emotion."""

COLUMNS = 3
"""Months in a row."""


def calendar_chart(days: "pd.DataFrame") -> Figure:
    """The mood of each day as a coloured cell, a panel per month; a darker cell is a more probable emotion.

    Args:
        days: the table of `journal.trends.calendar`.
    """
    months = sorted({(day.year, day.month) for day in days["day"]}) if len(days) else []
    columns = min(COLUMNS, max(1, len(months)))
    lines = max(1, -(-len(months) // columns))
    figure, axes = plt.subplots(
        lines, columns, figsize=(0.6 + 3.0 * columns, 0.5 + 2.7 * lines), squeeze=False, layout="constrained"
    )
    for axis in axes.flat:
        axis.axis("off")
    for axis, month in zip(axes.flat, months, strict=False):
        _draw_month(axis, *month, days)
    shown = [name for name in ALL_EMOTIONS if len(days) and name in set(days["emotion"])]
    handles = [Patch(color=COLOURS[name], label=name) for name in shown]
    if handles:
        figure.legend(
            handles=handles, loc="outside lower center", ncols=min(5, len(handles)), frameon=False, fontsize=8
        )
    else:
        axes[0, 0].text(0.5, 0.5, "no entries", ha="center", transform=axes[0, 0].transAxes, color=PALE)
    plt.close(figure)
    return figure


def _draw_month(axis, year: int, month: int, days: "pd.DataFrame") -> None:
    of_day = {row.day.day: row for row in days.itertuples() if (row.day.year, row.day.month) == (year, month)}
    weeks = calendar.Calendar().monthdayscalendar(year, month)
    for line, week in enumerate(weeks):
        for column, day in enumerate(week):
            if day:
                _draw_day(axis, column, line, day, of_day.get(day))
    for column, name in enumerate("MTWTFSS"):
        axis.text(column + 0.45, -0.25, name, ha="center", va="center", fontsize=7, color=PALE)
    axis.set(xlim=(0, 7), ylim=(6.1, -0.6), aspect="equal")
    axis.set_title(f"{calendar.month_name[month]} {year}", fontsize=9, loc="left")


def _draw_day(axis, column: int, line: int, day: int, row) -> None:
    colour = EMPTY if row is None else COLOURS[row.emotion]
    alpha = 1.0 if row is None else 0.35 + 0.65 * min(1.0, row.confidence)
    axis.add_patch(Rectangle((column, line), 0.9, 0.9, facecolor=colour, alpha=alpha, linewidth=0))
    axis.text(column + 0.45, line + 0.47, str(day), ha="center", va="center", fontsize=7,
              color=PALE if row is None else INK)  # fmt: skip


def trend_chart(days: "pd.DataFrame", trends: "pd.DataFrame", measure: str = "valence") -> Figure:
    """One measure over the days, with its straight line and the slopes of the line's 95 % interval.

    Args:
        days: the table of `journal.trends.calendar`.
        trends: the table of `journal.trends.trends` of these days.
        measure: `valence` or an emotion.
    """
    column = measure if measure in days else f"p_{measure}"
    colour = COLOURS.get(measure, NEUTRAL_LINE)
    figure, axis = plt.subplots(figsize=(8, 3.0), layout="constrained")
    known = days.dropna(subset=[column]) if column in days else days.iloc[:0]
    axis.plot(known["day"], known[column] if len(known) else [], "o", ms=5, color=colour, label="a day")
    row = trends.set_index("measure").loc[measure] if measure in set(trends["measure"]) else None
    if row is not None and np.isfinite(row["per_30_days"]):
        _draw_line(axis, known, row, colour)
    axis.set_ylim((-1.05, 1.05) if measure == "valence" else (-0.03, 1.03))
    axis.set_ylabel(measure)
    axis.spines[["top", "right"]].set_visible(False)
    axis.xaxis.set_major_formatter(dates.ConciseDateFormatter(axis.xaxis.get_major_locator()))
    axis.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1.0, 0.5))
    plt.close(figure)
    return figure


def _draw_line(axis, known: "pd.DataFrame", row, colour: str) -> None:
    elapsed = (known["day"] - known["day"].min()).dt.days.to_numpy(float)
    from_middle = (elapsed - elapsed.mean()) / 30
    middle = known[row.name if row.name in known else f"p_{row.name}"].mean()
    ends = [middle + row[name] * from_middle for name in ("low", "high")]
    axis.fill_between(known["day"], *ends, color=colour, alpha=0.15, linewidth=0, label="slopes of the\n95 % interval")
    text = f"{row['per_30_days']:+.2f} in 30 days\n({row['low']:+.2f} to {row['high']:+.2f})"
    axis.plot(known["day"], middle + row["per_30_days"] * from_middle, color=colour, lw=1.6, label=text)
