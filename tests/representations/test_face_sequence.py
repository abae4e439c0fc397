import numpy as np
import pytest

from emo_utils.faces.detector import create_detector
from emo_utils.representations.face_sequence import FaceCutter, MainFace, clip_pictures, face_sequence, input_spec_for
from emo_utils.structures import LEFT_EYE, RIGHT_EYE, Clip, Detections

FRAME = np.zeros((100, 200, 3), np.uint8)


class Scripted:
    """Gives these finds, one after the other."""

    name = "scripted"

    def __init__(self, *finds):
        self._finds = iter(finds)

    def detect(self, pixels):
        rows = next(self._finds)
        boxes = np.array([box for box, _ in rows], np.float32).reshape(-1, 4)
        return Detections(boxes, np.array([confidence for _, confidence in rows], np.float32))

    def close(self):
        pass


LEFT, RIGHT, LARGE = [10, 10, 40, 40], [60, 10, 90, 40], [100, 0, 180, 80]


def test_the_clip_stays_with_the_person_it_began_with():
    face = MainFace(Scripted([(LEFT, 0.9), (RIGHT, 0.7)], [(RIGHT, 0.9), (LEFT, 0.4), (LARGE, 0.9)]))
    first = face.find(FRAME).box.tolist()
    assert first in (LEFT, RIGHT)
    assert face.find(FRAME).box.tolist() == first


def test_the_largest_sure_face_begins_and_a_faint_one_does_not():
    assert MainFace(Scripted([(LEFT, 0.9), (LARGE, 0.8)])).find(FRAME).box.tolist() == LARGE
    assert MainFace(Scripted([(LEFT, 0.9), (LARGE, 0.5)])).find(FRAME).box.tolist() == LEFT
    assert MainFace(Scripted([(LARGE, 0.5)])).find(FRAME) is None
    assert MainFace(Scripted([])).find(FRAME) is None


def test_frames_without_a_face_are_left_out_or_carried(numbered_clip, detector):
    clip, spec = numbered_clip(6, red=(0, 3)), input_spec_for("not_red", size=16)
    plain = face_sequence(clip_pictures(clip), FaceCutter(detector, spec))
    assert plain.frame_index.tolist() == [1, 2, 4, 5]
    carried = face_sequence(clip_pictures(clip), FaceCutter(detector, spec), carry=True)
    assert carried.frame_index.tolist() == [1, 1, 2, 2, 4, 5]
    assert carried.crops.shape == (6, 16, 16)
    empty = face_sequence(clip_pictures(numbered_clip(3, range(3))), FaceCutter(detector, spec), carry=True)
    assert empty.crops.shape == (0, 16, 16)


def crops_of_a_smile(name: str, clips) -> np.ndarray:
    clip = Clip("happiness", clips / "labelled" / "happiness.mp4", "test", "s1", "happiness")
    pictures = [picture for picture in clip_pictures(clip) if picture.index in (0, 60, 120)]
    detector = create_detector(name)
    try:
        return face_sequence(pictures, FaceCutter(detector, input_spec_for(name, size=224, colour="rgb"))).crops
    finally:
        detector.close()


@pytest.fixture
def mesh():
    detector = create_detector("mediapipe_mesh")
    yield detector
    detector.close()


def test_the_mesh_with_ten_percent_around_fills_the_crop(clips, mesh):
    for crop in crops_of_a_smile("mediapipe_mesh", clips):
        box = mesh.detect(crop).boxes[0] / 224
        np.testing.assert_allclose(box, np.array([0.1, 0.1, 1.1, 1.1]) / 1.2, atol=0.03)


def test_the_aligned_crop_has_level_eyes_in_its_middle(clips, mesh):
    for crop in crops_of_a_smile("mediapipe", clips):
        left, right = mesh.detect(crop).keypoints[0][[LEFT_EYE, RIGHT_EYE]] / 224
        assert abs(left[1] - right[1]) < 0.05
        assert (left[0] + right[0]) / 2 == pytest.approx(0.5, abs=0.06)
