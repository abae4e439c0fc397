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
FAINT = "pout, chin drawn up"
"""It changes the chin's texture more than it moves anything: its bounds are less sure."""


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


@pytest.mark.parametrize("name", BY_EYE)
def test_an_expression_seen_by_eye_is_found_where_it_was_seen(d19, name):
    onset, (first, last), offset = BY_EYE[name]
    seen = (onset, first, offset)
    (found,) = [s for s in d19.segments if overlap((s.onset, s.apex, s.offset), seen) >= 0.5]
    assert found.onset == pytest.approx(onset, abs=4)
    assert found.offset == pytest.approx(offset, abs=6 if name == FAINT else 4)
    assert first <= found.apex <= last


def test_nothing_is_found_that_was_not_seen(d19):
    assert len(d19.segments) == len(BY_EYE)
    assert [segment.cut_end for segment in d19.segments] == [False] * 6 + [True]
    assert not any(segment.cut_start for segment in d19.segments)


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


def test_a_photograph_of_a_smile_is_one_sustained_expression(pipeline, clips, tmp_path):
    """A smile that never moves, in a camera held still: no onset, no offset."""
    smile = next(frame.pixels for frame in read_frames(clips / "single_face.mp4") if frame.index == 50)
    with VideoWriter(tmp_path / "still.mp4") as writer:
        for number in range(60):
            writer.write(smile, number / 30)
    result = pipeline.run(tmp_path / "still.mp4")
    assert (result.timeline.table["emotion"] == "happiness").all()
    (segment,) = result.segments
    assert (segment.emotion, segment.onset, segment.offset) == ("happiness", 0, 59)
    assert segment.sustained
    assert segment.cut_start
    assert segment.cut_end
    assert np.isnan(segment.strength), "there is no rest to measure it from"


def test_a_face_at_rest_is_no_sustained_expression(pipeline, clips):
    assert pipeline.run(clips / "labelled" / "neutral.mp4").segments == ()


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
    assert reading.segments == (), "they look about; the network reads both as neutral throughout"


def test_the_apex_of_laughter_is_where_it_is_strongest(pipeline, clips):
    (segment,) = pipeline.run(clips / "WolfgangLanger_Pexels.mp4").segments
    assert 300 <= segment.apex <= 345
    assert segment.emotion == "happiness"
    assert segment.cut_end


@pytest.fixture(scope="module")
def from_rest_to_apex(pipeline, shared) -> dict[str, PipelineResult]:
    """Real sequences that begin at rest and end at the apex: what was read in each, by file name."""
    clips = sorted((shared / "data" / "ck_sequences").glob("*.mp4"))
    if not clips:
        pytest.skip("no ck_sequences in the shared data")
    return {clip.name: pipeline.run(clip) for clip in clips}


def strongest(result: PipelineResult):
    return max(result.segments, key=lambda segment: segment.strength)


def test_a_sequence_cut_at_its_apex_is_one_segment(from_rest_to_apex):
    found = [result for result in from_rest_to_apex.values() if len(result.segments) == 1]
    assert len(found) >= 0.94 * len(from_rest_to_apex)
    assert all(strongest(result).cut_end and not strongest(result).cut_start for result in found)


def test_its_apex_is_its_end(from_rest_to_apex):
    last = {name: result.timeline.table["frame_index"].max() for name, result in from_rest_to_apex.items()}
    found = {name: strongest(result).apex for name, result in from_rest_to_apex.items() if result.segments}
    assert sum(last[name] - apex <= 3 for name, apex in found.items()) >= 0.83 * len(from_rest_to_apex)


def test_the_expression_at_the_apex_is_named(from_rest_to_apex):
    named = {name: strongest(result).emotion for name, result in from_rest_to_apex.items() if result.segments}
    right = sum(name.startswith(emotion) for name, emotion in named.items())
    assert right >= 0.83 * len(from_rest_to_apex)
    assert "neutral" not in named.values()


def test_exactly_one_apex_is_found_in_each_however_short(from_rest_to_apex):
    for result in from_rest_to_apex.values():
        (segment,) = result.traces.read_one()[0]
        last = result.timeline.table["frame_index"].max()
        assert last - 3 <= segment.apex <= segment.offset == last
        assert segment.onset < segment.apex
        assert segment.cut_end


@pytest.mark.parametrize("clip", ["01-03-01_01", "03-04-01_01", "05-03-01_01", "08-02-01_01"])
def test_neutral_speech_holds_no_segment(pipeline, shared, clip):
    path = shared / "data" / "javanese" / "clips" / f"{clip}.mp4"
    if not path.exists():
        pytest.skip("no javanese in the shared data")
    assert pipeline.run(path).segments == ()
