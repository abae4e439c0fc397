from dataclasses import replace

import cv2
import numpy as np
import pytest

from emo_utils.datasets.controls import shuffle_frames, shuffle_labels
from emo_utils.datasets.registry import corpora
from emo_utils.datasets.samples import Files, Samples, parts_of_prepared, read_sample, samples_of_faces
from emo_utils.datasets.splits import make_split
from emo_utils.errors import CorpusError, SampleError
from emo_utils.representations.sequence import save_sequence
from emo_utils.representations.stack import StackSpec, save_stack
from emo_utils.structures import ChannelStack, FaceImages, FaceSequence, InputSpec


def samples(items, labels=None) -> Samples:
    labels = np.arange(len(items)) % 2 if labels is None else np.asarray(labels)
    ids = tuple(f"clip{number}" for number in range(len(items)))
    return Samples(items, ids, ids, np.eye(2, dtype=np.float32)[labels], labels, ("anger", "fear"))


def test_a_stack_is_read_channel_for_channel(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 32, 32), dtype=np.uint8)
    save_stack(tmp_path / "s.tiff", ChannelStack(pixels, np.arange(5) * 15), StackSpec(interval=15, size=32))
    np.testing.assert_array_equal(read_sample(tmp_path / "s.tiff"), pixels)


def test_colours_come_first_in_the_order_red_green_blue(tmp_path):
    red = np.zeros((4, 32, 32, 3), np.uint8)
    red[..., 0] = 200
    save_sequence(tmp_path / "s.npz", FaceSequence(red, np.arange(4), np.arange(4) / 25))
    cv2.imwrite(str(tmp_path / "apex.png"), red[0, :, :, ::-1])
    assert read_sample(tmp_path / "s.npz").shape == (4, 3, 32, 32)
    for picture in (read_sample(tmp_path / "s.npz")[2], read_sample(tmp_path / "apex.png")):
        assert [int(channel.mean()) for channel in picture] == [200, 0, 0]


def test_what_is_no_sample_is_named(tmp_path):
    (tmp_path / "apex.png").write_text("no picture")
    with pytest.raises(SampleError, match="apex.png: expected a sample"):
        read_sample(tmp_path / "apex.png")


def test_files_are_read_once_as_long_as_they_fit():
    reads = []
    files = Files(range(4), lambda path: reads.append(path) or np.zeros(10, np.uint8), budget_bytes=25)
    for _ in range(3):
        for index in range(4):
            files[index]
    assert reads.count(0) == reads.count(1) == 1
    assert reads.count(2) == reads.count(3) == 3


def test_sequences_of_different_lengths_come_with_their_mask():
    batch, mask = samples([np.ones((length, 1, 8, 8), np.uint8) for length in (3, 5)]).batch([0, 1])
    assert batch.shape == (2, 5, 1, 8, 8)
    assert mask.tolist() == [[True] * 3 + [False] * 2, [True] * 5]
    assert batch[0, 3:].sum() == 0


def test_faces_keep_their_votes_and_are_resized_when_asked():
    votes = np.array([[0.7, 0.3], [0.0, 1.0]], np.float32)
    faces = FaceImages(("a", "b"), np.full((2, 48, 48), 90, np.uint8), votes, votes.argmax(1), ("anger", "fear"))
    assert samples_of_faces(faces, InputSpec()).items.shape == (2, 1, 48, 48)
    assert samples_of_faces(faces, InputSpec(size=96)).items.shape == (2, 1, 96, 96)
    np.testing.assert_array_equal(samples_of_faces(faces, InputSpec(size=96)).targets, votes)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    from emo_utils.datasets.prepare import prepare
    from emo_utils.datasets.registry import corpora

    root = tmp_path_factory.mktemp("ck")
    rng = np.random.default_rng(0)
    for subject in range(6):
        for take, emotion in enumerate(("anger", "happy")):
            folder = root / "CK+48" / emotion
            folder.mkdir(parents=True, exist_ok=True)
            for frame in range(3):
                name = f"S{subject:03}_{take:03}_{frame:08}.png"
                cv2.imwrite(str(folder / name), rng.integers(0, 256, (48, 48), dtype=np.uint8))
    (root / "CK+48" / "anger" / "S000_000_00000001.png").write_bytes(b"broken")
    clips = corpora.create("ckplus", root=root).index()
    spec = StackSpec(interval=1, channels=3, size=48, detector="none")
    return clips, prepare(clips, spec, root / "prepared", workers=1, progress=False)


def test_the_parts_of_a_split_share_no_person_and_failed_clips_are_missing(prepared):
    clips, manifest = prepared
    split = make_split(clips, "subject", 0, 3)
    parts = parts_of_prepared(manifest, split, ("anger", "happiness"))
    people = [set(part.subject_ids) for part in parts.values()]
    assert sum(map(len, people)) == len(set.union(*people))
    assert sum(len(part) for part in parts.values()) == len(clips) - 1
    for part in parts.values():
        for clip_id, label in zip(part.clip_ids, part.labels, strict=True):
            assert part.classes[label] == next(clip.emotion for clip in clips if clip.clip_id == clip_id)


def test_a_split_of_another_corpus_is_refused(prepared):
    _, manifest = prepared
    empty, split = type(manifest)(manifest.folder, ()), make_split(prepared[0], "subject", 0, 3)
    with pytest.raises(CorpusError, match="none of its .* training clips has a sample"):
        parts_of_prepared(empty, split, ("anger", "happiness"))


def test_shuffled_labels_are_the_same_labels_elsewhere():
    plain = samples([np.zeros((1, 8, 8), np.uint8)] * 40)
    shuffled = shuffle_labels(plain, 0)
    assert sorted(shuffled.labels) == sorted(plain.labels)
    assert shuffled.labels.tolist() != plain.labels.tolist()
    np.testing.assert_array_equal(shuffled.targets.argmax(1), shuffled.labels)


def test_shuffled_frames_are_the_same_pictures_in_an_order_that_stays():
    stack = np.arange(9, dtype=np.uint8)[:, None, None] * np.ones((1, 8, 8), np.uint8)
    shuffled = shuffle_frames(samples([stack, stack]), 0)
    first, second = (shuffled.items[index][:, 0, 0] for index in (0, 1))
    assert sorted(first) == list(range(9))
    assert first.tolist() != list(range(9))
    assert first.tolist() != second.tolist()
    assert first.tolist() == shuffled.items[0][:, 0, 0].tolist()


def test_a_face_in_two_framings_is_two_samples_of_one_clip(ferplus_archive):
    whole = corpora.create("ferplus", archive=ferplus_archive).load("validation")
    few = replace(
        whole, **{key: getattr(whole, key)[:4] for key in ("names", "pixels", "votes", "labels")}, counts=None
    )
    plain, both = samples_of_faces(few, InputSpec()), samples_of_faces(few, InputSpec(), "both")
    np.testing.assert_array_equal(both.items[::2], plain.items)
    np.testing.assert_array_equal(both.items[1::2], samples_of_faces(few, InputSpec(), "detect").items)
    assert (both.items[1::2] != plain.items).any(axis=(1, 2, 3)).all(), "all four faces are found"
    assert both.clip_ids[::2] == both.clip_ids[1::2] == few.names
    assert both.clip_rows.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    np.testing.assert_array_equal(both.targets, few.votes.repeat(2, axis=0))
    np.testing.assert_array_equal(both.labels, few.labels.repeat(2))
