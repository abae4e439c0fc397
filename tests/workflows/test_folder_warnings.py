"""Training on one's own folder: what is not learnt from is named, and what folds by person lose."""

import logging

import pytest
from tiny_clips import write_tiny_clips

from emo_utils.datasets.corpora.folder import Folder
from emo_utils.datasets.splits import lost_emotions, make_folds
from emo_utils.structures import Clip
from emo_utils.workflows.prepare import index_clips
from emo_utils.workflows.sources import Data, find_source


def test_files_that_are_passed_over_and_clips_that_are_broken_are_named(tmp_path, caplog, monkeypatch):
    monkeypatch.setenv("EMO_DATA_DIR", str(tmp_path / "data"))
    root = tmp_path / "mine"
    write_tiny_clips(root / "happy", 2)
    (root / "happy" / "broken.mp4").write_text("no video")
    (root / "happy" / "tape.xyz").write_text("x")
    (root / "notes.txt").write_text("x")
    options = {"frames": 4, "size": 32, "detector": "none"}
    with caplog.at_level(logging.WARNING):
        find_source(Data("folder", "sequence", options, {"root": root, "subject": "/(c|b)"}, workers=1))
    said = caplog.text
    assert "passed over 2 files, neither video nor picture: happy/tape.xyz, notes.txt" in said
    assert "1 of 3 clips cannot be used, and nothing is learnt from them: happy_broken (" in said
    assert "is a text file, not a video" in said
    assert "manifest.csv" in said


def test_class_folders_may_be_links_also_in_circles(tmp_path):
    write_tiny_clips(tmp_path / "elsewhere", 2)
    root = tmp_path / "mine"
    root.mkdir()
    (root / "happy").symlink_to(tmp_path / "elsewhere")
    (root / "sad").mkdir()
    (root / "sad" / "back").symlink_to(root)
    (root / "sad" / "p3.mp4").symlink_to(tmp_path / "elsewhere" / "c01.mp4")
    clips = index_clips("folder", {"root": root, "subject": "/(.)"})
    assert [(clip.clip_id, clip.emotion) for clip in clips] == [
        ("happy_c00", "happiness"),
        ("happy_c01", "happiness"),
        ("sad_p3", "sadness"),
    ]
    listing = Folder(root).listing(["happiness", "sadness"])
    assert [file.name for file in listing.files] == ["happy/c00.mp4", "happy/c01.mp4", "sad/p3.mp4"]


@pytest.fixture
def clips(tmp_path) -> list[Clip]:
    """Six people are happy, two of them also sad, and one afraid."""
    shown = [(f"p{n}", "happiness") for n in range(6)] + [("p0", "sadness"), ("p1", "sadness"), ("p4", "fear")]
    return [Clip(f"{person}_{emotion}", tmp_path / "x.mp4", "mine", person, emotion) for person, emotion in shown]


def test_an_emotion_that_one_person_alone_shows_is_told_where_folds_lose_it(clips):
    splits = make_folds(clips, "subject", 3, 0)
    (told,) = lost_emotions(splits)
    assert told.startswith("fear is shown by one person alone (p4): ")
    tested = next(split.fold for split in splits if any(clip.emotion == "fear" for clip in split.test))
    others = ", ".join(str(split.fold) for split in splits if split.fold != tested)
    assert told.endswith(f"not tested in fold {others}")
    unlearnt = told.split("not learnt in fold ")[1].split(" and ")[0].split(", ")
    assert str(tested) in unlearnt
    assert lost_emotions(make_folds(clips, "random", 3, 0)) == [], "there people are in all parts"
