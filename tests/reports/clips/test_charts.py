"""What is drawn is what was computed."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from emo_utils.errors import UnknownNameError
from emo_utils.inference.options import CHART_FORMATS, AnalysisOptions
from emo_utils.inference.smoothing import METHODS
from emo_utils.inference.timeline_table import Naming, timeline_table
from emo_utils.labels import EMOTIONS
from emo_utils.reports.clips.charts import charts_of, line_chart, pie_chart, save_charts
from emo_utils.reports.clips.panels import bin_width_s, binned
from emo_utils.structures import Segment
from emo_utils.timeline import TYPES, Timeline, columns

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
    drawn = line_chart(timeline).axes[0].get_lines()[0].get_ydata()
    assert np.isnan(drawn).sum() == 1, "no line across the pause"
    np.testing.assert_allclose(drawn[~np.isnan(drawn)], curves[:, 0])


def test_charts_of_a_crowd_stay_within_a_page():
    width, height = pie_chart(drawn_timeline("none", people=20)).get_size_inches()
    assert width <= 24
    assert height <= 24


def test_one_person_is_no_people():
    assert "1 person," in repr(drawn_timeline("none"))
    assert "2 people," in repr(drawn_timeline("none", people=2))


def motion_of(timeline: Timeline) -> pd.DataFrame:
    rows = timeline.faces[["frame_index", "time_s", "person_id"]].assign(piece=1)
    return rows.assign(strength=0.5, motion=0.3, change=0.2)


def test_all_charts_of_a_clip_name_it_and_share_the_time_axis():
    timeline = drawn_timeline("none", people=2)
    segments = [Segment(1, 1, 5, 10, 20, 0.2, 0.4, 0.8, 1.0, "happiness", 0.9)]
    drawn = {name: draw() for name, draw in charts_of(timeline, segments, motion_of(timeline), "a.mp4").items()}
    assert list(drawn) == ["line", "bar", "pie", "motion"]
    for name, chart in drawn.items():
        texts = [chart.get_suptitle(), *(axis.get_title(loc="left") for axis in chart.axes)]
        assert any(text.startswith("a.mp4: ") for text in texts), name
    limits = {axis.get_xlim() for name in ("line", "motion") for axis in drawn[name].axes}
    assert limits == {(0, 130 / 25)}, "the whole clip, not only where faces are"
    words = [text.get_text() for text in drawn["line"].legends[0].get_texts()]
    assert set(words) >= {"happiness", "strip: expression named", "shaded: onset to offset", "triangle: apex"}
    for name in ("line", "motion"):
        drawn[name].draw_without_rendering()
        label = drawn[name].axes[-1].xaxis.label
        assert label.get_text() == "time (s)"
        legend = drawn[name].legends[0].get_window_extent()
        assert not legend.overlaps(label.get_window_extent()), "words do not lie over each other"


def test_a_clip_without_faces_has_no_charts(tmp_path):
    frames = pd.DataFrame({"frame_index": [0, 1], "time_s": [0.0, 0.1], "status": "no_face"})
    blank = Timeline(frames.reindex(columns=columns(EMOTIONS)).astype(TYPES), EMOTIONS)
    assert charts_of(blank) == {}
    assert save_charts(blank, tmp_path / "charts") == []
    assert list(tmp_path.iterdir()) == []


def test_a_long_clip_is_drawn_in_bins_of_their_means():
    times_s = np.arange(0, 1000, 0.1)
    values = np.stack([np.sin(times_s), times_s], axis=1)
    width_s = bin_width_s(len(times_s), 1000.0)
    middles, means = binned(times_s, values, width_s)
    assert width_s > 1
    assert len(middles) <= 400
    np.testing.assert_allclose(means[:, 1], middles - 0.05, atol=1e-6)
    assert bin_width_s(100, 1000.0) == 0
    gap = np.delete(np.arange(len(times_s)), slice(2000, 4000))
    assert len(binned(times_s[gap], values[gap], width_s)[0]) == pytest.approx(0.8 * len(middles), abs=2)


def test_the_strip_of_a_long_clip_merges_what_is_alike():
    timeline = drawn_timeline("none")
    (short,) = [axis for axis in line_chart(timeline).axes if axis.collections]
    assert sum(len(part.get_paths()) for part in short.collections) <= len(timeline.faces)


def test_many_people_are_small_panels_of_a_page_and_the_title_says_who_is_left_out():
    chart = line_chart(drawn_timeline("none", people=30), name="crowd.mp4")
    drawn = [axis for axis in chart.axes if axis.lines]
    assert len(drawn) == 24
    assert chart.get_suptitle() == "crowd.mp4: smoothed probabilities (24 of 30 persons, those seen longest)"
    assert len(chart.legends) == 1
    width, height = chart.get_size_inches()
    assert width <= 9
    assert height <= 12


def test_charts_for_print_are_files_of_each_format_and_the_same_each_time(tmp_path):
    timeline = drawn_timeline("none")
    for folder in ("a", "b"):
        save_charts(timeline, tmp_path / folder, name="a.mp4", formats=CHART_FORMATS)
    names = {path.name for path in (tmp_path / "a").iterdir()}
    assert names == {f"{chart}.{kind}" for chart in ("line", "bar", "pie") for kind in CHART_FORMATS}
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    with Image.open(tmp_path / "a" / "line.png") as picture:
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
        assert picture.width == pytest.approx(9 * 300, abs=2)
    assert "smoothed probabilities" in (tmp_path / "a" / "line.svg").read_text(), "words stay words"
    with pytest.raises(UnknownNameError, match="unknown chart format 'tiff'; known: pdf, png, svg"):
        AnalysisOptions(chart_formats=("tiff",))


def test_a_narrow_chart_has_its_legend_inside():
    chart = line_chart(drawn_timeline("none"))
    chart.fit_width(4.4)
    chart.draw_without_rendering()
    (legend,) = chart.legends
    assert legend.get_window_extent().x1 <= chart.bbox.x1
    assert legend.get_window_extent().y0 >= 0


def test_charts_are_drawn_without_pyplot():
    code = "import sys, emo_utils.reports.clips.charts; assert 'matplotlib.pyplot' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
