"""The engine on real clips, with the real detector and the shipped weights."""

import itertools
import json

import numpy as np
import pytest

from emo_utils.errors import UnknownNameError
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import Pipeline
from emo_utils.inference.prior import change_prior, prior_ratio
from emo_utils.inference.smoothing import smooth
from emo_utils.timeline import COLUMNS, STATUSES, Timeline, columns
from emo_utils.workflows.analyze import analyze_clip
from emo_utils.workflows.analyzer import Analyzer


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(AnalysisOptions(segments=False))


@pytest.fixture(scope="module")
def smile(pipeline, clips) -> Timeline:
    return pipeline.run(clips / "single_face.mp4").timeline


def test_every_frame_has_a_row_and_there_is_one_track(smile):
    assert list(smile.table["frame_index"]) == list(range(72))
    np.testing.assert_allclose(smile.table["time_s"], np.arange(72) / 30, atol=1e-6)
    assert smile.people == [1]
    assert set(smile.table["track_id"]) == {1}


def test_the_man_is_neutral_and_then_smiles(smile):
    emotion = smile.table["emotion"]
    assert (emotion[:14] == "neutral").mean() >= 0.9
    assert (emotion[24:69] == "happiness").mean() >= 0.9


def test_the_table_follows_the_contract(smile, tmp_path):
    assert list(smile.table.columns) == columns(smile.classes)
    assert set(COLUMNS) <= set(smile.table.columns)
    assert set(smile.table["status"]) <= set(STATUSES)
    probabilities = smile.probabilities(1)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(probabilities.max(axis=1), smile.table["confidence"], atol=1e-6)
    smoothed = smile.probabilities(1, "smoothed_p_")
    np.testing.assert_allclose(smoothed.max(axis=1), smile.table["smoothed_confidence"], atol=1e-6)
    np.testing.assert_allclose(smoothed, smooth(probabilities, smile.table["time_s"].to_numpy(), "exponential"))
    smile.save(str(tmp_path))
    for name in ("timeline.csv", "timeline.parquet"):
        again = Timeline.load(tmp_path / name)
        assert again.classes == smile.classes
        assert (again.table["smoothed_emotion"] == smile.table["smoothed_emotion"]).all()
        np.testing.assert_allclose(again.probabilities(1), probabilities, rtol=1e-4, atol=1e-5)


def test_frames_between_detections_are_read_and_marked(pipeline, clips, smile):
    every_frame = (
        Pipeline(AnalysisOptions(detect_every=1, segments=False)).run(clips / "single_face.mp4").timeline.table
    )
    assert (every_frame["status"] == "interpolated").sum() == 0
    assert (smile.table["status"] == "interpolated").sum() >= 30
    assert (every_frame["smoothed_emotion"] == smile.table["smoothed_emotion"]).mean() >= 0.95
    boxes = ["x1", "y1", "x2", "y2"]
    assert (every_frame[boxes] - smile.table[boxes]).abs().to_numpy().max() <= 8, "of a face of 172 pixels"


def test_sadness_then_laughter(pipeline, clips):
    table = pipeline.run(clips / "WolfgangLanger_Pexels.mp4").timeline.table
    assert (table["smoothed_emotion"][24:125] == "sadness").mean() >= 0.9
    assert (table["smoothed_emotion"][260:] == "happiness").mean() >= 0.9


def test_no_face_is_a_whole_timeline_of_empty_rows(pipeline, clips):
    timeline = pipeline.run(clips / "no_face.mp4").timeline
    assert len(timeline.faces) == 0
    assert (timeline.table["status"] == "no_face").all()
    assert len(timeline.table) == 95
    assert timeline.table["emotion"].isna().all()


@pytest.mark.parametrize(("name", "first", "last"), [("face_noface.mov", 0, 71), ("noface_face.mov", 96, 167)])
def test_faces_come_and_go_in_the_frame_in_which_they_do(pipeline, clips, name, first, last):
    timeline = pipeline.run(clips / name).timeline
    seen = timeline.faces["frame_index"]
    assert abs(seen.min() - first) <= 1
    assert abs(seen.max() - last) <= 1
    assert len(seen) == seen.max() - seen.min() + 1
    assert timeline.table["frame_index"].nunique() == 169


def test_two_people_two_tracks_in_every_frame(pipeline, clips):
    timeline = pipeline.run(clips / "two_people.gif").timeline
    assert timeline.people == [1, 2]
    assert (timeline.table.groupby("frame_index").size() == 2).all()
    left = timeline.table[timeline.table["track_id"] == 1]["x1"]
    right = timeline.table[timeline.table["track_id"] == 2]["x1"]
    assert left.max() < right.min(), "the tracks changed sides"


def test_sampling_four_frames_a_second(clips):
    table = Pipeline(AnalysisOptions(sample_fps=4, segments=False)).run(clips / "single_face.mp4").timeline.table
    assert list(table["frame_index"]) == [0, 8, 15, 23, 30, 38, 45, 53, 60, 68]
    assert (table["status"] != "interpolated").all()


def test_the_haar_detector_reads_the_smile_too(clips):
    table = (
        Pipeline(AnalysisOptions(detector="haar", sample_fps=10, segments=False))
        .run(clips / "single_face.mp4")
        .timeline.table
    )
    named = table[table["frame_index"].between(24, 68)]["smoothed_emotion"]
    assert (named == "happiness").mean() >= 0.9


def test_uncertain_means_under_the_weights_threshold(pipeline, clips):
    faces = pipeline.run(clips / "WolfgangLanger_Pexels.mp4").timeline.faces
    below = faces["smoothed_confidence"] < pipeline.engine.uncertain_below
    assert (faces.loc[below, "status"] == "uncertain").all()
    assert (faces.loc[~below, "status"] != "uncertain").all()
    assert below.any(), "no row of this clip is uncertain: the test shows nothing"


def test_probabilities_do_not_depend_on_the_batch(pipeline):
    crops = np.random.default_rng(0).integers(0, 255, (9, 48, 48), dtype=np.uint8)
    together = pipeline.engine.predict(crops)
    alone = np.concatenate([pipeline.engine.predict(crop[None]) for crop in crops])
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_smoothing_calms_the_reading(clips):
    def changes(method):
        table = (
            Pipeline(AnalysisOptions(smoothing=method, segments=False)).run(clips / "expressive_d18.mp4").timeline.table
        )
        return sum(1 for _ in itertools.groupby(table["smoothed_emotion"])) - 1

    assert changes("viterbi") <= changes("none")
    assert changes("exponential") <= changes("none")


@pytest.fixture(scope="module")
def under_each_prior() -> dict[str, Analyzer]:
    options = {"sample_fps": 4, "segments": False, "identity_weights": "none"}
    return {prior: Analyzer(prior=prior, **options) for prior in ("ferplus", "uniform")}


def test_a_clip_is_read_under_the_prior_that_is_asked_for(under_each_prior, clips):
    read = {prior: one.pipeline.run(clips / "single_face.mp4").timeline for prior, one in under_each_prior.items()}
    weights = under_each_prior["uniform"].pipeline.weights
    ratio = prior_ratio("uniform", "ferplus", weights.prior, weights.classes, weights.sharpness)
    expected = change_prior(read["ferplus"].probabilities(1), ratio)
    np.testing.assert_allclose(read["uniform"].probabilities(1), expected, rtol=1e-4, atol=1e-6)
    rare = read["uniform"].table["p_contempt"].sum() / read["ferplus"].table["p_contempt"].sum()
    assert rare > 3, "a rare expression is hardly more probable where all are alike"


@pytest.mark.parametrize("prior", ["ferplus", "uniform"])
def test_results_say_under_which_prior_they_stand(under_each_prior, clips, tmp_path, prior):
    written = tmp_path / "results"
    analyze_clip(clips / "single_face.mp4", written, under_each_prior[prior], ["summary"], progress=False)
    assert json.loads((written / "summary.json").read_text())["prior"] == prior
    assert f", prior {prior}" in (written / "analysis.log").read_text()


def test_by_default_clips_are_read_under_the_prior_of_the_sidecar(pipeline):
    assert pipeline.options.prior is None
    assert pipeline.engine.prior == pipeline.weights.clip_prior


def test_an_unknown_prior_is_told_before_the_first_clip():
    with pytest.raises(UnknownNameError, match="unknown prior 'flat'; known: ferplus, uniform"):
        Analyzer(prior="flat")
