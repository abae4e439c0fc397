"""KDEF in its layout, drawn here."""

from collections import Counter

import pytest
from still_sets import drawn, kdef, save

from emo_utils.datasets.registry import corpora
from emo_utils.datasets.splits import make_folds
from emo_utils.errors import CorpusError


def test_a_name_gives_person_emotion_and_angle(tmp_path):
    clips = {clip.clip_id: clip for clip in corpora.create("kdef", root=kdef(tmp_path)).index()}
    assert len(clips) == 2 * 6 * 7, "the straight view alone"
    assert (clips["AF01AFS"].subject_id, clips["AF01AFS"].emotion) == ("F01", "fear")
    assert (clips["BM03SUS"].subject_id, clips["BM03SUS"].emotion) == ("M03", "surprise")
    assert Counter(clip.subject_id for clip in clips.values()) == dict.fromkeys(
        ("F01", "F02", "F03", "M01", "M02", "M03"), 14
    )


def test_both_sessions_of_a_person_are_in_one_part(tmp_path):
    folds = make_folds(corpora.create("kdef", root=kdef(tmp_path)).index(), "subject", folds=3)
    assert all(len({clip.subject_id for clip in fold.test}) == 2 for fold in folds)
    assert all({clip.clip_id[0] for clip in fold.test} == {"A", "B"} for fold in folds)


def test_other_angles_are_taken_where_asked_for(tmp_path):
    corpus = corpora.create("kdef", root=kdef(tmp_path, people=1), angles=("HL", "S", "HR"))
    assert len(corpus.index()) == 3 * 28
    assert corpus.published_count() == 2940
    assert corpora.create("kdef", root=tmp_path).published_count() == 980
    with pytest.raises(CorpusError, match="angles of FL, HL, S, HR, FR; found"):
        corpora.create("kdef", root=tmp_path, angles=("left",))


def test_another_name_is_an_error(tmp_path):
    save(tmp_path / "AF01" / "AF01XXS.JPG", drawn(0, 64))
    with pytest.raises(CorpusError, match=r"AF01XXS\.JPG: expected a name like AF01ANS\.JPG"):
        corpora.create("kdef", root=tmp_path).index()
