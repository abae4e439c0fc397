"""Two runs on the same clips: by hand, and under both kinds of chance."""

import numpy as np
import pytest
from prediction_tables import CLASSES, REAL_PEOPLE, drawn_table, real_file, table

from emo_utils.datasets.csv_tables import TableError
from emo_utils.evaluation.compare import compare, mcnemar_p
from emo_utils.evaluation.predictions import read_predictions
from emo_utils.evaluation.resampling import draw_people


def of(correct, people):
    """A table of clips of fear, named rightly where `correct`."""
    rows = [[0.1, 0.8, 0.1] if right else [0.8, 0.1, 0.1] for right in correct]
    return table(["fear"] * len(rows), rows, people)


def test_a_comparison_worked_by_hand():
    people = [0, 0, 1, 1, 2, 2]
    report = compare(of([1, 1, 1, 1, 1, 0], people), of([1, 0, 1, 0, 0, 1], people))
    assert (report["n"], report["people"]) == (6, 3)
    assert report["accuracy"]["difference"] == pytest.approx(2 / 6)
    assert report["uar"]["a"] == pytest.approx(5 / 6)
    assert report["mcnemar"] == {"only_a": 3, "only_b": 1, "p": pytest.approx(10 / 16)}
    # Gaps of the people: 1, 1, 0. Of the eight exchanges, four give a gap of 2 or -2.
    assert report["accuracy"]["permutation_p"] == pytest.approx(0.5, abs=0.02)
    # A resample is better unless it draws the third person alone, 1 of 27.
    assert report["accuracy"]["share_a_better"] == pytest.approx(26 / 27, abs=0.015)


def test_mcnemar_by_hand():
    assert mcnemar_p(0, 0) == 1
    assert mcnemar_p(5, 5) == 1
    assert mcnemar_p(0, 5) == mcnemar_p(5, 0) == pytest.approx(2 / 32)
    assert mcnemar_p(600, 900) < 1e-13


def test_a_run_against_itself_differs_in_nothing():
    report = compare(drawn_table(), drawn_table())
    for figure in ("accuracy", "uar"):
        assert report[figure]["difference"] == report[figure]["share_a_better"] == 0
        assert report[figure]["interval_95"] == [0, 0]
        assert report[figure]["permutation_p"] == 1


def test_both_runs_are_measured_on_the_same_people():
    """Run a is right in one clip more of each person, however hard the person is: there is no doubt about that."""
    rng = np.random.default_rng(0)
    people, easy = np.repeat(np.arange(12), 10), rng.integers(0, 9, 12)
    a = of([clip <= easy[person] for person in range(12) for clip in range(10)], people)
    b = of([clip < easy[person] for person in range(12) for clip in range(10)], people)
    report = compare(a, b)
    assert report["accuracy"]["interval_95"] == pytest.approx([0.1, 0.1])
    assert report["accuracy"]["permutation_p"] < 0.002


def test_the_interval_is_that_of_a_plain_loop():
    a, b = drawn_table(seed=1), drawn_table(seed=1)
    columns = [f"p_{name}" for name in CLASSES]
    b[columns] = np.roll(b[columns].to_numpy(), 1, axis=0)
    right = [t[columns].to_numpy().argmax(axis=1) == t["label"].map(CLASSES.index).to_numpy() for t in (a, b)]
    people = np.unique(a["subject_id"], return_inverse=True)[1]
    differences = []
    for weights in np.concatenate(list(draw_people(people.max() + 1))):
        each = weights[people]
        differences.append((each * right[0]).sum() / each.sum() - (each * right[1]).sum() / each.sum())
    assert compare(a, b)["accuracy"]["interval_95"] == pytest.approx(np.percentile(differences, [2.5, 97.5]).tolist())


def test_rows_may_come_in_any_order():
    a, b = drawn_table(seed=1), drawn_table(seed=1, sharpness=2)
    assert compare(a, b) == compare(a, b.sample(frac=1, random_state=0))


def test_chance_is_rarely_taken_for_a_difference():
    rng = np.random.default_rng(0)
    people = np.repeat(np.arange(10), 8)
    small = [
        compare(of(rng.random(80) < 0.5, people), of(rng.random(80) < 0.5, people), seed)["accuracy"]["permutation_p"]
        for seed in range(60)
    ]
    assert np.mean(np.array(small) < 0.05) <= 0.12


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda b: b.iloc[2:], r"2 clips only in the first \(c0000, c0001\)"),
        (
            lambda b: b.assign(clip_id="x" + b["clip_id"]),
            r"300 clips only in the first .* and 300 clips only in the second",
        ),
        (lambda b: b.assign(label="fear"), "same label of each clip"),
        (lambda b: b.assign(subject_id="one"), "same person of each clip"),
    ],
)
def test_tables_that_cannot_be_paired_are_refused(change, message):
    with pytest.raises(TableError, match=message):
        compare(drawn_table(), change(drawn_table()))


def test_published_logits_against_action_unit_means(shared):
    """Real: the published network is a little better than logistic regression on the means, for the same actors."""
    from emo_utils.datasets.features import load_features
    from emo_utils.training.classical import cross_validate_features

    published = read_predictions(real_file(shared, "published_bilstm_logits.csv"), REAL_PEOPLE)
    features = load_features("ravdess", real_file(shared, "action_unit_means.csv"))
    ours = cross_validate_features(features, "logistic_regression", "subject")
    published["subject_id"] = "actor_" + published["subject_id"]
    report = compare(published, ours)
    assert (report["n"], report["people"]) == (1440, 24)
    assert report["accuracy"]["difference"] == pytest.approx(0.041, abs=0.005)
    low, high = report["accuracy"]["interval_95"]
    assert low < 0.041 < high
