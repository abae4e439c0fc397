from collections import Counter

import pytest

from emo_utils.datasets.registry import corpora
from emo_utils.datasets.splits import make_split
from emo_utils.errors import CorpusError


@pytest.fixture(scope="module")
def clips(ferplus_archive):
    return corpora.create("ferplus", archive=ferplus_archive).index()


def test_the_index_names_each_picture_once_with_the_label_that_load_gives(clips, ferplus_archive):
    corpus = corpora.create("ferplus", archive=ferplus_archive)
    faces = corpus.load("test")
    loaded = {
        name.removesuffix(".png"): faces.classes[label] for name, label in zip(faces.names, faces.labels, strict=True)
    }
    split = make_split(clips, "official")
    assert {clip.clip_id: clip.emotion for clip in split.test} == loaded
    assert [len(split.train), len(split.validation), len(split.test)] == [28386, 3553, 3546]


def test_each_picture_is_a_person_of_its_own_and_none_is_claimed_known(clips):
    assert max(Counter(clip.subject_id for clip in clips).values()) == 1
    with pytest.raises(CorpusError, match="FER\\+ does not tell who is in its clips"):
        make_split(clips, "subject")
    assert "people" not in make_split(clips, "official").balance().index
