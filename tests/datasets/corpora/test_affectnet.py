"""AffectNet in both of its layouts, drawn here."""

from collections import Counter

import numpy as np
import pytest
from still_sets import affectnet_folders, affectnet_tables

from emo_utils.datasets.registry import corpora
from emo_utils.datasets.splits import make_split
from emo_utils.errors import CorpusError

BY_CODE = ("neutral", "happiness", "sadness", "surprise", "fear", "disgust", "anger", "contempt")


@pytest.mark.parametrize("make", [affectnet_folders, affectnet_tables])
def test_either_layout_gives_eight_emotions_and_leaves_the_others_out(tmp_path, make):
    clips = corpora.create("affectnet", root=make(tmp_path)).index()
    assert Counter(clip.emotion for clip in clips) == dict.fromkeys(BY_CODE, 2)
    assert all(clip.path.is_file() for clip in clips)
    split = make_split(clips, "official")
    assert [len(split.train), len(split.validation), len(split.test)] == [8, 8, 0]
    with pytest.raises(CorpusError, match="does not tell who"):
        make_split(clips, "subject")


def test_a_picture_has_the_label_of_its_own_file(tmp_path):
    clips = {clip.clip_id: clip for clip in corpora.create("affectnet", root=affectnet_folders(tmp_path)).index()}
    assert [clips[f"train_{code}"].emotion for code in range(8)] == list(BY_CODE)
    assert clips["validation_7"].path == tmp_path / "val_set" / "images" / "7.jpg"


def test_what_is_wrong_is_named(tmp_path):
    np.save(affectnet_folders(tmp_path) / "train_set" / "annotations" / "3_exp.npy", np.array("happy"))
    with pytest.raises(CorpusError, match=r"3_exp\.npy: expected one number"):
        corpora.create("affectnet", root=tmp_path).index()
    lists = tmp_path / "other"
    lists.mkdir()
    (lists / "training.csv").write_text("file,label\na.jpg,3\n")
    with pytest.raises(CorpusError, match="expected the folder Manually_Annotated_Images"):
        corpora.create("affectnet", root=lists).index()
    (lists / "Manually_Annotated_Images").mkdir()
    with pytest.raises(CorpusError, match="expected the columns subDirectory_filePath and expression"):
        corpora.create("affectnet", root=lists).index()
