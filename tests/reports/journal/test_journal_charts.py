"""Charts of a journal show each day with its emotion, and an empty journal without an error."""

import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from emo_utils.journal.trends import trends
from emo_utils.labels import COLOURS
from emo_utils.reports.journal.charts import EMPTY, calendar_chart, trend_chart


@pytest.fixture
def days():
    emotions = ["happiness", "sadness", "happiness", "anger", "happiness", "sadness"]
    return pd.DataFrame(
        {
            "day": pd.to_datetime([f"2026-11-{day:02}" for day in (2, 3, 4, 9, 30)] + ["2026-12-01"]),
            "entries": 1,
            "emotion": emotions,
            "confidence": 0.9,
            "valence": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
            "p_happiness": 0.5,
        }
    )


def test_each_day_has_the_colour_of_its_emotion(days):
    november, december = calendar_chart(days).axes[:2]
    colours = [to_hex(patch.get_facecolor()) for patch in november.patches if isinstance(patch, Rectangle)]
    assert len(colours) == 30
    assert colours[1:4] == [COLOURS["happiness"], COLOURS["sadness"], COLOURS["happiness"]]
    assert colours.count(EMPTY) == 25
    assert december.get_title(loc="left") == "December 2026"


def test_a_trend_is_drawn_with_its_figures(days):
    table = trends(days)
    axis = trend_chart(days, table).axes[0]
    row = table.set_index("measure").loc["valence"]
    assert f"{row['per_30_days']:+.2f} in 30 days" in " ".join(axis.get_legend_handles_labels()[1])
    assert len(axis.lines[0].get_xdata()) == 6
    assert len(trend_chart(days.head(3), trends(days.head(3))).axes[0].lines) == 1, "no line through three days"


def test_an_empty_journal_has_charts(days):
    nothing = days.iloc[:0]
    assert calendar_chart(nothing).axes[0].texts[0].get_text() == "no entries"
    trend_chart(nothing, trends(nothing))
