import numpy as np
import pytest

from emo_utils.faces import create_detector
from emo_utils.representations.face_sequence import FaceCutter, MainFace, clip_pictures, face_sequence, input_spec_for
from emo_utils.structures import Clip, Detections

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


@pytest.mark.parametrize("name", ["haar", "mediapipe", "mediapipe_mesh"])
def test_a_real_face_fills_its_crop(name, clips):
    clip = Clip("happiness", clips / "labelled" / "happiness.mp4", "test", "s1", "happiness")
    detector = create_detector(name)
    try:
        spec = input_spec_for(name, size=96)
        pictures = [picture for picture in clip_pictures(clip) if picture.index in (0, 60, 120)]
        crops = face_sequence(pictures, FaceCutter(detector, spec)).crops
    finally:
        detector.close()
    assert crops.shape == (3, 96, 96)
    skin, edges = crops[:, 40:70, 40:56].std(), crops[:, 20:90].std()
    assert edges > 10
    assert skin > 2
