from collections import Counter
from pathlib import Path

import pytest
from layouts import make_ckplus, touch

from emo_utils.datasets.registry import corpora
from emo_utils.errors import CorpusError
from emo_utils.structures import Clip


def test_981_pictures_are_327_sequences_counted_as_published(tmp_path):
    clips = corpora.create("ckplus", root=make_ckplus(tmp_path)).index()
    assert len(clips) == 327
    assert sum(len(clip.frames) for clip in clips) == 981
    assert Counter(clip.emotion for clip in clips) == {
        "anger": 45,
        "contempt": 18,
        "disgust": 59,
        "fear": 25,
        "happiness": 69,
        "sadness": 28,
        "surprise": 83,
    }
    assert len({clip.subject_id for clip in clips}) == 118


def test_frames_are_in_order_of_their_numbers_and_the_path_is_the_first(tmp_path):
    for number in (10, 9, 11, 100):
        touch(tmp_path / "CK+48" / "happy" / f"S010_006_{number:08}.png")
    (clip,) = corpora.create("ckplus", root=tmp_path).index()
    assert [path.stem[-3:] for path in clip.frames] == ["009", "010", "011", "100"]
    assert clip.path == clip.frames[0]
    assert (clip.clip_id, clip.subject_id, clip.emotion) == ("S010_006", "S010", "happiness")


def test_a_clip_whose_path_is_not_its_first_frame_is_refused():
    first, second = Path("S010_006_00000009.png"), Path("S010_006_00000010.png")
    with pytest.raises(ValueError, match="path must be the first of its frames"):
        Clip("S010_006", second, "ckplus", "S010", "happiness", frames=(first, second))


def test_two_takes_of_a_person_are_two_clips(tmp_path):
    touch(tmp_path / "anger" / "S010_004_00000017.png")
    touch(tmp_path / "fear" / "S010_002_00000014.png")
    assert [clip.clip_id for clip in corpora.create("ckplus", root=tmp_path).index()] == ["S010_002", "S010_004"]


def test_a_sequence_in_two_emotions_is_an_error(tmp_path):
    touch(tmp_path / "anger" / "S010_004_00000017.png")
    touch(tmp_path / "fear" / "S010_004_00000018.png")
    with pytest.raises(CorpusError, match="'S010_004'; keep one"):
        corpora.create("ckplus", root=tmp_path).index()


def test_a_second_copy_of_the_folders_is_an_error(tmp_path):
    touch(tmp_path / "anger" / "S010_004_00000017.png")
    touch(tmp_path / "copy" / "anger" / "S010_004_00000017.png")
    with pytest.raises(CorpusError, match="frame number twice"):
        corpora.create("ckplus", root=tmp_path).index()


@pytest.mark.parametrize(("path", "reason"), [("joy/S010_004_00000017.png", "'joy'"), ("happy/face.png", "S010_004")])
def test_another_folder_or_name_is_an_error(path, reason, tmp_path):
    touch(tmp_path / path)
    with pytest.raises(CorpusError, match=reason):
        corpora.create("ckplus", root=tmp_path).index()
