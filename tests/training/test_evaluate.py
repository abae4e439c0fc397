import numpy as np
import pandas as pd
import pytest

from emo_utils.training.evaluate import (
    bootstrap_interval,
    evaluate_weights,
    expected_calibration_error,
    measure,
    uncertain_threshold,
)

CLASSES = ("anger", "fear", "neutral")


def table(labels, probabilities, subjects=None):
    frame = pd.DataFrame({"clip_id": range(len(labels)), "subject_id": subjects or range(len(labels)), "label": labels})
    frame[[f"p_{name}" for name in CLASSES]] = probabilities
    return frame


def test_figures_of_a_table_worked_by_hand():
    report = measure(
        table(
            ["anger", "anger", "anger", "fear"], [[0.8, 0.1, 0.1], [0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.1, 0.9, 0.0]]
        ),
        CLASSES,
    )
    assert report["accuracy"] == 0.75
    assert report["uar"] == pytest.approx((2 / 3 + 1) / 2)
    assert report["macro_f1"] == pytest.approx((0.8 + 2 / 3) / 2)
    assert report["recall"] == pytest.approx({"anger": 2 / 3, "fear": 1.0, "neutral": 0.0})
    assert report["confusion"] == [[2, 1, 0], [0, 1, 0], [0, 0, 0]]
    assert report["nll"] == pytest.approx(-np.log([0.8, 0.6, 0.2, 0.9]).mean())
    assert report["n"] == 4


def test_calibration_error_by_hand():
    confidence, correct = np.array([0.95, 0.95, 0.55, 0.55]), np.array([True, True, True, False])
    assert expected_calibration_error(confidence, correct) == pytest.approx(0.05)
    assert expected_calibration_error(np.ones(4), np.ones(4, bool)) == 0


def test_the_interval_is_over_people_not_clips():
    """Ten people with a hundred clips each, each person all right or all wrong: the interval must be wide."""
    correct = np.repeat([True] * 5 + [False] * 5, 100)
    by_person = bootstrap_interval(correct, np.repeat(np.arange(10), 100))
    by_clip = bootstrap_interval(correct, np.arange(1000))
    assert by_person[1] - by_person[0] > 0.4
    assert by_clip[1] - by_clip[0] < 0.1


def test_the_uncertain_threshold_is_where_naming_turns_worse_than_chance():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.2, 1.0, 20_000)
    correct = rng.uniform(size=20_000) < np.where(confidence < 0.45, 0.3, 0.9)
    assert uncertain_threshold(confidence, correct) == pytest.approx(0.48, abs=0.03)
    assert uncertain_threshold(np.full(100, 0.9), np.ones(100, bool)) == 0.0


def test_the_shipped_weights_reach_what_their_sidecar_says(ferplus_archive, tmp_path):
    report = evaluate_weights("ferplus", "ferplus", "test", tmp_path / "predictions.csv")
    assert report["n"] == 3546
    assert report["accuracy"] >= 0.82
    from emo_utils.inference.weights import find_weights

    assert report["accuracy"] == pytest.approx(find_weights("ferplus").sidecar["metrics"]["test"]["accuracy"], abs=2e-3)
    again = measure(pd.read_csv(tmp_path / "predictions.csv"), tuple(report["classes"]))
    assert again["accuracy"] == pytest.approx(report["accuracy"], abs=1e-3)
