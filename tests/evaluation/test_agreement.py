"""Agreement of raters, against published examples and scikit-learn."""

import numpy as np
import pytest

from emo_utils.evaluation.agreement import Rated, agreement, icc, kappa, matched_onsets

EMOTIONS = ("anger", "happiness", "neutral")


def random_ratings(people: int, frames: int, seed: int = 0) -> list[Rated]:
    rng = np.random.default_rng(seed)
    out = []
    for person in range(people):
        first = rng.integers(0, 3, frames)
        second = np.where(rng.random(frames) < 0.6, first, rng.integers(0, 3, frames))
        out.append(Rated(f"P{person}", first, second, rng.uniform(0.02, 0.06, frames)))
    return out


def test_kappa_is_that_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    rated = random_ratings(4, 200)
    first, second, seconds = (np.concatenate([getattr(r, n) for r in rated]) for n in ("first", "second", "seconds"))
    report = agreement(rated, EMOTIONS)
    assert report["kappa"] == pytest.approx(metrics.cohen_kappa_score(first, second, sample_weight=seconds), abs=1e-4)
    for place, name in enumerate(EMOTIONS):
        known = metrics.cohen_kappa_score(first == place, second == place, sample_weight=seconds)
        assert report["emotions"][name]["kappa"] == pytest.approx(known, abs=1e-4)
    assert np.allclose(report["confusion"], metrics.confusion_matrix(first, second, sample_weight=seconds), atol=1e-3)


def test_kappa_of_a_known_table():
    """Cohen's own example: 0.7 x 0.6 and so on."""
    assert kappa(np.array([[20, 5], [10, 15]])) == pytest.approx(0.4)


def test_icc_of_the_example_of_shrout_and_fleiss():
    """Judges 1 and 2 of their table 2, by the mean squares of the two-way layout."""
    first, second = np.array([9, 6, 8, 7, 10, 6.0]), np.array([2, 1, 4, 1, 5, 2.0])
    scores = np.stack([first, second], axis=1)
    grand, rows, columns = scores.mean(), scores.mean(axis=1), scores.mean(axis=0)
    between = 2 * ((rows - grand) ** 2).sum() / 5
    raters = 6 * ((columns - grand) ** 2).sum()
    error = ((scores - rows[:, None] - columns + grand) ** 2).sum() / 5
    assert icc(first, second) == pytest.approx((between - error) / (between + error + 2 * (raters - error) / 6))
    assert icc(first, first) == pytest.approx(1.0)
    assert np.isnan(icc(np.ones(4), np.ones(4)))


def test_intervals_resample_people_and_one_person_has_none():
    many = agreement(random_ratings(12, 60), EMOTIONS)
    low, high = many["kappa_interval_95"]
    assert low < many["kappa"] < high
    few = agreement(random_ratings(3, 60), EMOTIONS)
    assert np.diff(few["kappa_interval_95"]) > 0
    alone = agreement(random_ratings(1, 60), EMOTIONS)
    assert (alone["kappa_interval_95"], alone["people"]) == (None, 1)
    assert agreement(random_ratings(12, 60), EMOTIONS) == many


def test_the_interval_of_a_person_with_many_clips_is_not_that_of_many_people():
    rated = random_ratings(6, 60)
    doubled = [*rated, *rated]
    assert agreement(doubled, EMOTIONS)["kappa_interval_95"] == agreement(rated, EMOTIONS)["kappa_interval_95"]


def test_each_onset_is_matched_once_within_the_tolerance():
    assert matched_onsets([1.0, 2.0, 5.0], [1.4, 1.6, 5.6], 0.5) == [(0, 0), (1, 1)]
    assert matched_onsets([1.0], [1.2, 1.3], 0.5) == [(0, 0)]
    assert matched_onsets([], [1.0], 0.5) == []


def test_onsets_count_per_emotion():
    frames = (np.zeros(2, int), np.zeros(2, int), np.ones(2))
    one = Rated("a", *frames, onsets=([(1.0, 0), (3.0, 1)], [(1.2, 0), (3.0, 0), (9.0, 1)]))
    report = agreement([one], EMOTIONS, tolerance_s=0.5)
    assert report["emotions"]["anger"]["onsets"] | {"f1": 0} == {
        "hits": 1, "first": 1, "second": 2, "precision": 0.5, "recall": 1.0, "f1": 0, "f1_interval_95": None,
    }  # fmt: skip
    assert (report["onsets"]["hits"], report["onsets"]["first"], report["onsets"]["second"]) == (1, 2, 3)
    assert report["emotions"]["neutral"]["kappa"] is None
    assert report["emotions"]["neutral"]["onsets"]["f1"] is None
