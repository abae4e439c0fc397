"""Charts of the share of time per emotion: bars and pies."""

import math
from collections.abc import Sequence

from matplotlib.patches import Patch

from emo_utils.labels import COLOURS, ink_on
from emo_utils.reports.chart_style import Chart, new_chart, styled
from emo_utils.reports.clips.panels import MOST_PANELS, people_title, shown_people
from emo_utils.reports.clips.summary import summarise
from emo_utils.timeline import Timeline

MOST_PIES = 6
"""Largest number of pies in a row."""

LEAST_NAMED, LEAST_NUMBERED = 0.03, 0.07
"""Least share of a pie or bar with a name, and with a number in it."""

WHAT = "share of time on screen"


def bar_chart(timeline: Timeline, name: str = "") -> Chart:
    """Share of time per emotion: a bar per emotion for one person, a divided bar per person for several."""
    people, title = _people(timeline, name)
    with styled():
        return _one_person(people[0], timeline.classes, title) if len(people) == 1 else _each(people, title)


def _one_person(person: dict, classes: Sequence[str], title: str) -> Chart:
    chart = new_chart((7, 3.2))
    axis = chart.subplots()
    shares = [person["share_of_time"][emotion] for emotion in classes]
    axis.bar(range(len(classes)), shares, 0.75, color=[COLOURS[emotion] for emotion in classes])
    for at, share in enumerate(shares):
        if share >= 0.005:
            axis.annotate(_percent(share), (at, share), ha="center", va="bottom", fontsize=8)
    axis.set_xticks(range(len(classes)), list(classes), rotation=20, ha="right")
    axis.set_ylim(0, 1.1)
    axis.set_yticks([0, 0.5, 1], ["0 %", "50 %", "100 %"])
    axis.set_ylabel(WHAT)
    axis.set_title(f"Person {person['person_id']}", fontsize=9)
    _head(chart, title)
    return chart


def _each(people: Sequence[dict], title: str) -> Chart:
    """A horizontal bar per person, divided by emotion."""
    chart = new_chart((9, 0.9 + 0.34 * len(people)))
    axis = chart.subplots()
    for row, person in enumerate(people):
        start = 0.0
        for emotion, share in person["share_of_time"].items():
            axis.barh(row, share, 0.8, left=start, color=COLOURS[emotion], edgecolor="white", linewidth=0.6)
            if share >= LEAST_NUMBERED:
                ink = ink_on(COLOURS[emotion])
                axis.text(start + share / 2, row, _percent(share), ha="center", va="center", fontsize=7, color=ink)
            start += share
    axis.set_yticks(range(len(people)), [f"person {person['person_id']}" for person in people])
    axis.set_ylim(len(people) - 0.5, -0.5)
    axis.set_xlim(0, 1)
    axis.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    _head(chart, title)
    chart.draw_key(_key(people))
    return chart


def pie_chart(timeline: Timeline, name: str = "") -> Chart:
    """Share of time per emotion, a pie per person."""
    people, title = _people(timeline, name)
    columns = min(MOST_PIES, len(people))
    side = 3.2 if columns <= 2 else 9 / columns
    rows = math.ceil(len(people) / columns)
    with styled():
        chart = new_chart((max(side * columns, 4.0), side * rows + 0.5))
        axes = chart.subplots(rows, columns, squeeze=False)
        for axis in axes.flat[len(people) :]:
            axis.axis("off")
        for axis, person in zip(axes.flat, people, strict=False):
            _draw_pie(axis, person, numbered=columns <= 3)
        _head(chart, title)
        chart.draw_key(_key(people))
    return chart


def _draw_pie(axis, person: dict, numbered: bool) -> None:
    shares = {emotion: share for emotion, share in person["share_of_time"].items() if share > 0}
    drawn = axis.pie(
        list(shares.values()),
        colors=[COLOURS[emotion] for emotion in shares],
        autopct=(lambda percent: f"{percent:.0f} %" if percent >= 100 * LEAST_NUMBERED else "") if numbered else None,
        startangle=90,
        counterclock=False,
        wedgeprops={"linewidth": 1, "edgecolor": "white"},
        textprops={"fontsize": 8},
    )
    for emotion, number in zip(shares, drawn[-1] if numbered else (), strict=False):
        number.set_color(ink_on(COLOURS[emotion]))
    axis.set_title(f"Person {person['person_id']}", loc="center", fontsize=9)


def _head(chart: Chart, title: str) -> None:
    chart.suptitle(title, x=0.01, ha="left", fontsize=10, fontweight="bold")


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _people(timeline: Timeline, name: str) -> tuple[list[dict], str]:
    """The reports of the persons that are drawn, and the title."""
    everyone = summarise(timeline)["people"]
    seen = timeline.table["person_id"].value_counts().to_dict()
    shown = shown_people([person["person_id"] for person in everyone], seen)
    people = [person for person in everyone if person["person_id"] in shown][:MOST_PANELS]
    return people, people_title(name, WHAT, len(people), len(everyone))


def _key(people: Sequence[dict]) -> list:
    used = {emotion for person in people for emotion, share in person["share_of_time"].items() if share > 0}
    return [Patch(color=COLOURS[e], label=e) for e in people[0]["share_of_time"] if e in used]
