"""Calibration: by hand, against a search, and never fitted on what is measured."""

import numpy as np
import pytest
from prediction_tables import CLASSES, drawn_table, table

from emo_utils.evaluation import calibration
from emo_utils.evaluation.calibration import (
    COLDEST,
    HOTTEST,
    cross_fit,
    expected_calibration_error,
    fit_temperature,
    groups_of_people,
    negative_log_likelihood,
    reliability,
    scale,
    uncertain_threshold,
)
from emo_utils.evaluation.predictions import arrays


def test_calibration_error_by_hand():
    confidence, correct = np.array([0.95, 0.95, 0.55, 0.55]), np.array([True, True, True, False])
    assert expected_calibration_error(confidence, correct) == pytest.approx(0.05)
    assert expected_calibration_error(np.ones(4), np.ones(4, bool)) == 0


def test_reliability_by_hand():
    rows = [[0.9, 0.1, 0.0], [0.8, 0.2, 0.0], [0.4, 0.35, 0.25]]
    bins = reliability(table(["anger", "fear", "anger"], rows), bins=4)
    assert bins["count"].tolist() == [0, 1, 0, 2]
    assert bins["accuracy"][[1, 3]].tolist() == [1.0, 0.5]
    assert bins["confidence"][[1, 3]].tolist() == pytest.approx([0.4, 0.85])
    assert bins.loc[[0, 2], ["confidence", "accuracy"]].isna().all(axis=None)
    assert (bins["low"][3], bins["high"][3]) == (0.75, 1.0)


def test_reliability_and_calibration_error_are_one_count():
    drawn = drawn_table(clips=1000, sharpness=2.0)
    labels, probabilities = arrays(drawn, CLASSES)
    bins = reliability(drawn)
    gap = ((bins["confidence"] - bins["accuracy"]).abs() * bins["count"]).sum() / len(drawn)
    confidence = probabilities.max(axis=1)
    assert gap == pytest.approx(expected_calibration_error(confidence, probabilities.argmax(axis=1) == labels))


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 2.5])
def test_the_temperature_is_the_one_of_lowest_likelihood_loss(sharpness):
    labels, probabilities = arrays(drawn_table(clips=5000, sharpness=sharpness), CLASSES)
    temperature = fit_temperature(probabilities, labels)
    assert temperature == pytest.approx(sharpness, rel=0.08)
    best = negative_log_likelihood(scale(probabilities, temperature), labels)
    for other in np.linspace(0.8, 1.25, 20) * temperature:
        assert best <= negative_log_likelihood(scale(probabilities, other), labels) + 1e-12


def test_a_temperature_stays_in_its_range():
    sure = np.tile([0.98, 0.01, 0.01], (5, 1))
    assert fit_temperature(sure, np.zeros(5, int)) == pytest.approx(COLDEST)
    assert fit_temperature(sure, np.ones(5, int)) == pytest.approx(HOTTEST)
    assert np.isfinite(scale(np.eye(3), COLDEST)).all()


def test_scaling_changes_no_named_class():
    _, probabilities = arrays(drawn_table(), CLASSES)
    assert (scale(probabilities, 3.3).argmax(axis=1) == probabilities.argmax(axis=1)).all()
    assert scale(probabilities, 1.0) == pytest.approx(probabilities)


def test_nobody_is_scaled_by_a_temperature_fitted_on_themselves(monkeypatch):
    """Each person's probabilities carry a mark; the rows a temperature was fitted on must lack those it scales."""
    drawn = drawn_table(clips=200, people=8)
    labels, probabilities = arrays(drawn, CLASSES)
    groups, _ = groups_of_people(drawn, most=4)
    people = drawn["subject_id"].to_numpy()
    who = {row.tobytes(): person for row, person in zip(probabilities, people, strict=True)}
    fitted_on = []
    monkeypatch.setattr(
        calibration, "fit_temperature", lambda p, _: fitted_on.append({who[r.tobytes()] for r in p}) or 1
    )
    cross_fit(probabilities, labels, groups)
    assert len(fitted_on) == 4
    for group, seen in enumerate(fitted_on):
        assert not seen & set(people[groups == group])
        assert seen | set(people[groups == group]) == set(people)


def test_a_temperature_does_not_move_with_its_own_peoples_labels():
    drawn = drawn_table(clips=300, people=6)
    groups, _ = groups_of_people(drawn)
    labels, probabilities = arrays(drawn, CLASSES)
    _, before = cross_fit(probabilities, labels, groups)
    spoilt = np.where(groups == 2, (labels + 1) % 3, labels)
    _, after = cross_fit(probabilities, spoilt, groups)
    assert after[2] == before[2]
    assert all(after[group] != before[group] for group in (0, 1, 3, 4, 5))


def test_folds_of_people_are_used_as_groups():
    rows, labels = np.full((6, 3), 1 / 3), ["anger"] * 6
    groups, what = groups_of_people(
        table(labels, rows, subjects=[1, 1, 2, 2, 3, 3], folds=["a", "a", "b", "b", "a", "a"])
    )
    assert groups.tolist() == [0, 0, 1, 1, 0, 0]
    assert "2 folds of the table" in what


def test_folds_that_share_people_are_not_used_as_groups():
    rows, labels = np.full((6, 3), 1 / 3), ["anger"] * 6
    random = table(labels, rows, subjects=[1, 1, 2, 2, 3, 3], folds=[0, 1, 0, 1, 0, 1])
    groups, what = groups_of_people(random)
    assert what == "3 groups of people"
    assert groups[0] == groups[1] != groups[2] == groups[3] != groups[4] == groups[5]


@pytest.fixture
def named_faces() -> tuple[np.ndarray, np.ndarray]:
    """Confidences, and whether they were right: one half of them at 0.45."""
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.2, 0.98, 20_000)
    logit = np.log(confidence / (1 - confidence)) - np.log(0.45 / 0.55)
    return confidence, rng.uniform(size=20_000) < 1 / (1 + np.exp(-2 * logit))


def test_the_uncertain_threshold_is_where_naming_turns_worse_than_chance(named_faces):
    assert uncertain_threshold(*named_faces) == pytest.approx(0.45, abs=0.011)
    assert uncertain_threshold(np.full(100, 0.9), np.ones(100, bool)) == 0.0
    assert uncertain_threshold(*named_faces, fewest=20_000) == 0.0


def test_cases_that_count_more_move_the_uncertain_threshold(named_faces):
    confidence, correct = named_faces
    counts_for = np.where(correct, 1.0, 3.0)  # of wrong ones three for one: odds of 3 are one half then
    logit = np.log(0.45 / 0.55) + np.log(3) / 2
    assert uncertain_threshold(confidence, correct, counts_for) == pytest.approx(1 / (1 + np.exp(-logit)), abs=0.011)
