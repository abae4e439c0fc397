"""What a network looks at, drawn."""

import numpy as np
import pytest

from emo_utils.labels import COLOURS
from emo_utils.reports.runs.explanations import (
    attention_chart,
    heat_strip,
    planes,
    planes_chart,
    relevance_chart,
    with_heat,
)

EMOTIONS = ["anger", "fear"] * 6


def test_planes_keep_apart_what_is_far_apart():
    features = np.random.default_rng(0).normal(size=(12, 5)) + 40 * np.arange(12)[:, None] // 6 * 6
    for spots in planes(features).values():
        assert spots.shape == (12, 2)
        assert np.linalg.norm(spots[:6].mean(0) - spots[6:].mean(0)) > spots[:6].std(0).max()


def test_a_plane_is_coloured_by_emotion_and_marked_by_person():
    spots = np.random.default_rng(0).normal(size=(12, 2))
    figure = planes_chart({"PCA": spots}, EMOTIONS, ["a"] * 6 + ["b"] * 6, "title")
    (axis,) = figure.axes
    assert [text.get_text() for text in axis.get_legend().texts] == ["anger", "fear", "a", "b"]
    assert len(axis.collections) == 2
    assert sum(len(marks.get_offsets()) for marks in axis.collections) == 12


def test_heat_lies_over_a_gray_or_a_coloured_face():
    heat = np.zeros((8, 8))
    heat[0, 0] = 1
    for face in (np.full((8, 8), 100, np.uint8), np.full((8, 8, 3), 100, np.uint8)):
        shown = with_heat(face, heat)
        assert shown.shape == (8, 8, 3)
        assert shown[0, 0].sum() > shown[4, 4].sum()
    assert face.min() == face.max() == 100


def test_each_face_stands_over_the_same_with_heat():
    faces = [np.zeros((8, 8), np.uint8)] * 3
    figure = heat_strip(faces, np.zeros((3, 8, 8)), ["anger"] * 3, ["fear"] * 3)
    assert len([axis for axis in figure.axes if axis.images]) == 6
    assert figure.axes[0].get_title() == "anger,\nread as fear"


def test_relevance_is_a_line_per_emotion():
    shares = np.full((12, 4), 0.25)
    (axis,) = relevance_chart(shares, EMOTIONS, range(0, 40, 10), "title").axes
    lines = {line.get_label(): line for line in axis.lines}
    assert list(lines) == ["all alike", "anger", "fear"]
    assert lines["fear"].get_color() == COLOURS["fear"]
    assert lines["fear"].get_ydata() == pytest.approx([0.25] * 4)


def test_even_attention_gives_each_frame_its_share():
    figure = attention_chart(np.full((2, 5, 5), 0.2), ["anger", "fear"], range(0, 15, 3), "title")
    assert figure.axes[2].lines[0].get_ydata() == pytest.approx([1] * 5)
