"""Pictures of marks: everything that was found is in them, and true marks are where they belong."""

import numpy as np
import pandas as pd
import pytest

from emo_utils.motion.regions import GROUPS
from emo_utils.motion.scoring import score_segments
from emo_utils.reports.clips.motion_charts import (
    curves_with_truth,
    difference,
    errors_chart,
    parts_chart,
    time_slice,
    whole_clip,
)
from emo_utils.structures import Segment

SEGMENTS = [
    Segment(1, 1, 10, 20, 30, 0.4, 0.8, 1.2, 1.0, "happiness", 0.9),
    Segment(1, 1, 50, 60, 70, 2.0, 2.4, 2.8, 1),
]


@pytest.fixture
def motion() -> pd.DataFrame:
    frames = np.arange(100)
    columns = {"frame_index": frames, "time_s": frames / 25, "person_id": 1, "piece": 1}
    return pd.DataFrame(
        columns | {name: np.sin(frames / 10) ** 2 for name in ("strength", "motion", "change", *GROUPS)}
    )


def test_true_marks_stand_at_their_times(motion):
    figure = curves_with_truth({"a": motion, "b": motion}, {"a": SEGMENTS, "b": []}, {"a": [(11, 25, 31)]})
    bar, apex = figure.axes[0].lines[-2:]
    assert list(bar.get_xdata()) == [11 / 25, 31 / 25]
    assert list(apex.get_xdata()) == [1.0]
    assert [axis.get_title(loc="left") for axis in figure.axes[:2]] == ["a", "b"]


def test_every_apex_hangs_square_over_its_time(motion):
    pictures = {segment.apex: np.zeros((8, 8, 3), np.uint8) for segment in SEGMENTS}
    figure = whole_clip(motion, SEGMENTS, pictures)
    figure.canvas.draw()
    upper = figure.axes[0]
    assert [text.get_text() for text in upper.texts] == ["happiness", "not read"]
    for shown, segment in zip(upper.images, SEGMENTS, strict=True):
        box = shown.get_window_extent()
        assert box.width == pytest.approx(box.height, rel=0.1)
        assert np.mean(shown.get_extent()[:2]) == pytest.approx(segment.apex_s, abs=1e-6)


def test_every_part_of_the_face_has_a_line(motion):
    assert {text.get_text() for text in parts_chart(motion, SEGMENTS).axes[0].get_legend().texts} == set(GROUPS)


def test_errors_are_drawn_per_rule_and_mark():
    scores = {
        "good": score_segments([([(10, 20, 30)], [(11, 18, 30)])]),
        "nothing": score_segments([([], [(1, 2, 3)])]),
    }
    figure = errors_chart(scores)
    assert [axis.lines[0].get_xdata()[0] for axis in figure.axes] == [-1, 2, 0]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["good", "nothing"]


def test_difference_is_even_gray_where_nothing_changes():
    first = np.full((4, 4, 3), 100, np.uint8)
    second = first.copy()
    second[0] += 10
    found = difference(first, second, gain=2)
    assert (found[0] == 148).all()
    assert (found[1:] == 128).all()


def test_a_slice_over_time_is_as_wide_as_the_clip_is_long():
    pictures = [np.full((6, 5, 3), level, np.uint8) for level in range(4)]
    found = time_slice(pictures, 2)
    assert found.shape == (6, 4, 3)
    assert found[0, :, 0].tolist() == [0, 1, 2, 3]
