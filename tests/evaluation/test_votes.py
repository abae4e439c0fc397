"""Votes against probabilities: worked by hand, and on FER+."""

import numpy as np
import pytest

from emo_utils.datasets.registry import corpora
from emo_utils.evaluation.votes import mean_divergence, vote_agreement

COUNTS = np.array([[8.0, 2.0, 0.0], [4.0, 4.0, 1.0]])
CLEANED = np.array([[0.8, 0.2, 0.0], [0.5, 0.5, 0.0]])


def test_divergence_worked_by_hand():
    even = np.full((2, 3), 1 / 3)
    figures = vote_agreement(even, COUNTS, CLEANED)
    first = 0.8 * np.log(0.8 * 3) + 0.2 * np.log(0.2 * 3)
    second = 8 / 9 * np.log(4 / 9 * 3) + 1 / 9 * np.log(1 / 9 * 3)
    assert figures["kl_all_votes"] == pytest.approx((first + second) / 2)
    assert figures["kl_without_single_votes"] == pytest.approx((first + np.log(0.5 * 3)) / 2)
    assert figures["n"] == 2


def test_probabilities_that_are_the_votes_are_at_no_distance():
    assert mean_divergence(CLEANED, CLEANED) == pytest.approx(0, abs=1e-9)
    assert vote_agreement(COUNTS / COUNTS.sum(axis=1, keepdims=True), COUNTS, CLEANED)["kl_all_votes"] == 0


def test_a_class_that_people_named_and_the_network_excludes_costs_much_but_not_everything():
    sure = np.array([[0.0, 1.0, 0.0]])
    assert 10 < mean_divergence(CLEANED[:1], sure) < np.inf


def test_a_label_needs_three_votes():
    second, third = [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]
    assert vote_agreement(np.array([second, second]), COUNTS, CLEANED)["label_has_three_votes"] == 0.5
    assert vote_agreement(np.array([second, third]), COUNTS, CLEANED)["label_has_three_votes"] == 0.0
    assert vote_agreement(np.array([third, second]), [[0, 0, 3], [0, 3, 0]], CLEANED)["label_has_three_votes"] == 1.0


def test_faces_without_votes_and_other_shapes_are_refused():
    with pytest.raises(ValueError, match="found none in row 1"):
        vote_agreement(CLEANED, [[1, 0, 0], [0, 0, 0]], CLEANED)
    with pytest.raises(ValueError, match=r"one shape \(N, C\), found \(2, 2\), \(2, 3\), \(2, 3\)"):
        vote_agreement(CLEANED[:, :2], COUNTS, CLEANED)


def test_ferplus_holds_the_votes_as_published(ferplus_archive):
    faces = corpora.create("ferplus", archive=ferplus_archive).load("test")
    assert faces.counts.shape == faces.votes.shape
    assert set(np.unique(faces.counts)) <= set(range(11))
    sums = faces.counts.sum(axis=1)
    assert 5 < sums.mean() < sums.max() == 10, "votes for `unknown` and `NF` are no votes for a class"
    rows = np.arange(len(faces))
    assert (faces.counts[rows, faces.labels] == faces.counts.max(axis=1)).all()
    assert (faces.votes[faces.counts == 0] == 0).all()
    perfect = vote_agreement(faces.votes, faces.counts, faces.votes)
    assert perfect["kl_without_single_votes"] == pytest.approx(0, abs=1e-6)
    assert perfect["kl_all_votes"] > 0.1, "single votes are taken for impossible"
