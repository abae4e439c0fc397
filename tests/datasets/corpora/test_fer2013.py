"""FER2013 in both of its layouts, drawn here."""

from collections import Counter

import numpy as np
import pytest
from still_sets import drawn, fer2013_folders, fer2013_table, save

from emo_utils.datasets.corpora.fer2013 import CODES
from emo_utils.datasets.registry import corpora
from emo_utils.datasets.splits import make_split
from emo_utils.errors import CorpusError


def test_a_table_gives_parts_labels_and_pixels(tmp_path):
    fer2013_table(tmp_path / "fer2013" / "fer2013.csv", each=2)
    corpus = corpora.create("fer2013", root=tmp_path)
    faces = corpus.load("test")
    assert len(faces) == 14
    assert faces.names[0] == "fer0000028", "the row's number, as the files of FER+"
    np.testing.assert_array_equal(faces.pixels[3], drawn(3, 48, 3))
    assert [faces.classes[label] for label in faces.labels[:7]] == [corpus.facts.labels[code] for code in CODES]
    np.testing.assert_array_equal(faces.votes.argmax(1), faces.labels)


def test_the_index_has_the_challenges_split(tmp_path):
    clips = corpora.create("fer2013", root=fer2013_table(tmp_path / "fer2013.csv", each=3)).index()
    split = make_split(clips, "official")
    assert [len(split.train), len(split.validation), len(split.test)] == [21, 21, 21]
    with pytest.raises(CorpusError, match="does not tell who"):
        make_split(clips, "subject")


def test_headings_with_spaces_are_read(tmp_path):
    table = fer2013_table(tmp_path / "icml_face_data.csv", each=1, header=("emotion", " Usage", " pixels"))
    assert len(corpora.create("fer2013", root=table.parent).load("train")) == 7


def test_folders_give_the_same_as_the_table(tmp_path):
    corpus = corpora.create("fer2013", root=fer2013_folders(tmp_path, each=2))
    assert Counter(clip.emotion for clip in corpus.index()) == dict.fromkeys(corpus.classes, 6)
    faces = corpus.load("validation")
    assert faces.pixels.shape == (14, 48, 48)
    assert {name.split("_")[0] for name in faces.names} == {"PublicTest"}
    row = faces.names.index("PublicTest_1003")
    assert faces.classes[faces.labels[row]] == "happiness"
    assert faces.pixels[row][18:24].mean() > 120, "the bar of the fourth label"


@pytest.mark.parametrize(
    ("header", "change", "message"),
    [
        (("emotion", "pixels"), None, "found none named Usage"),
        (("emotion", "pixels", "Usage"), ("Training", "Trained"), "row 2: expected an emotion from 0 to 6"),
        (("emotion", "pixels", "Usage"), ("\n0,", "\n7,"), "row 2"),
    ],
)
def test_a_table_that_is_another_is_refused(tmp_path, header, change, message):
    table = fer2013_table(tmp_path / "fer2013.csv", each=1, header=header)
    if change:
        table.write_text(table.read_text().replace("\r\n", "\n").replace(*change))
    with pytest.raises(CorpusError, match=message):
        corpora.create("fer2013", root=tmp_path).index()


def test_a_row_with_too_few_pixels_is_named(tmp_path):
    (tmp_path / "fer2013.csv").write_text("emotion,pixels,Usage\n3,1 2 3,Training\n")
    with pytest.raises(CorpusError, match="fer0000000: expected 2304 numbers from 0 to 255, found 3"):
        corpora.create("fer2013", root=tmp_path).load("train")


def test_folders_whose_names_tell_no_part_are_refused(tmp_path):
    save(tmp_path / "train" / "angry" / "im0.png", drawn(0, 48))
    with pytest.raises(CorpusError, match="begins with Training, PublicTest, PrivateTest"):
        corpora.create("fer2013", root=tmp_path).index()
    with pytest.raises(CorpusError, match="known: train, validation, test"):
        corpora.create("fer2013", root=tmp_path).load("dev")


def test_a_picture_of_another_size_is_named(tmp_path):
    save(tmp_path / "train" / "angry" / "Training_1.jpg", drawn(0, 96))
    with pytest.raises(CorpusError, match=r"Training_1\.jpg: expected 48x48 pixels, found 96x96"):
        corpora.create("fer2013", root=tmp_path).load("train")
