"""MEAD in its layout, on empty files of its names."""

from collections import Counter

import pytest
from layouts import make_mead, touch

from emo_utils.datasets.registry import corpora
from emo_utils.errors import CorpusError


def test_a_path_gives_person_emotion_and_level(tmp_path):
    clips = {clip.clip_id: clip for clip in corpora.create("mead", root=make_mead(tmp_path)).index()}
    clip = clips["M003_front_angry_level_3_002"]
    assert (clip.subject_id, clip.emotion, clip.intensity) == ("M003", "anger", "strong")
    assert clips["W009_front_neutral_level_1_001"].intensity is None
    assert Counter(clip.subject_id for clip in clips.values()) == {"M003": 44, "W009": 44}, "the front alone"
    assert len({clip.emotion for clip in clips.values()}) == 8


def test_other_views_are_taken_where_asked_for(tmp_path):
    make_mead(tmp_path)
    assert len(corpora.create("mead", root=tmp_path, views=("front", "left_30")).index()) == 176
    with pytest.raises(CorpusError, match="views of front, left_30.*found"):
        corpora.create("mead", root=tmp_path, views="side")
    with pytest.raises(CorpusError, match="clips like M003/video/top"):
        corpora.create("mead", root=tmp_path, views="top").index()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("M003/video/front/angry/level_4/001.mp4", "expected a path like M003"),
        ("M003/audio/angry/level_1/001.mp4", "expected a path like M003"),
        ("M003/video/front/bored/level_1/001.mp4", "'bored' is not a label"),
    ],
)
def test_another_path_or_label_is_an_error(tmp_path, path, message):
    touch(tmp_path / path)
    with pytest.raises(CorpusError, match=message):
        corpora.create("mead", root=tmp_path).index()
