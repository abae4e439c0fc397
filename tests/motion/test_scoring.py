import numpy as np
import pytest

from emo_utils.motion.scoring import match, overlap, score_scales, score_segments


@pytest.mark.parametrize(
    ("first", "second", "share"),
    [((0, 5, 9), (0, 5, 9), 1), ((0, 5, 9), (5, 7, 14), 1 / 3), ((0, 1, 4), (5, 6, 9), 0), ((3, 3, 3), (3, 3, 3), 1)],
)
def test_overlap_counts_both_ends(first, second, share):
    assert overlap(first, second) == overlap(second, first) == pytest.approx(share)


def test_each_true_segment_is_found_once():
    found = [(0, 5, 10), (1, 5, 10), (30, 31, 32)]
    assert match(found, [(0, 6, 10)]) == [(0, 0)]
    assert match([], [(0, 6, 10)]) == match(found, []) == []


def test_counts_are_pooled_over_clips_before_f1_is_taken():
    one = ([(0, 5, 10)], [(0, 6, 10)])
    three_false = ([(0, 1, 2), (5, 6, 7), (10, 11, 12)], [])
    missed = ([], [(0, 6, 10)])
    score = score_segments([one, three_false, missed])
    assert (score.hits, score.false, score.missed) == (1, 3, 1)
    assert score.f1 == pytest.approx(2 / 6), "not the mean of 1, 0 and 0"
    assert (score.mean_error("apex"), score.mean_error("onset")) == (1, 0)


def test_half_an_overlap_is_enough_and_less_is_not():
    truth = [(0, 5, 9)]
    assert score_segments([([(0, 5, 4)], truth)]).hits == 1
    assert score_segments([([(0, 2, 3)], truth)]).hits == 0


def test_nothing_to_find_and_nothing_found_is_right():
    score = score_segments([([], [])])
    assert score.f1 == 1
    assert np.isnan(score.mean_error("apex"))


def test_a_scale_is_told_by_duration_and_both_are_pooled():
    short, long = (100, 104, 110), (200, 230, 260)  # 0.37 and 2 s at 30 frames a second
    scores = score_scales([([short, (200, 210, 213)], [short, long], 30.0), ([long], [long], 30.0)])
    assert (scores["micro"].hits, scores["micro"].false, scores["micro"].missed) == (1, 1, 0)
    assert (scores["macro"].hits, scores["macro"].false, scores["macro"].missed) == (1, 0, 1)
    overall = scores["overall"]
    assert (overall.precision, overall.recall) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert overall.f1 == pytest.approx(2 / 3)
    assert score_scales([([short], [short], 10.0)])["macro"].hits == 1, "1.1 s at 10 a second"


def test_precision_and_recall_of_nothing_are_unknown():
    nothing = score_segments([([], [])])
    assert np.isnan(nothing.precision)
    assert np.isnan(nothing.recall)
