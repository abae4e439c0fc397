from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from emo_utils.errors import EmoError, SampleError
from emo_utils.representations.apex import ApexSpec, find_apex, moving_average
from emo_utils.structures import InputSpec


@dataclass(frozen=True)
class Nearest:
    """The nearer the gray to one level, the stronger the expression."""

    level: float
    input_spec = InputSpec(size=16)

    def describe(self):
        return {"level": self.level}

    def __call__(self, crops):
        assert crops.shape[1:] == (16, 16)
        return -np.abs(crops.mean(axis=(1, 2)) - self.level)


def test_the_apex_is_the_strongest_frame(numbered_clip, detector, folder):
    spec = ApexSpec(Nearest(20 + 2 * 42), average=3, size=32, detector="not_red")
    written = spec.write(numbered_clip(70), detector, folder)
    assert written.files == ("apex_frame_000042.png",)
    assert (written.frames, written.coverage) == (70, 1)
    crop = cv2.imread(str(folder / written.files[0]))
    assert crop.shape == (32, 32, 3)
    assert crop.mean() == pytest.approx(104, abs=1)


def test_frames_without_a_face_are_no_apex(numbered_clip, detector):
    face, frames, coverage = find_apex(
        numbered_clip(20, red=(9, 10)), detector, ApexSpec(Nearest(40), every=1, average=1, detector="not_red")
    )
    assert face.frame_index in (8, 11)
    assert (frames, coverage) == (20, 0.9)
    with pytest.raises(SampleError, match=r"no face was found in the analysed frames \(10 of 20\)"):
        find_apex(numbered_clip(20, red=range(20)), detector, ApexSpec(Nearest(40), detector="not_red"))


def test_the_last_picture_of_an_image_sequence_is_its_apex(image_clip):
    face, *_ = find_apex(image_clip(3), None, ApexSpec(size=48, detector="none"))
    assert face.frame_index == 2
    assert face.crop.shape == (48, 48, 3)


def test_a_video_needs_a_scorer(numbered_clip, detector):
    with pytest.raises(EmoError, match="expected a scorer"):
        find_apex(numbered_clip(4), detector, ApexSpec(detector="not_red"))


def test_a_moving_average_ends_with_the_neighbours_that_are_there():
    np.testing.assert_allclose(moving_average(np.array([0.0, 3, 6, 3]), 3), [1.5, 3, 4, 4.5])
    np.testing.assert_allclose(moving_average(np.array([5.0]), 3), [5])


def test_of_a_moving_face_the_apex_of_its_strongest_segment_is_taken(tmp_path):
    """The scorer has nothing to say; the face of the sample clip smiles at its own time."""
    from emo_utils.datasets.corpora.sample import make_sample_clip
    from emo_utils.faces.detector import create_detector
    from emo_utils.structures import Clip

    truth = make_sample_clip(tmp_path / "clip.mp4")
    clip = Clip("a", tmp_path / "clip.mp4", "test", "s1", "happiness")
    detector = create_detector()
    try:
        by_motion, *_ = find_apex(clip, detector, ApexSpec(Undecided(0), size=64))
        by_score, *_ = find_apex(clip, detector, ApexSpec(Undecided(0), by="strongest", average=1, size=64))
    finally:
        detector.close()
    assert by_motion.frame_index == pytest.approx(truth.apex, abs=9), "0.3 s, on the plateau of the smile"
    assert by_score.frame_index == 0


def test_an_unknown_rule_is_refused():
    with pytest.raises(EmoError, match="expected one of motion, strongest, found 'middle'"):
        ApexSpec(by="middle")


class Undecided(Nearest):
    """Finds every frame equally strong."""

    def __call__(self, crops):
        return np.full(len(crops), 0.5)
