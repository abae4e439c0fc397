"""RAF-DB in its layout, drawn here."""

import pytest
from still_sets import rafdb

from emo_utils.datasets.registry import corpora
from emo_utils.datasets.splits import make_split
from emo_utils.errors import CorpusError

BY_NUMBER = ("surprise", "fear", "disgust", "happiness", "sadness", "anger", "neutral")


def test_the_list_names_labels_and_parts(tmp_path):
    corpus = corpora.create("rafdb", root=rafdb(tmp_path))
    clips = {clip.clip_id: clip for clip in corpus.index()}
    assert len(clips) == 35
    assert all(clips[f"train_{n:05}"].emotion == BY_NUMBER[n % 7] for n in range(1, 22))
    split = make_split(clips.values(), "official")
    assert [len(split.train), len(split.validation), len(split.test)] == [19, 2, 14]
    assert {clip.clip_id for clip in split.validation} == {"train_00010", "train_00020"}


def test_the_faces_of_a_part_are_gray_and_aligned(tmp_path):
    faces = corpora.create("rafdb", root=rafdb(tmp_path)).load("test")
    assert faces.pixels.shape == (14, 100, 100)
    row = faces.names.index("test_0003")
    assert faces.classes[faces.labels[row]] == "happiness"
    assert faces.pixels[row][48:60].mean() > 120


def test_a_list_without_its_pictures_says_what_to_unpack(tmp_path):
    root = rafdb(tmp_path)
    (root / "Image" / "aligned" / "train_00002_aligned.jpg").unlink()
    with pytest.raises(CorpusError, match=r"1 of them are absent; the first is .*train_00002_aligned\.jpg\. Unpack"):
        corpora.create("rafdb", root=root).index()


@pytest.mark.parametrize(("line", "message"), [("face.jpg 3", "line 36"), ("train_00001.jpg 8", "'8' is not a label")])
def test_a_strange_line_is_named(tmp_path, line, message):
    table = rafdb(tmp_path) / "EmoLabel" / "list_patition_label.txt"
    table.write_text(table.read_text() + line + "\n")
    with pytest.raises(CorpusError, match=message):
        corpora.create("rafdb", root=tmp_path).index()


def test_the_unknown_part_is_refused(tmp_path):
    with pytest.raises(CorpusError, match="known: train, validation, test"):
        corpora.create("rafdb", root=rafdb(tmp_path)).load("dev")
