"""JAFFE by file name, drawn here."""

import pytest
from still_sets import drawn, jaffe, save

from emo_utils.datasets.registry import corpora
from emo_utils.datasets.splits import make_folds
from emo_utils.errors import CorpusError


def test_a_name_gives_person_and_emotion(tmp_path):
    clips = {clip.clip_id: clip for clip in corpora.create("jaffe", root=jaffe(tmp_path)).index()}
    assert len(clips) == 4 * 21
    assert (clips["KA.AN1.1"].subject_id, clips["KA.AN1.1"].emotion) == ("KA", "anger")
    assert {clip.emotion for clip in clips.values() if ".SU" in clip.clip_id} == {"surprise"}


def test_a_fold_leaves_one_person_out_and_those_who_are_absent_have_none(tmp_path):
    folds = make_folds(corpora.create("jaffe", root=jaffe(tmp_path)).index(), "subject")
    assert [{clip.subject_id for clip in fold.test} for fold in folds] == [{"KA"}, {"KL"}, {"KM"}, {"YM"}]


@pytest.mark.parametrize("name", ["KA.AN1.tiff", "XX.AN1.39.tiff", "happy.png"])
def test_another_name_or_person_is_an_error(tmp_path, name):
    save(tmp_path / name, drawn(0, 64))
    with pytest.raises(CorpusError, match=r"expected a name like KA\.AN1\.39\.tiff"):
        corpora.create("jaffe", root=tmp_path).index()


def test_another_expression_is_an_error(tmp_path):
    save(tmp_path / "KA.CO1.39.tiff", drawn(0, 64))
    with pytest.raises(CorpusError, match="'CO' is not a label"):
        corpora.create("jaffe", root=tmp_path).index()
