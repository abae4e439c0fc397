"""The sample corpus: what it promises to those who measure with it."""

from dataclasses import replace

import numpy as np
import pytest

from emo_utils.datasets.corpora import sample
from emo_utils.datasets.registry import corpora
from emo_utils.datasets.synthetic.cast import dress, make_cast
from emo_utils.datasets.synthetic.face import SyntheticFace, unit_vector
from emo_utils.datasets.synthetic.features import EYE_Y, EYES_X, GRIN
from emo_utils.datasets.synthetic.portrait import load_portrait
from emo_utils.datasets.synthetic.script import crossing, film, intensity, plan, solo, unit_track
from emo_utils.datasets.synthetic.stage import Player
from emo_utils.errors import CorpusError
from emo_utils.video import probe, read_frames

EMOTIVE = [emotion for emotion in sample.CLASSES if emotion != "neutral"]


@pytest.fixture(scope="module")
def cast():
    return make_cast(2, seed=0)


@pytest.fixture
def no_video(monkeypatch):
    """Corpora in an instant: files without pictures."""
    monkeypatch.setattr(sample, "write_video", lambda path, frames, fps: path.write_bytes(b"frames"))


def some_frames(subject, emotion, seed, numbers=(0, 40)):
    frames = list(sample.render_frames(subject, emotion, 1, seed))
    return np.stack([frames[number] for number in numbers])


def test_the_same_seed_gives_the_same_bytes(tmp_path):
    first, second = tmp_path / "a.mp4", tmp_path / "b.mp4"
    assert sample.make_sample_clip(first).apex == sample.make_sample_clip(second).apex
    assert first.read_bytes() == second.read_bytes()


def test_another_seed_gives_other_frames(cast):
    frames = some_frames(cast[0], "fear", seed=0)
    assert np.array_equal(frames, some_frames(cast[0], "fear", seed=0))
    assert not np.array_equal(frames, some_frames(cast[0], "fear", seed=1))


def test_the_cast_does_not_depend_on_its_size(cast):
    assert make_cast(5, seed=0)[:2] == cast


@pytest.mark.parametrize("emotion", EMOTIVE)
@pytest.mark.parametrize("seed", range(5))
def test_the_apex_is_the_one_frame_of_largest_intensity(emotion, seed):
    truth = plan("clip", "s01", emotion, 1, seed)
    strength = intensity(truth)
    assert np.flatnonzero(strength == strength.max()).tolist() == [truth.apex]
    shown = np.flatnonzero(strength > 0)
    assert (shown[0], shown[-1]) == (truth.onset, truth.offset)
    assert np.all(np.diff(strength[truth.onset - 1 : truth.apex + 1]) > 0)
    assert np.all(np.diff(strength[truth.apex : truth.offset + 2]) < 0)


def test_pictures_change_most_at_the_apex(cast):
    """The truth is about pixels, not only about a table: without motion and noise, the apex differs most from rest."""
    part = solo(cast[0], "surprise", 1, seed=0)
    synthetic_face, units = SyntheticFace(dress(cast[0])), unit_track(part.truth, cast[0], seed=0)
    units[:, 45] = 0
    rest = synthetic_face.draw(units[0]).astype(np.int16)
    change = [np.abs(synthetic_face.draw(row) - rest).mean() for row in units]
    assert int(np.argmax(change)) == part.truth.apex
    assert change[part.truth.onset - 1] == 0
    assert change[part.truth.offset + 1] == 0


def test_a_neutral_clip_has_no_onset_and_moves_no_muscle_but_to_blink(cast):
    truth = solo(cast[0], "neutral", 1, seed=0).truth
    assert (truth.onset, truth.apex, truth.offset) == (None, None, None)
    units = unit_track(truth, cast[0], seed=0)
    assert np.flatnonzero(units.any(axis=0)).tolist() == [45]
    assert all(units[blink, 45] == 1 for blink in truth.blinks)


def test_a_blink_covers_the_iris(cast):
    synthetic_face, row = SyntheticFace(dress(cast[0])), int(EYE_Y)
    column = int(EYES_X[0])
    iris = np.s_[row - 1 : row + 2, column - 2 : column + 3]
    opened, shut = (synthetic_face.draw(unit_vector({45: closed}))[iris].mean() for closed in (0, 1))
    assert shut > opened + 40


def test_a_grin_shows_teeth_and_a_neutral_mouth_does_not(cast):
    mouth = np.s_[int(GRIN["upper_in"][0]) + 3 : int(GRIN["lower_in"][0]) - 2, 192:210]
    teeth = load_portrait().grin[mouth].mean()
    synthetic_face = SyntheticFace(dress(cast[0]))
    grin = synthetic_face.draw(unit_vector({6: 1, 12: 1, 25: 1}))[mouth].mean()
    assert abs(grin - teeth) < 12
    assert synthetic_face.draw(unit_vector({}))[mouth].mean() < teeth - 40


def test_the_index_names_every_clip_person_and_emotion(tmp_path, no_video):
    corpus = corpora.create("sample", root=tmp_path / "sample", subjects=2, takes=1, workers=1)
    clips = corpus.index()
    assert [clip.clip_id for clip in clips[:3]] == ["s01_anger_1", "s01_disgust_1", "s01_fear_1"]
    assert {(clip.subject_id, clip.emotion) for clip in clips} == {
        (s, e) for s in ("s01", "s02") for e in sample.CLASSES
    }
    assert len(clips) == corpus.published_count() == 14
    assert all(clip.path == tmp_path / "sample" / f"{clip.clip_id}.mp4" and clip.path.exists() for clip in clips)
    assert corpus.synthetic
    assert "contempt" not in corpus.classes


def test_the_truth_survives_its_file(tmp_path, no_video, cast):
    corpus = corpora.create("sample", root=tmp_path / "sample", subjects=2, takes=1, workers=1)
    stored = {(truth.clip_id, truth.subject_id): truth for truth in corpus.truth()}
    assert stored["s02_sadness_1", "s02"] == solo(cast[1], "sadness", 1, seed=0).truth
    assert stored["s01_neutral_1", "s01"].apex is None
    assert "synthetic" in (tmp_path / "sample" / "README.txt").read_text()


def test_what_is_made_is_not_made_again(tmp_path, no_video, monkeypatch):
    corpus = corpora.create("sample", root=tmp_path / "sample", subjects=1, takes=1, workers=1)
    corpus.index()
    monkeypatch.setattr(sample, "write_video", pytest.fail)
    assert len(corpus.index()) == 7


def test_processes_of_their_own_make_the_same_bytes(tmp_path, cast):
    task = (sample._make_solo, (tmp_path, cast[0], "disgust", 1, 0))
    (truth,) = sample._run([task], workers=2, progress=False)
    here = tmp_path / "here.mp4"
    sample.write_video(here, sample.render_frames(cast[0], "disgust", 1, 0), sample.FPS)
    assert probe(here).frames == truth.frames == 90
    assert here.read_bytes() == (tmp_path / truth.file).read_bytes()


def test_an_interrupted_making_leaves_nothing(tmp_path, monkeypatch):
    written = []

    def stop_at_the_third(path, frames, fps):
        path.write_bytes(b"frames")
        written.append(path)
        if len(written) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(sample, "write_video", stop_at_the_third)
    corpus = corpora.create("sample", root=tmp_path / "sample", subjects=1, takes=1, workers=1)
    with pytest.raises(KeyboardInterrupt):
        corpus.index()
    assert len(written) == 3
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("four years of work")
    with pytest.raises(CorpusError, match="holds something else"):
        corpora.create("sample", root=tmp_path, subjects=1, takes=1).index()
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_corpus_of_other_numbers_is_left_alone(tmp_path, no_video):
    corpora.create("sample", root=tmp_path / "sample", subjects=1, takes=1, workers=1).index()
    with pytest.raises(CorpusError, match="root="):
        corpora.create("sample", root=tmp_path / "sample", subjects=2, takes=1, workers=1).index()
    assert len(list((tmp_path / "sample").glob("*.mp4"))) == 7


def test_a_corpus_of_an_older_version_is_made_again(tmp_path, no_video, monkeypatch):
    root = tmp_path / "sample"
    monkeypatch.setattr(sample, "VERSION", 0)
    corpora.create("sample", root=root, subjects=1, takes=1, workers=1).index()
    monkeypatch.undo()
    monkeypatch.setattr(sample, "write_video", lambda path, frames, fps: path.write_bytes(b"newer"))
    clips = corpora.create("sample", root=root, subjects=1, takes=1, workers=1).index()
    assert {clip.path.read_bytes() for clip in clips} == {b"newer"}


def test_two_persons_swap_sides(cast):
    parts = crossing((cast[0], cast[1]), ("happiness", "surprise"), seed=0)
    first, second = (np.array(part.truth.eyes_x) for part in parts)
    assert {part.truth.subject_id for part in parts} == {"s01", "s02"}
    assert parts[0].truth.clip_id == parts[1].truth.clip_id
    assert first[0] + 100 < second[0]
    assert second[-1] + 100 < first[-1]
    assert np.count_nonzero(np.diff(np.sign(second - first))) == 1
    assert next(film(parts, (512, 256), seed=0)).shape == (256, 512, 3)


def test_the_sample_clip_is_what_its_truth_says(tmp_path):
    truth = sample.make_sample_clip(tmp_path / "clip.mp4")
    frames = [frame.pixels for frame in read_frames(tmp_path / "clip.mp4")]
    assert len(frames) == truth.frames == 120
    assert frames[0].shape == (256, 256, 3)
    assert truth.onset < truth.apex < truth.offset < truth.frames


def test_the_eyes_are_where_the_truth_says(cast):
    """Both persons, one of them mirrored, with green irises and wide eyes; the head turns, nods and rolls."""
    backdrop = np.full((256, 256, 3), 128, np.uint8)
    for subject in cast:
        part = solo(replace(subject, iris=(0, 255, 0)), "neutral", 1, seed=0)
        player = Player(part.subject, part.motion, (256, 256), np.random.default_rng(0))
        for frame in (0, 30, 60):
            picture = player.draw(frame, unit_vector({5: 1}), backdrop).astype(int)
            rows, columns = np.nonzero(picture[..., 1] - picture[..., 0] > 60)
            eyes = [np.median(columns[half]) for half in (columns < columns.mean(), columns >= columns.mean())]
            assert np.mean(eyes) == pytest.approx(part.truth.eyes_x[frame], abs=1)
            assert (rows.min() + rows.max()) / 2 == pytest.approx(part.truth.eyes_y[frame], abs=1)
