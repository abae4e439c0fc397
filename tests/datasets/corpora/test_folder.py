import pytest
from layouts import touch

from emo_utils.datasets.corpora.folder import Folder
from emo_utils.datasets.registry import corpora
from emo_utils.datasets.splits import make_split
from emo_utils.errors import CorpusError
from emo_utils.labels import ALL_EMOTIONS


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


CLASSES = tuple(name for name in ALL_EMOTIONS if name != "calm")


def test_what_is_measured_needs_no_people_and_says_what_it_leaves_out(tmp_path):
    for name in ("Happy/a.webp", "happy/deep/er/a.png", "sad/a.jpg", "sad/a.png", "calm/1.mp4", "calm/2.png"):
        touch(tmp_path / name)
    for name in ("readme.txt", "sad/labels.csv", "sad/.hidden.png", "__MACOSX/sad/a.jpg"):
        touch(tmp_path / name)
    listing = Folder(tmp_path).listing(CLASSES)
    assert [(file.name, file.emotion, file.subject_id) for file in listing.files] == [
        ("Happy/a.webp", "happiness", "Happy/a.webp"),
        ("happy/deep/er/a.png", "happiness", "happy/deep/er/a.png"),
        ("sad/a.jpg", "sadness", "sad/a.jpg"),
        ("sad/a.png", "sadness", "sad/a.png"),
    ]
    assert listing.left_out == {"calm": 2}
    assert listing.passed_over == 2
    assert "calm" in {file.emotion for file in Folder(tmp_path).listing(ALL_EMOTIONS).files}


def test_a_pattern_names_the_people_of_what_is_measured(tmp_path):
    for name in ("fear/p1_a.png", "fear/p2_a.mp4", "joy/p1_b.png"):
        touch(tmp_path / name)
    files = Folder(tmp_path, r"(p\d)").listing(CLASSES).files
    assert [(file.subject_id, file.is_video) for file in files] == [("p1", False), ("p2", True), ("p1", False)]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("hapiness/a.png", "sad/a.png", "bored/a.png"), "found the folder bored, the folder hapiness. Rename or move"),
        (("test/sad/a.png", "train/sad/a.png"), "Such folders are in test: give --root .*test"),
        (("a.png", "b.png", "sad/a.png"), "found 2 files outside of any, such as a.png"),
        (("calm/a.png",), "expected folders of .*anger.*; found calm alone"),
        (("sad/notes.txt",), "found no picture or video in it. Give .* --root DIR"),
    ],
)
def test_folders_that_cannot_be_measured_say_why(tmp_path, names, message):
    for name in names:
        touch(tmp_path / name)
    with pytest.raises(CorpusError, match=message):
        Folder(tmp_path).listing(CLASSES)


def test_a_missing_folder_is_not_an_empty_one(tmp_path):
    with pytest.raises(CorpusError, match="absent: expected pictures .* found no such folder"):
        Folder(tmp_path / "absent").listing(CLASSES)
