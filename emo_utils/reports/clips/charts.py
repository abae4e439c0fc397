"""Charts of a clip: expressions over time (line), share of time (bar, pie), motion; and of a corpus's splits."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from emo_utils.labels import COLOURS
from emo_utils.reports.chart_style import Chart, new_chart, save_chart, styled
from emo_utils.reports.clips.curves import line_chart
from emo_utils.reports.clips.motion_chart import motion_chart
from emo_utils.reports.clips.panels import clip_end_s
from emo_utils.reports.clips.share_charts import bar_chart, pie_chart
from emo_utils.structures import Segment
from emo_utils.timeline import Timeline

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["balance_chart", "bar_chart", "charts_of", "line_chart", "motion_chart", "pie_chart", "save_charts"]


def save_charts(
    timeline: Timeline,
    folder: Path,
    segments: Sequence[Segment] = (),
    motion: "pd.DataFrame | None" = None,
    name: str = "",
    formats: Sequence[str] = ("png",),
) -> list[Path]:
    """Write the charts of `charts_of` as `<chart>.<format>`; returns their paths. Without faces nothing is written."""
    paths = []
    for chart, draw in charts_of(timeline, segments, motion, name).items():
        folder.mkdir(parents=True, exist_ok=True)
        paths += save_chart(draw(), folder, chart, formats)
    return paths


def charts_of(
    timeline: Timeline, segments: Sequence[Segment] = (), motion: "pd.DataFrame | None" = None, name: str = ""
) -> dict[str, Callable[[], Chart]]:
    """Functions that draw the charts of a clip, by name; `motion` only if motion is given.

    Args:
        timeline: of the clip.
        segments: of the clip.
        motion: the table of `motion.csv`.
        name: of the clip, for the titles.

    Returns:
        Empty for a clip without faces. All charts over time have the same time axis: the whole clip.
    """
    if not timeline.people:
        return {}
    charts = {
        "line": partial(line_chart, timeline, segments, name),
        "bar": partial(bar_chart, timeline, name),
        "pie": partial(pie_chart, timeline, name),
    }
    if motion is not None and len(motion):
        charts["motion"] = partial(motion_chart, motion, segments, name, clip_end_s(timeline))
    return charts


def balance_chart(counts: "pd.DataFrame", title: str = "") -> Chart:
    """Clips per emotion (rows) as stacked bars of the parts of a split (columns); a row `people` is left out."""
    shades = {"train": 1.0, "validation": 0.6, "test": 0.3}
    with styled():
        table = counts.drop(index="people", errors="ignore")
        chart = new_chart((7, 2.8))
        axis = chart.subplots()
        bottom = np.zeros(len(table))
        for part in table.columns:
            colours = [COLOURS[name] for name in table.index]
            axis.bar(table.index, table[part], bottom=bottom, color=colours, alpha=shades.get(part, 1.0))
            bottom += table[part].to_numpy(float)
        axis.set_ylabel("clips")
        axis.tick_params(axis="x", rotation=20)
        axis.set_title(title or "train in full colour, validation pale, test palest")
    return chart
