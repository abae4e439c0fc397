"""What is drawn is what was computed."""

import numpy as np
import pandas as pd
import pytest

from emo_utils.inference.smoothing import METHODS
from emo_utils.inference.timeline_table import Naming, timeline_table
from emo_utils.labels import EMOTIONS
from emo_utils.reports.clips.charts import line_chart, pie_chart
from emo_utils.timeline import Timeline

SECONDS = 0.3


def drawn_timeline(method: str, people: int = 1) -> Timeline:
    """Flickering probabilities of people who are each seen in two tracks with a pause between them."""
    random, rows = np.random.default_rng(0), []
    values = [f"p_{name}" for name in EMOTIONS]
    box = dict.fromkeys(("x1", "y1", "x2", "y2"), 9.0) | {"detection_confidence": 0.9}
    for person in range(1, people + 1):
        for track, first in ((2 * person - 1, 0), (2 * person, 100)):
            for index in range(first, first + 30):
                ids = {"frame_index": index, "time_s": index / 25, "track_id": track, "person_id": person}
                own = dict(zip(values, random.dirichlet(np.full(len(EMOTIONS), 0.4)), strict=True))
                rows.append(ids | box | own | {"interpolated": False, "low_quality": False})
    frames = pd.DataFrame({"frame_index": range(130), "time_s": np.arange(130) / 25})
    table = timeline_table(pd.DataFrame(rows), frames, Naming(EMOTIONS, method, SECONDS, 0.4))
    return Timeline(table, EMOTIONS)


@pytest.mark.parametrize("method", METHODS)
def test_the_curves_are_those_that_the_expressions_were_named_by(method):
    timeline = drawn_timeline(method)
    curves = timeline.probabilities(1, "smoothed_p_")
    assert [EMOTIONS[index] for index in curves.argmax(axis=1)] == timeline.faces["smoothed_emotion"].tolist()
    np.testing.assert_allclose(curves.max(axis=1), timeline.faces["smoothed_confidence"])
    lines = line_chart(timeline).axes[0].get_lines()
    drawn = np.concatenate([line.get_ydata() for line in lines[:2]])
    np.testing.assert_allclose(drawn, curves[:, 0])


def test_charts_of_a_crowd_stay_within_a_page():
    width, height = pie_chart(drawn_timeline("none", people=20)).get_size_inches()
    assert width <= 24
    assert height <= 24


def test_one_person_is_no_people():
    assert "1 person," in repr(drawn_timeline("none"))
    assert "2 people," in repr(drawn_timeline("none", people=2))
