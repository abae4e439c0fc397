"""The layout of the Javanese corpus, on empty files of its names, and on the real corpus where it is."""

from collections import Counter

import pytest
from layouts import touch

from emo_utils.datasets.registry import corpora
from emo_utils.datasets.splits import make_folds
from emo_utils.errors import CorpusError

EMOTIONS = {"neutral", "sadness", "happiness", "surprise", "fear", "anger"}


@pytest.fixture
def tree(tmp_path):
    for person in range(1, 11):
        for sentence in range(1, 5):
            for emotion in range(1, 7):
                touch(tmp_path / "clips" / f"{person:02}-{sentence:02}-{emotion:02}_01.mp4")
    return tmp_path


def test_a_name_gives_person_and_emotion(tree):
    clips = {clip.clip_id: clip for clip in corpora.create("javanese", root=tree).index()}
    assert len(clips) == corpora.create("javanese", root=tree).published_count() == 240
    assert (clips["07-02-04_01"].subject_id, clips["07-02-04_01"].emotion) == ("person_07", "surprise")
    assert (clips["10-04-06_01"].subject_id, clips["10-04-06_01"].emotion) == ("person_10", "anger")


def test_each_fold_of_the_literature_leaves_one_person_out(tree):
    folds = list(make_folds(corpora.create("javanese", root=tree).index(), "subject"))
    assert len(folds) == 10
    for fold in folds:
        assert len({clip.subject_id for clip in fold.test}) == 1
        assert len(fold.test) == 24
    assert len({fold.test[0].subject_id for fold in folds}) == 10


@pytest.mark.parametrize(("name", "reason"), [("01-02-03.mp4", "AA|01-02-03_01"), ("01-02-07_01.mp4", "'07'")])
def test_another_name_or_label_is_an_error(tmp_path, name, reason):
    touch(tmp_path / name)
    with pytest.raises(CorpusError, match=reason):
        corpora.create("javanese", root=tmp_path).index()


def test_the_setting_says_where_a_corpus_lies(tree, monkeypatch):
    monkeypatch.setenv("JAVANESE_ROOT", str(tree))
    assert corpora.create("javanese").root == tree
    assert len(corpora.create("javanese").index()) == 240


def test_the_real_corpus_is_balanced(shared):
    root = shared / "data" / "javanese"
    if not root.is_dir():
        pytest.skip(f"no Javanese corpus in {root}")
    clips = corpora.create("javanese", root=root).index()
    assert Counter(clip.emotion for clip in clips) == dict.fromkeys(EMOTIONS, 40)
    assert set(Counter(clip.subject_id for clip in clips).values()) == {24}
