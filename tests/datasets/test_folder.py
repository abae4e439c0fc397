import pytest
from layouts import touch

from emo_utils.datasets import corpora
from emo_utils.datasets.splits import make_split
from emo_utils.errors import CorpusError


def test_folders_name_emotions_and_the_pattern_names_people(tmp_path):
    for name in ("happy/p01_a.mp4", "Sadness/p01_b.png", "calm/p02_a.JPG", "shock/p02_b.mov"):
        touch(tmp_path / name)
    touch(tmp_path / "happy" / "notes.txt")
    clips = corpora.create("folder", root=tmp_path, subject=r"/(p\d+)_").index()
    assert {(clip.subject_id, clip.emotion) for clip in clips} == {
        ("p01", "happiness"),
        ("p01", "sadness"),
        ("p02", "calm"),
        ("p02", "surprise"),
    }
    assert {clip.clip_id for clip in clips} == {"happy_p01_a", "Sadness_p01_b", "calm_p02_a", "shock_p02_b"}


def test_a_person_may_be_a_folder_below_the_emotion(tmp_path):
    touch(tmp_path / "fear" / "ann" / "1.mp4")
    (clip,) = corpora.create("folder", root=tmp_path, subject=r"^[^/]+/([^/]+)/").index()
    assert (clip.subject_id, clip.clip_id) == ("ann", "fear_ann_1")


def test_without_a_pattern_nothing_is_guessed(tmp_path):
    touch(tmp_path / "fear" / "1.mp4")
    with pytest.raises(CorpusError, match="Give a pattern"):
        corpora.create("folder", root=tmp_path).index()


def test_a_file_the_pattern_does_not_match_is_named(tmp_path):
    touch(tmp_path / "fear" / "p1_a.mp4")
    touch(tmp_path / "fear" / "somebody.mp4")
    with pytest.raises(CorpusError, match=r"fear/somebody\.mp4: the pattern .* finds no person"):
        corpora.create("folder", root=tmp_path, subject=r"/(p\d+)_").index()


@pytest.mark.parametrize("pattern", [r"p\d+", r"(p\d+"])
def test_a_pattern_without_a_group_or_sense_is_refused_at_once(pattern, tmp_path):
    with pytest.raises(CorpusError, match=r"no group|not a regular expression"):
        corpora.create("folder", root=tmp_path, subject=pattern)


@pytest.mark.parametrize("name", ["bored/p1.mp4", "p1.mp4"])
def test_a_folder_that_is_no_emotion_is_an_error(name, tmp_path):
    touch(tmp_path / name)
    with pytest.raises(CorpusError, match=r"'bored' is not a label|folder named after its emotion"):
        corpora.create("folder", root=tmp_path, subject=r"(p\d)").index()


def test_two_files_with_one_id_are_named(tmp_path):
    touch(tmp_path / "fear" / "p1.mp4")
    touch(tmp_path / "fear" / "p1.png")
    with pytest.raises(CorpusError, match=r"p1\.mp4 and .*p1\.png are the same clip"):
        corpora.create("folder", root=tmp_path, subject=r"(p\d)").index()


def test_its_people_can_be_kept_apart(tmp_path):
    for person in range(6):
        touch(tmp_path / "fear" / f"p{person}_1.mp4")
        touch(tmp_path / "joy" / f"p{person}_1.mp4")
    clips = corpora.create("folder", root=tmp_path, subject=r"(p\d)").index()
    split = make_split(clips, "subject", folds=3)
    assert [len(split.train), len(split.validation), len(split.test)] == [6, 2, 4]
