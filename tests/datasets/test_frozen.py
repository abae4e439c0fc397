from dataclasses import replace

import pytest

from emo_utils.datasets.frozen import content_hash, freeze, load_frozen
from emo_utils.datasets.registry import corpora
from emo_utils.datasets.splits import make_split
from emo_utils.errors import CorpusError


@pytest.fixture(scope="module")
def clips(ravdess_tree):
    return corpora.create("ravdess", root=ravdess_tree).index()


@pytest.fixture
def frozen(clips, tmp_path):
    path = tmp_path / "splits" / "ravdess.csv"
    freeze(make_split(clips, "subject", fold=3, seed=7), path)
    return path


def test_a_frozen_split_comes_back_as_it_was(frozen, clips):
    assert load_frozen(frozen, clips[::-1]) == make_split(clips, "subject", fold=3, seed=7)
    assert [path.name for path in frozen.parent.iterdir()] == ["ravdess.csv"]


def test_the_file_is_a_table_that_others_can_read(frozen):
    import pandas as pd

    table = pd.read_csv(frozen, comment="#")
    assert list(table.columns) == ["part", "clip_id", "subject_id", "emotion"]
    assert len(table) == 1440
    assert table.groupby("part").subject_id.nunique().sum() == 24


def test_the_hash_is_the_content_and_not_the_place(clips, tmp_path):
    split = make_split(clips, "subject")
    moved = [replace(clip, path=tmp_path / clip.path.name) for clip in clips]
    assert content_hash(make_split(moved, "subject")) == content_hash(split) == freeze(split, tmp_path / "a.csv")
    assert content_hash(make_split(clips, "subject", seed=1)) != content_hash(split)
    assert content_hash(make_split(clips, "subject", fold=1)) != content_hash(split)


def test_the_same_split_is_frozen_to_the_same_bytes(clips, tmp_path):
    for name in ("a.csv", "b.csv"):
        freeze(make_split(clips, "random", seed=2), tmp_path / name)
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\ntest,01-01-01-01-01-01-13", "\ntrain,01-01-01-01-01-01-13"),
        ('"seed": 7', '"seed": 8'),
        ("\ntest,01-01-01-01-01-01-13,actor_13,neutral", ""),
    ],
)
def test_a_change_after_freezing_is_found(frozen, clips, old, new):
    text = frozen.read_text()
    assert text.count(old) == 1
    frozen.write_text(text.replace(old, new))
    with pytest.raises(CorpusError, match="was changed after it was frozen"):
        load_frozen(frozen, clips)


def test_line_ends_of_another_system_are_no_change(frozen, clips):
    frozen.write_bytes(frozen.read_bytes().replace(b"\n", b"\r\n"))
    assert load_frozen(frozen, clips).fold == 3


def test_clips_that_are_not_here_are_counted_and_named(frozen, clips):
    fewer = [clip for clip in clips if clip.subject_id != "actor_02"]
    with pytest.raises(CorpusError, match="60 of its 1440 clips are not in the index of ravdess, the first is 01-01"):
        load_frozen(frozen, fewer)


def test_a_label_that_has_changed_is_named(frozen, clips):
    changed = [replace(clips[0], emotion="fear"), *clips[1:]]
    with pytest.raises(
        CorpusError, match=f"{clips[0].clip_id} was frozen as actor_01, neutral; the index says actor_01, fear"
    ):
        load_frozen(frozen, changed)


def test_what_is_no_frozen_split_is_refused(tmp_path, clips):
    with pytest.raises(CorpusError, match="make one with make_split"):
        load_frozen(tmp_path / "none.csv", clips)
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(CorpusError, match="is not a frozen split"):
        load_frozen(tmp_path / "other.csv", clips)
