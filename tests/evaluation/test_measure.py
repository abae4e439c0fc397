"""Figures of a table: worked by hand, against scikit-learn, and on real logits."""

import subprocess
import sys

import numpy as np
import pytest
from prediction_tables import CLASSES, REAL_PEOPLE, drawn_table, real_file, table
from sklearn.metrics import balanced_accuracy_score, f1_score, precision_recall_fscore_support

from emo_utils.datasets.csv_tables import TableError
from emo_utils.evaluation.measure import measure
from emo_utils.evaluation.predictions import read_predictions
from emo_utils.evaluation.resampling import bootstrap_interval, count, draw_people, resampled_figures

BY_HAND = (["anger", "anger", "anger", "fear"], [[0.8, 0.1, 0.1], [0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.1, 0.9, 0.0]])


def test_figures_of_a_table_worked_by_hand():
    report = measure(table(*BY_HAND))
    assert report["accuracy"] == 0.75
    assert report["uar"] == pytest.approx((2 / 3 + 1) / 2)
    assert report["macro_f1"] == pytest.approx((0.8 + 2 / 3) / 2)
    assert report["recall"] == pytest.approx({"anger": 2 / 3, "fear": 1.0, "neutral": 0.0})
    assert report["precision"] == pytest.approx({"anger": 1.0, "fear": 0.5, "neutral": 0.0})
    assert report["f1"] == pytest.approx({"anger": 0.8, "fear": 2 / 3, "neutral": 0.0})
    assert report["support"] == {"anger": 3, "fear": 1, "neutral": 0}
    assert report["confusion"] == [[2, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert report["nll"] == pytest.approx(-np.log([0.8, 0.6, 0.2, 0.9]).mean())
    assert report["n"] == report["people"] == report["subjects"] == 4
    assert report["classes"] == list(CLASSES)


def test_the_order_of_classes_changes_no_figure():
    drawn = drawn_table()
    one, other = measure(drawn), measure(drawn, ("neutral", "anger", "fear"))
    assert np.array(other["confusion"])[1, 2] == np.array(one["confusion"])[0, 1]
    for key in ("accuracy", "uar_interval_95", "ece", "nll_after", "recall"):
        assert one[key] == pytest.approx(other[key])
    assert one["per_person"] == other["per_person"]


def test_figures_are_those_of_scikit_learn():
    drawn = drawn_table(clips=500, seed=3)
    report = measure(drawn)
    named = [CLASSES[i] for i in drawn[[f"p_{name}" for name in CLASSES]].to_numpy().argmax(axis=1)]
    assert report["uar"] == pytest.approx(balanced_accuracy_score(drawn["label"], named))
    assert report["macro_f1"] == pytest.approx(f1_score(drawn["label"], named, average="macro"))
    precision, recall, f1, support = precision_recall_fscore_support(drawn["label"], named, labels=CLASSES)
    for key, values in (("precision", precision), ("recall", recall), ("f1", f1), ("support", support)):
        assert list(report[key].values()) == pytest.approx(values)


def test_each_person_has_an_accuracy():
    report = measure(table(*BY_HAND, subjects=[1, 1, 2, 2]))
    assert report["per_person"] == {"s1": {"n": 2, "accuracy": 1.0}, "s2": {"n": 2, "accuracy": 0.5}}
    assert measure(table(*BY_HAND))["per_person"] == {}, "where nobody has two clips there is nothing to tell"


def test_resampled_figures_are_those_of_a_plain_loop():
    """Draw people one by one, stack their clips, measure anew: the same numbers as the matrix product gives."""
    rng = np.random.default_rng(1)
    people, labels, named = rng.integers(0, 7, 60), rng.integers(0, 4, 60), rng.integers(0, 4, 60)
    fast = resampled_figures(count(people, labels, named, 4), seed=5, resamples=50)
    again = np.random.default_rng(5)
    for number in range(50):
        drawn = again.integers(0, 7, 7)
        rows = np.concatenate([np.flatnonzero(people == person) for person in drawn])
        true, said = labels[rows], named[rows]
        present = np.unique(true)
        recall = [(said[true == c] == c).mean() for c in present]
        f1 = f1_score(true, said, labels=present, average="macro", zero_division=0)
        assert fast["accuracy"][number] == pytest.approx((true == said).mean())
        assert fast["uar"][number] == pytest.approx(np.mean(recall))
        assert fast["macro_f1"][number] == pytest.approx(f1)


def test_blocks_draw_the_same_people_as_one_piece(monkeypatch):
    whole = np.concatenate(list(draw_people(9, seed=2, resamples=100)))
    monkeypatch.setattr("emo_utils.evaluation.resampling.BLOCK", 9 * 30)
    pieces = list(draw_people(9, seed=2, resamples=100))
    assert [len(piece) for piece in pieces] == [30, 30, 30, 10]
    assert (np.concatenate(pieces) == whole).all()
    assert (whole.sum(axis=1) == 9).all()


def test_the_interval_is_over_people_not_clips():
    """Ten people with a hundred clips each, each person all right or all wrong: the interval must be wide."""
    correct = np.repeat([True] * 5 + [False] * 5, 100)
    by_person = bootstrap_interval(correct, np.repeat(np.arange(10), 100))
    by_clip = bootstrap_interval(correct, np.arange(1000))
    assert by_person[1] - by_person[0] > 0.4
    assert by_clip[1] - by_clip[0] < 0.1


def test_a_separate_validation_table_gives_the_temperature():
    sharp = drawn_table(clips=2000, people=20, sharpness=3.0, seed=1)
    other = drawn_table(clips=2000, people=20, sharpness=3.0, seed=2)
    other["clip_id"], other["subject_id"] = "v" + other["clip_id"], "v" + other["subject_id"]
    report = measure(sharp, validation=other)
    assert report["temperature"]["source"] == "validation"
    assert report["temperature"]["value"] == pytest.approx(3.0, rel=0.1)
    assert "0 of them measured too" in report["temperature"]["note"]
    assert report["ece"] > 0.1
    assert report["ece_after"] < 0.04
    assert report["nll_after"] < report["nll"]


def test_validation_may_not_hold_what_is_measured():
    drawn = drawn_table()
    with pytest.raises(TableError, match="300 in both, the first is 'c0000'"):
        measure(drawn, validation=drawn)


def test_one_person_cannot_be_cross_fitted():
    report = measure(table(*BY_HAND, subjects=[1, 1, 1, 1]))
    assert report["ece_after"] is report["nll_after"] is None
    assert report["temperature"]["source"] == "none"


def test_published_logits_of_ravdess(shared):
    report = measure(read_predictions(real_file(shared, "published_bilstm_logits.csv"), REAL_PEOPLE))
    assert (report["n"], report["people"]) == (1440, 24)
    assert report["accuracy"] == pytest.approx(0.624, abs=5e-4)
    assert report["uar"] == pytest.approx(0.624, abs=5e-4)
    assert report["ece"] == pytest.approx(0.188, abs=5e-4)
    assert report["accuracy_interval_95"] == pytest.approx([0.579, 0.672], abs=0.004)
    assert report["ece_after"] < 0.06
    assert report["temperature"]["source"] == "cross-fitted"
    assert len(report["temperature"]["values"]) == 5, "one for each of the file's folds, which share no actor"
    assert set(report["support"].values()) == {96, 192}
    assert sum(person["n"] for person in report["per_person"].values()) == 1440


def test_measuring_imports_no_torch():
    rooms = "emo_utils.evaluation", "emo_utils.training"
    modules = f"{rooms[0]}.measure, {rooms[0]}.compare, {rooms[0]}.evaluate, {rooms[1]}.classical"
    code = f"import sys, {modules}; assert 'torch' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
