"""The person's own baseline: what is taken off, and when it is dangerous."""

import numpy as np
import pytest

from emo_utils.errors import EmoError
from emo_utils.inference.baseline import (
    GAIN,
    STRENGTH,
    centred_profiles,
    estimate_baselines,
    log_mean,
    take_off,
)

CLASSES = ("anger", "happiness", "neutral")
PROFILES = centred_profiles(
    {shown: {named: 0.0 if named == shown else -12.0 for named in CLASSES} for shown in CLASSES}, CLASSES
)


def clips_of(emotions, bias, seed=0, noise=0.2):
    """Log-means of clips that follow the model."""
    noise = np.random.default_rng(seed).normal(0, noise, (len(emotions), len(CLASSES)))
    return np.array([bias + GAIN * PROFILES[CLASSES.index(e)] for e in emotions]) + noise


def corrected(clips, baseline):
    return [CLASSES[i] for i in (clips - baseline.offset).argmax(axis=1)]


def test_a_person_who_looks_angry_at_rest_is_read_right_without_a_label():
    shown = ["anger", "happiness", "neutral"] * 8
    clips, other = clips_of(shown, np.array([2.4, -1.2, -1.2])), clips_of(shown, np.array([-1.0, 0.0, 1.0]), seed=1)
    assert {CLASSES[i] for i in clips.argmax(axis=1)} == {"anger"}
    found = estimate_baselines(
        "people", np.concatenate([clips, other]), ["ann"] * 24 + ["ben"] * 24, [10] * 48, PROFILES
    )
    assert corrected(clips, found["ann"]) == shown
    assert corrected(other, found["ben"]) == shown
    assert (found["ben"].clips, found["ben"].frames, found["ben"].warning) == (24, 240, "")


def test_shares_keep_the_emotion_of_a_person_who_shows_mostly_one():
    """The bare mean would take the anger off: the estimate with shares keeps it, and warns."""
    shown = ["anger"] * 20 + ["happiness", "neutral"] * 2
    clips = clips_of(shown, np.zeros(3), noise=1.0)
    others = clips_of(["anger", "happiness", "neutral"] * 8, np.zeros(3), seed=2)
    both, people = np.concatenate([clips, others]), ["ann"] * 24 + ["ben"] * 24
    found = estimate_baselines("people", both, people, [10] * 48, PROFILES)["ann"]
    bare = estimate_baselines("people", both, people, [10] * 48, None)["ann"]
    right = np.mean([a == b for a, b in zip(corrected(clips, found), shown, strict=True)])
    assert right > 0.9
    assert right > np.mean([a == b for a, b in zip(corrected(clips, bare), shown, strict=True)])
    assert found.shares[0] > 0.6
    assert "anger" not in found.warning
    assert "taken off in part" in found.warning


def test_few_clips_are_corrected_little():
    collection = clips_of(["anger", "happiness", "neutral"] * 10, np.zeros(3))
    own = np.array([[4.0, -2.0, -2.0]])
    means = np.concatenate([own, collection])
    found = estimate_baselines("people", means, ["ann"] + ["ben"] * 30, [10] * 31)
    centre = means.mean(axis=0)
    assert found["ann"].offset == pytest.approx((own[0] + STRENGTH * centre) / (1 + STRENGTH))
    assert "one clip only" in found["ann"].warning


def test_clips_that_are_read_alike_are_warned_about():
    alike = np.tile([2.0, -1.0, -1.0], (6, 1))
    means = np.concatenate([alike, clips_of(["anger", "happiness", "neutral"] * 4, np.zeros(3))])
    found = estimate_baselines("people", means, ["ann"] * 6 + ["ben"] * 12, [10] * 18, PROFILES)
    assert "almost alike" in found["ann"].warning
    assert not found["ben"].warning


def test_the_collections_mean_is_one_for_all():
    means = clips_of(["anger", "happiness", "neutral"] * 2, np.array([1.0, 0.0, -1.0]))
    found = estimate_baselines("collection", means, list("aabbcc"), [1, 2, 3, 4, 5, 6])
    assert list(found) == ["a", "b", "c"]
    assert all(np.array_equal(one.offset, means.mean(axis=0)) for one in found.values())
    assert found["a"].frames == 21


@pytest.mark.parametrize(("kind", "clips", "reason"), [("people", 1, "at least two clips"), ("peopel", 3, "people")])
def test_a_request_that_makes_no_sense_is_refused(kind, clips, reason):
    with pytest.raises(EmoError, match=reason):
        estimate_baselines(kind, np.zeros((clips, 3)), ["a"] * clips, [1] * clips)


def test_probabilities_without_the_offset_add_up_to_one_and_move_by_it():
    read = np.array([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]])
    offset = np.log([0.7, 0.2, 0.1])
    off = take_off(read, offset)
    assert off.sum(axis=1) == pytest.approx([1, 1])
    assert off[0] == pytest.approx([1 / 3] * 3)
    assert np.isnan(take_off(np.full((1, 3), np.nan), offset)).all()


def test_the_mean_is_of_logarithms_and_centred():
    read = np.array([[0.9, 0.09, 0.01], [0.1, 0.1, 0.8]])
    expected = np.log(read).mean(axis=0)
    assert log_mean(read) == pytest.approx(expected - expected.mean())
    with pytest.raises(ValueError, match="at least one frame"):
        log_mean(np.empty((0, 3)))
