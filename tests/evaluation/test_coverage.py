import numpy as np
import pytest
from prediction_tables import drawn_table, table

from emo_utils.evaluation.coverage import SHOWN, coverage_curve, table_coverage


def test_a_curve_worked_by_hand():
    rows = coverage_curve(np.array([0.4, 0.5, 0.9, 0.9]), np.array([False, True, False, True]), (0, 0.5, 0.6, 0.95))
    assert rows == [
        {"threshold": 0.0, "coverage": 1.0, "accuracy": 0.5},
        {"threshold": 0.5, "coverage": 0.75, "accuracy": pytest.approx(2 / 3)},
        {"threshold": 0.6, "coverage": 0.5, "accuracy": 0.5},
        {"threshold": 0.95, "coverage": 0.0, "accuracy": None},
    ]


def test_a_curve_reaches_from_all_to_the_surest():
    confidence = np.linspace(0, 1, 101)
    rows = coverage_curve(confidence, confidence > 0.5)
    assert [row["threshold"] for row in rows] == pytest.approx(np.arange(20) / 20)
    assert [row["coverage"] for row in rows] == sorted((row["coverage"] for row in rows), reverse=True)
    assert rows[-1]["accuracy"] == 1.0


def test_a_report_holds_the_weights_own_threshold():
    labels, probabilities = ["anger", "fear"], [[0.47, 0.43, 0.1], [0.3, 0.6, 0.1]]
    report = table_coverage(table(labels, probabilities), uncertain_below=0.48)
    assert [row["threshold"] for row in report["coverage"]] == sorted((*SHOWN, 0.48))
    assert report["uncertain"] == {"below": 0.48, "n": 1, "share": 0.5}
    own = next(row for row in report["coverage"] if row["threshold"] == 0.48)
    assert (own["coverage"], own["accuracy"]) == (0.5, 1.0)


def test_without_weights_there_is_no_threshold_to_speak_of():
    report = table_coverage(drawn_table())
    assert set(report) == {"coverage"}
    assert [row["threshold"] for row in report["coverage"]] == list(SHOWN)
    assert report["coverage"][-1]["accuracy"] > report["coverage"][0]["accuracy"]
