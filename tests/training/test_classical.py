"""Classical models on numbers per clip: folds, the leak of a random split, and the real figures."""

from pathlib import Path

import numpy as np
import pytest
from prediction_tables import real_file

from emo_utils.datasets.features import FeatureTable, load_features
from emo_utils.datasets.splits import make_folds
from emo_utils.errors import UnknownNameError
from emo_utils.evaluation.measure import measure
from emo_utils.structures import Clip
from emo_utils.training.classical import (
    classical_models,
    cross_validate_features,
    fit_features,
    predict_features,
    predict_fold,
)

EMOTIONS = ("anger", "fear", "neutral")


@pytest.fixture
def toy():
    """Twelve people; a person's place says more than the emotion's: known people are easy, new ones are not."""
    rng = np.random.default_rng(0)
    clips, values = [], []
    places = rng.normal(size=(12, 3, 4)) * 3
    for person in range(12):
        for emotion, name in enumerate(EMOTIONS):
            for take in range(5):
                clip_id = f"{person:02}_{name}_{take}"
                clips.append(Clip(clip_id, Path(clip_id), "toy", f"p{person:02}", name))
                values.append(places[person, emotion] + rng.normal(size=4) * 0.3)
    return FeatureTable("toy", tuple(clips), np.array(values), ("a", "b", "c", "d"))


@pytest.mark.parametrize("name", list(classical_models))
def test_each_model_predicts_every_clip_once(toy, name):
    predictions = cross_validate_features(toy, name, "subject", folds=4)
    assert sorted(predictions["clip_id"]) == [clip.clip_id for clip in toy.clips]
    assert predictions["fold"].nunique() == 4
    assert (predictions.groupby("subject_id")["fold"].nunique() == 1).all()
    probabilities = predictions[[f"p_{emotion}" for emotion in EMOTIONS]].to_numpy()
    assert probabilities.sum(axis=1) == pytest.approx(1)
    assert measure(predictions)["n"] == len(toy.clips)


@pytest.mark.parametrize("name", list(classical_models))
def test_the_same_seed_gives_the_same_predictions(toy, name):
    assert cross_validate_features(toy, name, "random").equals(cross_validate_features(toy, name, "random"))


def test_known_people_flatter(toy):
    random = measure(cross_validate_features(toy, "extra_trees", "random"))["accuracy"]
    by_person = measure(cross_validate_features(toy, "extra_trees", "subject"))["accuracy"]
    assert random > 0.9 > 0.6 > by_person


def test_a_fold_does_not_see_what_it_tests(toy):
    """Test clips whose numbers and labels are spoilt change no prediction of other test clips."""
    split = make_folds(toy.clips, "subject", 4)[1]
    spoilt = {clip.clip_id for clip in split.test[1:]}
    rows = [i for i, clip in enumerate(toy.clips) if clip.clip_id in spoilt]
    values = toy.values.copy()
    values[rows] = 99.0
    before = predict_fold(toy, "logistic_regression", split).iloc[0]
    after = predict_fold(FeatureTable("toy", toy.clips, values, toy.names), "logistic_regression", split).iloc[0]
    assert before.equals(after)
    assert before["fold"] == 1


def test_train_and_validation_are_learnt_from(toy):
    split = make_folds(toy.clips, "subject", 4)[0]
    both = fit_features(toy, "logistic_regression", [*split.train, *split.validation])
    expected = predict_features(toy, both, split.test, split.fold)
    assert predict_fold(toy, "logistic_regression", split).equals(expected)


def test_a_class_that_was_never_shown_has_probability_0(toy):
    fitted = fit_features(toy, "logistic_regression", [clip for clip in toy.clips if clip.emotion != "fear"])
    predictions = predict_features(toy, fitted, toy.clips)
    assert (predictions["p_fear"] == 0).all()
    assert predictions[["p_anger", "p_neutral"]].sum(axis=1).to_numpy() == pytest.approx(1)
    assert "fold" not in predictions


def test_an_unknown_model_lists_the_known(toy):
    with pytest.raises(UnknownNameError, match="extra_trees, logistic_regression"):
        cross_validate_features(toy, "forest", "random")


@pytest.mark.parametrize(
    ("model", "random", "by_actor"), [("logistic_regression", 0.68, 0.58), ("extra_trees", 0.79, 0.58)]
)
def test_real_action_units_show_the_leak(shared, model, random, by_actor):
    """RAVDESS: a random split of clips promises 10 to 20 points that no new actor gives."""
    features = load_features("ravdess", real_file(shared, "action_unit_means.csv"))
    found = {protocol: cross_validate_features(features, model, protocol) for protocol in ("random", "subject")}
    assert {protocol: table["fold"].nunique() for protocol, table in found.items()} == {"random": 5, "subject": 6}
    figures = {protocol: measure(table) for protocol, table in found.items()}
    assert figures["random"]["accuracy"] == pytest.approx(random, abs=0.015)
    assert figures["subject"]["accuracy"] == pytest.approx(by_actor, abs=0.015)
    assert all(report["ece_after"] < 0.06 for report in figures.values())
