import numpy as np
import pytest

from emo_utils.errors import EmoError, SampleError
from emo_utils.representations.sequence import SequenceSpec, load_sequence, make_sequence, pad_sequences, save_sequence


def test_the_first_sixty_frames_at_64_px_by_default(numbered_clip, detector, shown_frames):
    sequence, coverage, frames = make_sequence(numbered_clip(70), detector, SequenceSpec(detector="not_red"))
    assert sequence.crops.shape == (60, 64, 64, 3)
    assert sequence.frame_index.tolist() == shown_frames(sequence.crops) == list(range(60))
    np.testing.assert_allclose(sequence.time_s, np.arange(60) / 30, atol=1e-4)
    assert (coverage, frames, detector.looked) == (1, 60, 60)


def test_a_shorter_clip_gives_a_shorter_sequence(numbered_clip, detector):
    spec = SequenceSpec(frames=None, every=4, size=16, colour="gray", detector="not_red")
    sequence, _, frames = make_sequence(numbered_clip(11), detector, spec)
    assert sequence.frame_index.tolist() == [0, 4, 8]
    assert sequence.crops.shape == (3, 16, 16)
    assert frames == 11


def test_gaps_are_carried_over_or_left_out(numbered_clip, detector):
    clip = numbered_clip(8, red=(0, 3, 4))
    options = {"size": 16, "detector": "not_red"}
    carried, coverage, _ = make_sequence(clip, detector, SequenceSpec(**options))
    assert carried.frame_index.tolist() == [1, 1, 2, 2, 2, 5, 6, 7]
    assert coverage == pytest.approx(5 / 8)
    sparse, _, _ = make_sequence(clip, detector, SequenceSpec(carry=False, **options))
    assert sparse.frame_index.tolist() == [1, 2, 5, 6, 7]
    with pytest.raises(SampleError, match="no face was found in 4 frames"):
        make_sequence(numbered_clip(4, red=range(4)), detector, SequenceSpec(**options))


def test_a_sequence_survives_its_file_exactly(numbered_clip, detector, tmp_path):
    sequence, *_ = make_sequence(numbered_clip(5), detector, SequenceSpec(size=16, detector="not_red"))
    for name in ("a.npz", "b.npz"):
        save_sequence(tmp_path / name, sequence)
    again = load_sequence(tmp_path / "a.npz")
    for field in ("crops", "frame_index", "time_s"):
        np.testing.assert_array_equal(getattr(again, field), getattr(sequence, field))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    (tmp_path / "c.npz").write_bytes((tmp_path / "a.npz").read_bytes()[:100])
    with pytest.raises(SampleError, match=r"c.npz: expected a face sequence"):
        load_sequence(tmp_path / "c.npz")


def test_the_mask_says_which_frames_are_real():
    long, short = np.full((4, 2, 2), 9, np.uint8), np.full((1, 2, 2), 7, np.uint8)
    batch, mask = pad_sequences([long, short])
    assert mask.tolist() == [[True] * 4, [True, False, False, False]]
    assert batch[:, :, 0, 0].tolist() == [[9, 9, 9, 9], [7, 0, 0, 0]]
    batch, mask = pad_sequences([long, short], length=3)
    assert batch.shape == (2, 3, 2, 2)
    assert mask.sum(axis=1).tolist() == [3, 1]
    with pytest.raises(ValueError, match="one face shape"):
        pad_sequences([long, np.zeros((1, 3, 3), np.uint8)])


def test_requests_that_make_no_sense_are_refused():
    with pytest.raises(EmoError, match="frames and every of 1 or more"):
        SequenceSpec(frames=0)
