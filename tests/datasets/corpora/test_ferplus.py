import zipfile

import numpy as np
import pytest

from emo_utils.datasets.corpora.ferplus import CLASSES, COLUMNS, label_votes
from emo_utils.datasets.registry import corpora
from emo_utils.errors import CorpusError


def votes(**named):
    return [named.get(column, 0) for column in COLUMNS]


def test_the_majority_names_the_image_and_unknown_or_no_face_drop_it():
    table = np.array(
        [
            votes(neutral=4, anger=3, disgust=3),
            votes(unknown=6, fear=4),
            votes(NF=10),
            votes(happiness=5, surprise=5),
            votes(contempt=8, unknown=2),
        ],
        np.float32,
    )
    kept, labels, _ = label_votes(table)
    assert list(kept) == [0, 3, 4]
    assert [CLASSES[label] for label in labels] == ["neutral", "happiness", "contempt"]


def test_votes_are_a_distribution_without_single_votes():
    _, _, distribution = label_votes(np.array([votes(anger=6, disgust=3, fear=1)], np.float32))
    expected = dict.fromkeys(CLASSES, 0.0) | {"anger": 6 / 9, "disgust": 3 / 9}
    np.testing.assert_allclose(distribution[0], [expected[name] for name in CLASSES], rtol=1e-6)


def test_by_majority_single_votes_are_dropped_and_more_than_half_must_agree():
    table = np.array(
        [
            votes(neutral=4, anger=3, disgust=1, fear=1, contempt=1),  # 4 of 7 once single votes are dropped
            votes(neutral=4, anger=3, disgust=3),  # 4 of 10
            votes(happiness=5, surprise=5),  # no more than half
            votes(unknown=6, fear=4),
            votes(fear=3, unknown=3, NF=2),
            votes(sadness=1, anger=1, fear=1, neutral=1, disgust=1, contempt=1, surprise=1, happiness=1),
        ],
        np.float32,
    )
    kept, labels, distribution = label_votes(table, "majority")
    assert list(kept) == [0]
    assert CLASSES[labels[0]] == "neutral"
    assert distribution[0].max() == pytest.approx(4 / 7)


@pytest.fixture(scope="module")
def ferplus(ferplus_archive):
    return corpora.create("ferplus", archive=ferplus_archive)


@pytest.mark.parametrize(("split", "count"), [("validation", 3553), ("test", 3546)])
def test_the_official_splits_have_their_sizes(ferplus, split, count):
    faces = ferplus.load(split)
    assert len(faces) == count
    assert faces.pixels.shape == (count, 48, 48)
    np.testing.assert_allclose(faces.votes.sum(axis=1), 1, rtol=1e-5)


def test_majority_keeps_as_many_test_pictures_as_published_and_renames_none(ferplus, ferplus_archive):
    agreed = corpora.create("ferplus", archive=ferplus_archive, rule="majority").load("test")
    assert len(agreed) == 3153
    everything = ferplus.load("test")
    label_of = dict(zip(everything.names, everything.labels, strict=True))
    assert [label_of[name] for name in agreed.names] == list(agreed.labels)


def test_the_rare_classes_are_as_rare_as_published(ferplus):
    faces = ferplus.load("train")
    counts = dict(zip(faces.classes, np.bincount(faces.labels), strict=True))
    assert {name: counts[name] for name in ("contempt", "disgust", "fear")} == {
        "contempt": 165,
        "disgust": 191,
        "fear": 652,
    }


def test_a_folder_reads_as_its_zip(ferplus, ferplus_archive, tmp_path):
    names = ferplus.load("test").names[:5]
    with zipfile.ZipFile(ferplus_archive) as archive:
        table = next(n for n in archive.namelist() if n.endswith("fer2013new.csv"))
        lines = archive.read(table).decode().splitlines()
        kept = [lines[0], *(line for line in lines if any(name in line for name in names))]
        (tmp_path / "fer2013new.csv").write_text("\n".join(kept))
        (tmp_path / "FER2013Test").mkdir()
        for name in names:
            path = next(n for n in archive.namelist() if n.endswith(f"FER2013Test/{name}"))
            (tmp_path / "FER2013Test" / name).write_bytes(archive.read(path))
    from_folder = corpora.create("ferplus", archive=tmp_path).load("test")
    assert from_folder.names == names
    np.testing.assert_array_equal(from_folder.pixels, ferplus.load("test").pixels[:5])


def test_what_is_wrong_with_an_archive_is_said(tmp_path):
    with pytest.raises(CorpusError, match="does not exist. Set FERPLUS_ARCHIVE"):
        corpora.create("ferplus", archive=tmp_path / "nothing.zip").load("test")
    with pytest.raises(CorpusError, match="expected fer2013new.csv"):
        corpora.create("ferplus", archive=tmp_path).load("test")
    (tmp_path / "fer2013new.csv").write_text("Usage,Image name\nTraining,a.png\n")
    with pytest.raises(CorpusError, match="lacks the columns"):
        corpora.create("ferplus", archive=tmp_path).load("train")
    row = ",".join(map(str, votes(anger=10)))
    (tmp_path / "fer2013new.csv").write_text(f"Usage,Image name,{','.join(COLUMNS)}\nTraining,a.png,{row}\n")
    with pytest.raises(CorpusError, match=r"names a.png, but FER2013Train/a.png is not in"):
        corpora.create("ferplus", archive=tmp_path).load("train")
    with pytest.raises(CorpusError, match="known: train, validation, test"):
        corpora.create("ferplus", archive=tmp_path).load("dev")
