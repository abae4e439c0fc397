"""SAVEE in its layout, on empty files of its names."""

from collections import Counter

import pytest
from layouts import make_savee, touch

from emo_utils.datasets.registry import corpora
from emo_utils.datasets.splits import make_folds
from emo_utils.errors import CorpusError


def test_480_clips_of_four_speakers_are_counted_as_published(tmp_path):
    corpus = corpora.create("savee", root=make_savee(tmp_path))
    clips = {clip.clip_id: clip for clip in corpus.index()}
    assert len(clips) == corpus.published_count() == 480
    assert Counter(clip.emotion for clip in clips.values()) == dict.fromkeys(
        ("anger", "disgust", "fear", "happiness", "sadness", "surprise"), 60
    ) | {"neutral": 120}
    assert (clips["DC_sa03"].emotion, clips["KL_su15"].emotion, clips["JE_a01"].subject_id) == (
        "sadness",
        "surprise",
        "JE",
    )


def test_each_fold_leaves_one_speaker_out(tmp_path):
    folds = make_folds(corpora.create("savee", root=make_savee(tmp_path)).index(), "subject")
    assert [{clip.subject_id for clip in fold.test} for fold in folds] == [{"DC"}, {"JE"}, {"JK"}, {"KL"}]


def test_names_that_hold_the_speaker_are_read_too(tmp_path):
    touch(tmp_path / "clips" / "JK_su07.mp4")
    (clip,) = corpora.create("savee", root=tmp_path).index()
    assert (clip.clip_id, clip.subject_id, clip.emotion) == ("JK_su07", "JK", "surprise")


@pytest.mark.parametrize("name", ["DC/x1.avi", "AB/a1.avi", "a1.avi"])
def test_another_name_or_speaker_is_an_error(tmp_path, name):
    touch(tmp_path / name)
    with pytest.raises(CorpusError, match=r"expected a name like DC/a1\.avi"):
        corpora.create("savee", root=tmp_path).index()


def test_sound_alone_says_where_the_pictures_are(tmp_path):
    touch(tmp_path / "AudioData" / "DC" / "a01.wav")
    with pytest.raises(CorpusError, match="holds sound only .* The pictures are in AudioVisualClip"):
        corpora.create("savee", root=tmp_path).index()
