"""Weights and still sets of other emotions: joined on those that both name."""

import numpy as np
import pytest
from still_sets import rafdb

from emo_utils.errors import WeightsError
from emo_utils.evaluation.evaluate import evaluate_weights
from emo_utils.evaluation.joined_classes import probabilities_of, with_common_classes
from emo_utils.evaluation.predictions import read_predictions
from emo_utils.structures import FaceImages

CLASSES = ("anger", "calm", "fear")


def faces() -> FaceImages:
    labels = np.array([0, 1, 2, 1, 0])
    pixels = np.arange(5, dtype=np.uint8)[:, None, None] * np.ones((1, 4, 4), np.uint8)
    return FaceImages(tuple("abcde"), pixels, np.eye(3, dtype=np.float32)[labels], labels, CLASSES)


def test_faces_that_the_weights_cannot_name_are_left_out_and_counted():
    joined, left_out = with_common_classes(faces(), ("fear", "anger", "neutral"), "w on c")
    assert (joined.names, joined.classes, left_out) == (("a", "c", "e"), ("anger", "fear"), {"calm": 2})
    assert joined.labels.tolist() == [0, 1, 0]
    assert joined.pixels[:, 0, 0].tolist() == [0, 2, 4]


def test_a_corpus_that_is_named_whole_stays_as_it_is():
    images = faces()
    joined, left_out = with_common_classes(images, (*CLASSES, "neutral"), "w on c")
    assert joined is images
    assert left_out == {}


def test_without_two_common_emotions_both_lists_are_said():
    with pytest.raises(WeightsError, match="w on c: expected at least two .* name fear, sadness, the corpus has anger"):
        with_common_classes(faces(), ("fear", "sadness"), "w on c")


def test_probabilities_are_those_of_the_candidates_and_sum_to_one():
    found = probabilities_of(np.array([[0.2, 0.5, 0.3]]), ("fear", "neutral", "anger"), ("anger", "fear"))
    np.testing.assert_allclose(found, [[0.6, 0.4]])


def test_the_shipped_network_is_measured_on_a_set_of_seven_emotions(tmp_path):
    root, table = rafdb(tmp_path / "rafdb"), tmp_path / "predictions.csv"
    report = evaluate_weights("ferplus-tiny", "rafdb", "test", table, root=root, faces="asis")
    assert (report["n"], report["left_out"]) == (14, {})
    assert set(report["candidates"]) == {"surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral"}
    assert "p_contempt" not in read_predictions(table)
