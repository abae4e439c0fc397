"""Single pictures to crops: faces found, or the picture taken for the face, of any shape."""

import cv2
import numpy as np
import pytest

from emo_utils.datasets.registry import corpora
from emo_utils.errors import EmoError
from emo_utils.faces.crops import crop_face
from emo_utils.faces.detector import create_detector
from emo_utils.faces.pictures import detector_for, find_face, found_face, framings, whole_picture
from emo_utils.images import read_image
from emo_utils.structures import InputSpec
from emo_utils.video import read_frames

SPEC = InputSpec()
RAMP = np.tile(np.arange(0, 240, 5, np.uint8), (48, 1))


@pytest.fixture(scope="module")
def detector():
    made = create_detector("mediapipe")
    yield made
    made.close()


@pytest.fixture(scope="module")
def single_face(clips):
    return next(iter(read_frames(clips / "single_face.mp4", threads=1))).pixels


def test_a_picture_of_the_right_size_is_not_touched():
    assert (whole_picture(RAMP, SPEC) == RAMP).all()
    assert (whole_picture(np.repeat(RAMP[..., None], 3, 2), SPEC) == RAMP).all()
    colour = whole_picture(np.repeat(RAMP[..., None], 3, 2), InputSpec(colour="rgb"))
    assert colour.shape == (48, 48, 3)


def test_other_sizes_are_those_of_the_training_loop():
    larger = whole_picture(RAMP, InputSpec(size=64))
    assert np.abs(larger.astype(int) - cv2.resize(RAMP, (64, 64))).max() <= 1
    fine = np.random.default_rng(0).integers(0, 255, (480, 480), np.uint8)
    assert whole_picture(fine, SPEC).std() < 12, "small pictures are means, not single pixels"


def test_proportions_are_kept_and_the_edge_fills_the_square():
    disc = cv2.circle(np.full((96, 64), 40, np.uint8), (32, 48), 20, 200, -1)
    for picture in (disc, disc.T):
        across, down = (np.ptp(np.argwhere(whole_picture(picture, SPEC) > 120), axis=0) + 1).tolist()
        assert abs(across - down) <= 1
        assert abs(across - 20) <= 2
        assert whole_picture(picture, SPEC)[[0, 0, -1, -1], [0, -1, 0, -1]].tolist() == [40] * 4


def test_a_frame_of_a_clip_is_cut_out_as_in_a_clip(single_face, detector):
    found = detector.detect(single_face)
    assert len(found) == 1
    assert (found_face(single_face, SPEC, detector) == crop_face(single_face, found.keypoints[0], SPEC)).all()


def test_of_several_faces_the_largest_is_taken(clips, single_face, detector):
    several = read_image(clips / "multi_face.jpg")
    assert len(detector.detect(several)) > 1
    boxes = detector.detect(several).boxes
    left, top, right, bottom = boxes[(boxes[:, 2:] - boxes[:, :2]).prod(axis=1).argmax()]
    nose = find_face(several, detector)[2]
    assert left < nose[0] < right
    assert top < nose[1] < bottom


def test_faces_that_fill_the_picture_are_found_at_the_second_look(ferplus_archive, detector):
    faces = corpora.create("ferplus", archive=ferplus_archive).load("test").pixels[:3400:17, 8:40, 8:40]
    tight = [cv2.cvtColor(np.ascontiguousarray(face), cv2.COLOR_GRAY2RGB) for face in faces]
    places = [find_face(picture, detector) for picture in tight]
    found = [place for place in places if place is not None]
    assert len(found) >= 175
    assert len(found) > sum(len(detector.detect(picture)) > 0 for picture in tight) + 5
    middles = np.median([(place[0] + place[1]) / 2 for place in found], axis=0)
    assert middles == pytest.approx([16, 11], abs=2.5), (
        "in pixels of the picture that was given, not of the enlarged one"
    )


def test_a_wall_has_no_face(detector):
    assert found_face(np.full((300, 200, 3), 90, np.uint8), SPEC, detector) is None


def test_a_face_in_both_framings_is_itself_and_the_face_cut_out(single_face, detector):
    whole, cut = framings(single_face, SPEC, "both", detector)
    np.testing.assert_array_equal(whole, whole_picture(single_face, SPEC))
    np.testing.assert_array_equal(cut, found_face(single_face, SPEC, detector))
    for faces, expected in (("asis", whole), ("detect", cut)):
        np.testing.assert_array_equal(framings(single_face, SPEC, faces, detector), [expected])
    gray = cv2.cvtColor(single_face, cv2.COLOR_RGB2GRAY)
    again = found_face(cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB), SPEC, detector)
    np.testing.assert_array_equal(framings(gray, SPEC, "both", detector)[1], again)


def test_a_wall_is_taken_as_it_is_twice_or_not_at_all(detector):
    wall = np.full((48, 48), 90, np.uint8)
    np.testing.assert_array_equal(framings(wall, SPEC, "both", detector), [wall, wall])
    assert framings(wall, SPEC, "detect", detector) == []


def test_pictures_that_are_faces_need_no_detector():
    with detector_for("asis", "there is none of this name") as detector:
        assert detector is None
    with pytest.raises(EmoError, match="faces: expected detect, asis, both; found 'maybe'"), detector_for("maybe", ""):
        pass
