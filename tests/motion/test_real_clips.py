"""Real faces: what was seen in them by eye, and what is found.

`expressive_d19.mp4` was looked at frame by frame, in sheets of the lower face, before any code had seen it: onset is
the first frame that differs from rest, offset the last; the apex is given as the frames that look equally strong.
"""

import numpy as np
import pytest

from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import Pipeline, PipelineResult
from emo_utils.motion.scoring import overlap
from emo_utils.video import probe, read_frames
from emo_utils.video_writer import VideoWriter

BY_EYE = {
    "sneer on the picture's right, teeth": (5, (8, 21), 26),
    "sneer on the picture's left, eye narrowed": (40, (43, 54), 62),
    "smile with closed lips": (80, (83, 96), 101),
    "pout, chin drawn up": (113, (117, 130), 135),
    "sneer on the right, teeth": (154, (158, 177), 179),
    "sneer on the left, teeth": (192, (196, 215), 217),
    "broad smile, to the clip's end": (228, (231, 249), 249),
}
NOT_FOUND = "pout, chin drawn up"
"""It changes the chin's texture more than it moves anything, and the network reads it as neutral."""


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return Pipeline(AnalysisOptions(identity_weights="none"))


@pytest.fixture(scope="module")
def d19(pipeline, clips) -> PipelineResult:
    return pipeline.run(clips / "expressive_d19.mp4")


def cut_together(path, parts) -> None:
    """Write frames of several clips, one after the other, at 30 a second and one size."""
    with VideoWriter(path) as writer:
        count = 0
        for clip, first, last in parts:
            for frame in read_frames(clip):
                if first <= frame.index <= last:
                    writer.write(frame.pixels[:360, :480], count / 30)
                    count += 1


def test_the_smile_of_single_face_is_one_segment_and_its_blink_does_not_split_it(pipeline, clips):
    (segment,) = pipeline.run(clips / "single_face.mp4").segments
    assert segment.onset == pytest.approx(17, abs=4)
    assert segment.offset == pytest.approx(70, abs=3)
    assert 24 <= segment.apex <= 68
    assert segment.emotion == segment.pooled_emotion == "happiness"


def test_the_smile_is_found_by_motion_alone_too(clips):
    reading = Pipeline(AnalysisOptions(identity_weights="none", apex_only=True)).run(clips / "single_face.mp4")
    (segment,) = reading.segments
    assert segment.onset == pytest.approx(17, abs=4)
    assert 24 <= segment.apex <= 68
    assert segment.emotion == "happiness"
    table = reading.timeline.table
    assert table["emotion"].notna().sum() == 1, "one frame was read: the apex"
    assert set(table.loc[segment.onset : segment.offset, "smoothed_emotion"]) == {"happiness"}
    assert table.loc[: segment.onset - 1, "smoothed_emotion"].isna().all()


@pytest.mark.parametrize("name", [name for name in BY_EYE if name != NOT_FOUND])
def test_an_expression_seen_by_eye_is_found_where_it_was_seen(d19, name):
    onset, (first, last), offset = BY_EYE[name]
    seen = (onset, first, offset)
    (found,) = [s for s in d19.segments if overlap((s.onset, s.apex, s.offset), seen) >= 0.5]
    assert found.onset == pytest.approx(onset, abs=4)
    assert found.offset == pytest.approx(offset, abs=4)
    assert first <= found.apex <= last


def test_nothing_is_found_that_was_not_seen(d19):
    assert len(d19.segments) == len(BY_EYE) - 1, f"{NOT_FOUND} is not found; see the module"


def test_apexes_differ_more_from_rest_than_frames_a_third_of_a_second_away(d19, clips):
    """By pixels of the aligned face, which the rule does not compare in this way; a held expression may be equal."""
    faces = {frame.index: frame.pixels for frame in read_frames(clips / "expressive_d19.mp4")}
    rest = faces[70][200:460, 120:390].astype(int)

    def change(index: int) -> float:
        return np.abs(faces[index][200:460, 120:390].astype(int) - rest).mean()

    for segment in d19.segments:
        around = [segment.apex - 10, segment.apex + 10]
        before, after = (change(min(max(index, 0), 249)) for index in around)
        assert change(segment.apex) > 0.97 * before
        assert change(segment.apex) > 0.85 * after


def test_singing_is_no_expression(pipeline, clips):
    assert pipeline.run(clips / "expressive_d20.mp4").segments == ()


def test_a_cut_is_no_apex(pipeline, clips, tmp_path):
    """Three people at rest, cut together: everything changes at the cuts, and no face moves."""
    rest = [("single_face.mp4", 0, 13), ("expressive_d19.mp4", 63, 78), ("expressive_d18.mp4", 98, 110)]
    cut_together(tmp_path / "cut.mp4", [(clips / name, first, last) for name, first, last in rest])
    assert probe(tmp_path / "cut.mp4").frames == 43
    reading = pipeline.run(tmp_path / "cut.mp4")
    assert len(reading.timeline.faces) >= 40
    assert reading.segments == ()


def test_an_expression_does_not_reach_over_a_cut(pipeline, clips, tmp_path):
    smile, smile_again = (clips / "expressive_d19.mp4", 63, 92), (clips / "single_face.mp4", 0, 60)
    cut_together(tmp_path / "cut.mp4", [smile, smile_again])
    found = pipeline.run(tmp_path / "cut.mp4").segments
    assert len(found) == 2
    assert found[0].offset <= 29 < found[1].onset


def test_a_photograph_gives_no_segment(pipeline, clips, tmp_path):
    """A smile that never moves, in a camera held still."""
    smile = next(frame.pixels for frame in read_frames(clips / "single_face.mp4") if frame.index == 50)
    with VideoWriter(tmp_path / "still.mp4") as writer:
        for number in range(60):
            writer.write(smile, number / 30)
    reading = pipeline.run(tmp_path / "still.mp4")
    assert (reading.timeline.table["emotion"] == "happiness").all()
    assert reading.segments == ()


def test_no_face_gives_empty_tables(pipeline, clips):
    reading = pipeline.run(clips / "no_face.mp4")
    assert reading.segments == ()
    assert len(reading.motion) == 0
    assert "strength" in reading.motion


def test_two_people_have_curves_of_their_own(pipeline, clips):
    reading = pipeline.run(clips / "two_people.gif")
    assert set(reading.motion["person_id"]) == set(reading.timeline.people)
    assert len(reading.motion) >= 0.95 * len(reading.timeline.faces)
    assert not reading.motion.duplicated(["frame_index", "track_id"]).any()
