"""Heads over a frozen encoder read clips; one trained with each person's own clips reads with these as in training."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tiny_clips import results_of

from emo_utils import Analyzer
from emo_utils.datasets.registry import corpora
from emo_utils.errors import EmoError
from emo_utils.evaluation.evaluate_folder import FolderOptions, evaluate_folder
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.person_features import LEAST_CLIPS
from emo_utils.inference.person_windows import PersonWindows
from emo_utils.inference.prior import UNIFORM
from emo_utils.inference.weights import find_weights
from emo_utils.run_folder import RunFolder
from emo_utils.timeline import Timeline
from emo_utils.training.experiment import Experiment
from emo_utils.training.fit_head import statistics_of
from emo_utils.training.networks import load_run
from emo_utils.training.person import normalised
from emo_utils.workflows.analyze import analyze_clips
from emo_utils.workflows.open_run import parts_again
from emo_utils.workflows.sources import Data
from emo_utils.workflows.train import train

ENCODER = "ferplus-tiny"
SUBJECT = r"^(s\d+)_"
CHOSEN = {"outputs": ["summary"], "progress": False}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The folder of data, with a sample corpus of two people, seven clips each."""
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMO_DATA_DIR", str(folder))
        yield folder


@pytest.fixture(scope="module")
def corpus(home) -> dict:
    return {"root": home / "sample", "subjects": 2, "takes": 1, "workers": 1}


def head(home, corpus, backbone: str, normalise: str, **settings) -> Path:
    data = Data("sample", "sequence", {}, corpus, workers=1, encoders=(ENCODER,))
    given = {"backbone": backbone, "normalise": normalise, **settings}
    return train(data, given, "random", fold=0, folds=3, out=home / "runs" / f"{backbone}-{normalise}").folder


@pytest.fixture(scope="module")
def run(home, corpus) -> Path:
    return head(home, corpus, "statistics", "ranks")


@pytest.fixture(scope="module")
def clips_of_people(corpus):
    return [clip for clip in corpora.create("sample", **corpus).index() if not clip.clip_id.startswith("cross")]


def options(run, baseline="people", **changes) -> AnalysisOptions:
    subject = SUBJECT if baseline == "people" else None
    fixed = {"identity_weights": "none", "segments": False, "baseline": baseline, "subject": subject}
    return AnalysisOptions(str(run), **{**fixed, **changes})


@pytest.fixture(scope="module")
def read(run, clips_of_people, tmp_path_factory) -> Path:
    """The results of all clips, with the baseline of each person."""
    out = tmp_path_factory.mktemp("read") / "out"
    analyze_clips([clip.path for clip in clips_of_people], out, options(run), **CHOSEN)
    return out


def of_training(run, corpus):
    """Statistics of all clips as in training, raw and normalised, by clip; and the run's settings."""
    folder = RunFolder(run).fold(0)
    experiment = Experiment.from_dict(folder.experiment())
    parts = parts_again(experiment, corpus)
    model, _ = load_run(folder.path, parts["train"])
    raw = statistics_of(model.head, parts)
    return [
        {name: item for one in given.values() for name, item in zip(one.clip_ids, one.items, strict=True)}
        for given in (raw, normalised(raw, experiment.normalise))
    ]


def test_the_features_of_training_and_of_reading_have_the_same_bytes(run, corpus, clips_of_people, read):
    raw, done = of_training(run, corpus)
    rule = find_weights(run).person_rule
    assert rule.how == "ranks"
    for person in ("s01", "s02"):
        own = [clip.clip_id for clip in clips_of_people if clip.subject_id == person]
        windows = {name: PersonWindows.load(read / name / "person_windows.npz") for name in own}
        assert all(len(one) == 1 for one in windows.values()), "a clip is no longer than a window"
        features = [windows[name].features[0] for name in own]
        for name, found in zip(own, features, strict=True):
            assert found.tobytes() == raw[name].tobytes(), name
        for name, found in zip(own, rule.together(features, len(own)), strict=True):
            assert found.tobytes() == done[name].tobytes(), name


def under_the_prior_of_clips(run, row, classes) -> np.ndarray:
    """Predictions of training under the prior under which clips are read; uniform if training had each emotion."""
    weights = find_weights(run)
    uniform = weights.clip_prior == UNIFORM
    values = np.array([row[f"p_{one}"] / (weights.prior[one] if uniform else 1) for one in classes], float)
    return values / values.sum()


def test_a_clip_is_read_as_it_was_predicted_when_the_head_was_measured(run, read):
    predicted = RunFolder(run).fold(0).predictions("test").set_index("clip_id")
    assert len(predicted) >= 4
    for name, row in predicted.iterrows():
        timeline = Timeline.load(read / str(name) / "timeline.csv")
        expected = under_the_prior_of_clips(run, row, timeline.classes)
        found = timeline.probabilities(1, "b_")
        np.testing.assert_allclose(found, np.tile(expected, (len(found), 1)), atol=2e-3)
        named = timeline.classes[int(np.argmax(expected))]
        assert set(timeline.faces["baseline_emotion"]) == {named}


def test_the_figures_of_a_folder_are_those_of_its_clips(run, clips_of_people, read, tmp_path):
    right = []
    for clip in [one for one in clips_of_people if one.subject_id == "s01"]:
        (tmp_path / clip.emotion).mkdir(exist_ok=True)
        shutil.copy(clip.path, tmp_path / clip.emotion)
        timeline = Timeline.load(read / clip.clip_id / "timeline.csv")
        right.append(timeline.faces["baseline_emotion"].mode()[0] == clip.emotion)
    report = evaluate_folder(str(run), FolderOptions(tmp_path, subject=r"(s\d+)_", baseline="people"))
    found = report["baseline"]
    assert (found["kind"], found["normalise"], report["n"]) == ("people", "ranks", len(right))
    assert found["accuracy"] == pytest.approx(np.mean(right))
    assert [one["clips"] for one in found["people"].values()] == [len(right)]
    assert found["warnings"] == []


def test_without_the_persons_clips_the_raw_columns_are_there_and_it_is_said(run, clips_of_people, read, tmp_path):
    one = clips_of_people[0]
    analysis = Analyzer(options=options(run, "none")).analyze(one.path, progress=False)
    analysis.save(tmp_path / "out", **CHOSEN)
    timeline = analysis.results.result.timeline
    assert not np.isnan(timeline.probabilities(1)).any()
    assert timeline.faces["baseline_emotion"].isna().all()
    assert any("read with the training set's mean and deviation" in said for said in analysis.summary()["warnings"])
    alone, among = (
        list(csv.DictReader((folder / "timeline.csv").open(newline="")))
        for folder in (tmp_path / "out", read / one.clip_id)
    )
    for raw, corrected in zip(alone, among, strict=True):
        assert all(name.startswith(("b_", "baseline_")) for name in raw if raw[name] != corrected[name])


def test_in_memory_and_in_files_and_in_two_steps_the_result_is_the_same(run, clips_of_people, read, tmp_path):
    paths = [clip.path for clip in clips_of_people]
    analyses = Analyzer(options=options(run)).analyze(paths, progress=False)
    analyses.save(tmp_path / "memory", ["summary"], progress=False)
    of_clips = {name: data for name, data in results_of(read).items() if "/" in name}
    assert results_of(tmp_path / "memory") == of_clips
    analyze_clips(paths[:5], tmp_path / "steps", options(run, "none"), **CHOSEN)
    results = analyze_clips(paths, tmp_path / "steps", options(run), **CHOSEN)
    assert sum(result.read_before for result in results) == 5
    assert {name: data for name, data in results_of(tmp_path / "steps").items() if "/" in name} == of_clips


def test_a_person_with_few_clips_is_read_with_the_training_set_and_it_is_said(run, clips_of_people, tmp_path):
    own = [clip.path for clip in clips_of_people if clip.subject_id == "s01"][: LEAST_CLIPS - 1]
    (*_, last) = analyze_clips(own, tmp_path, options(run), **CHOSEN)
    summary = json.loads((last.folder / "summary.json").read_text())
    assert summary["baseline"]["normalise"] == "ranks"
    assert any(f"s01: 3 clips, and the person's own statistics need {LEAST_CLIPS}" in one for one in
               summary["baseline"]["warnings"])  # fmt: skip
    timeline = last.timeline
    np.testing.assert_allclose(timeline.probabilities(1, "b_"), timeline.probabilities(1, "smoothed_p_"), atol=2e-6)
    kept = AnalysisOptions(str(run), baseline=str(last.folder / "summary.json"), identity_weights="none")
    with pytest.raises(EmoError, match="reads all clips of a person together.*--baseline people"):
        Analyzer(options=kept)


def test_windows_that_were_removed_are_made_again(run, clips_of_people, read, tmp_path):
    paths = [clip.path for clip in clips_of_people[:4]]
    analyze_clips(paths, tmp_path, options(run), **CHOSEN)
    gone = tmp_path / clips_of_people[1].clip_id / "person_windows.npz"
    before = gone.read_bytes()
    gone.unlink()
    results = analyze_clips(paths, tmp_path, options(run), **CHOSEN)
    assert [result.read_before for result in results] == [True, False, True, True]
    assert gone.read_bytes() == before


@pytest.mark.parametrize(("backbone", "normalise"), [("statistics", "none"), ("embedding_lstm", "person")])
def test_a_head_reads_a_clip(home, corpus, clips_of_people, backbone, normalise):
    settings = {"epochs": 2} if backbone != "statistics" else {}
    run = head(home, corpus, backbone, normalise, **settings)
    predicted = RunFolder(run).fold(0).predictions("test").set_index("clip_id")
    clip = next(one for one in clips_of_people if one.clip_id in predicted.index)
    timeline = Analyzer(options=options(run, "none")).analyze(clip.path, progress=False).results.result.timeline
    found = timeline.probabilities(1)
    assert len(found) == 90
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    if normalise == "none":
        expected = under_the_prior_of_clips(run, predicted.loc[clip.clip_id], timeline.classes)
        np.testing.assert_allclose(found[0], expected, atol=5e-3)
