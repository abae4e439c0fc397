"""Rows of a live source: later frames change none, and they say what the analysis of the whole clip says."""

import numpy as np
import pandas as pd
import pytest

from emo_utils.errors import EmoError
from emo_utils.inference.frame_sources import file_source, frame_source
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import Pipeline
from emo_utils.inference.smoothing import smooth
from emo_utils.inference.stream import CausalSmoothing, stream
from emo_utils.structures import Frame
from emo_utils.timeline import TYPES, Timeline, columns
from emo_utils.video import read_frames


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(AnalysisOptions(segments=False, identity_weights="none"))


def rows_of(pipeline: Pipeline, frames) -> pd.DataFrame:
    return pd.DataFrame(stream(pipeline, frame_source(frames)))


@pytest.fixture(scope="module")
def frames(clips) -> list[Frame]:
    return list(read_frames(clips / "expressive_d18.mp4"))[:110]


@pytest.fixture(scope="module")
def live(pipeline, frames) -> pd.DataFrame:
    return rows_of(pipeline, frames)


def test_rows_follow_the_contract_one_per_frame_and_face(pipeline, live, frames):
    assert list(live.columns) == columns(pipeline.weights.classes)
    timeline = Timeline(live.astype(TYPES), pipeline.weights.classes)
    assert list(timeline.table["frame_index"]) == list(range(len(frames)))
    assert timeline.people == [1]
    np.testing.assert_allclose(timeline.probabilities(1, "smoothed_p_").sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("last", [1, 23, 58])
def test_a_row_does_not_change_when_the_frames_after_it_are_removed(pipeline, live, frames, last):
    pd.testing.assert_frame_equal(rows_of(pipeline, frames[:last]), live.iloc[:last])


def test_a_frame_has_its_rows_before_the_next_is_asked_for(pipeline, frames):
    asked = []

    def camera():
        for frame in frames[:9]:
            asked.append(frame.index)
            yield frame

    for row in stream(pipeline, frame_source(camera())):
        assert asked[-1] == row["frame_index"]
    assert asked == list(range(9))


@pytest.mark.parametrize(
    ("name", "alone", "smoothed"), [("single_face.mp4", 0.99, 0.88), ("two_people.gif", 0.97, 0.97)]
)
def test_expressions_are_those_of_the_whole_clip_but_for_smoothing_that_looks_ahead(
    pipeline, clips, name, alone, smoothed
):
    whole = pipeline.run(clips / name).timeline.faces
    both = whole.merge(rows_of(pipeline, clips / name), on=["frame_index", "track_id"], suffixes=("", "_live"))
    assert len(both) == len(whole)
    assert (both["emotion"] == both["emotion_live"]).mean() >= alone
    assert (both["smoothed_emotion"] == both["smoothed_emotion_live"]).mean() >= smoothed


def test_faces_are_looked_for_seldom_and_carried_forward_between(live):
    found = live.index[live["status"] != "interpolated"]
    assert len(found) < len(live) / 2
    boxes = live[["x1", "y1", "x2", "y2"]]
    carried = boxes[live["status"] == "interpolated"]
    np.testing.assert_array_equal(carried, boxes.shift()[live["status"] == "interpolated"])


def test_a_face_that_goes_is_gone_within_a_detection(pipeline, clips):
    frames = [frame for frame in read_frames(clips / "face_noface.mov") if 60 <= frame.index < 90]
    live = rows_of(pipeline, frames)
    seen = live.loc[live["status"] != "no_face", "frame_index"]
    assert 70 <= seen.max() <= 77, "it goes after frame 71; faces are looked for every fifth"
    assert live.loc[live["status"] == "no_face", "emotion"].isna().all()
    assert len(Timeline(live.astype(TYPES), pipeline.weights.classes).faces) == len(seen)


def test_smoothing_is_the_forward_half_of_the_offline_one():
    rng = np.random.default_rng(0)
    probabilities, times_s = rng.dirichlet(np.ones(4), 30), np.cumsum(rng.uniform(0.01, 0.1, 30))
    times_s[20:] += 3
    causal = CausalSmoothing("exponential", 0.25)
    forward = np.array([causal.update(1, row, time_s) for row, time_s in zip(probabilities, times_s, strict=True)])
    np.testing.assert_allclose(forward[20], probabilities[20], err_msg="nothing is carried over a long absence")
    reversed_s = times_s[-1] - times_s[::-1]
    causal = CausalSmoothing("exponential", 0.25)
    backward = np.array([causal.update(1, row, s) for row, s in zip(probabilities[::-1], reversed_s, strict=True)])
    np.testing.assert_allclose((forward + backward[::-1]) / 2, smooth(probabilities, times_s, "exponential", 0.25))


@pytest.mark.parametrize("options", [{"smoothing": "viterbi"}, {"apex_only": True}])
def test_what_needs_the_future_is_refused_at_once(clips, options):
    pipeline = Pipeline(AnalysisOptions(identity_weights="none", **options))
    with pytest.raises(EmoError, match="a stream uses no future: expected smoothing exponential or none"):
        stream(pipeline, file_source(clips / "single_face.mp4"))
