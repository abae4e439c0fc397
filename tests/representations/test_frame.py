"""Single face crops: of pictures in each framing, and of a video every n-th frame."""

import cv2
import numpy as np
import pytest

from emo_utils.datasets.samples import read_sample
from emo_utils.errors import EmoError, SampleError
from emo_utils.faces.pictures import framings
from emo_utils.images import read_image
from emo_utils.representations.frame import FrameSpec
from emo_utils.structures import Clip, InputSpec


@pytest.fixture
def picture(tmp_path):
    """A picture clip of one gray level with a bright corner; red ones show no face."""

    def make(red: bool = False) -> Clip:
        pixels = np.full((64, 64, 3), 90, np.uint8)
        pixels[:16, :16] = 200
        if red:
            pixels[:] = (30, 30, 220)  # OpenCV writes BGR
        path = tmp_path / f"face_{red}.png"
        cv2.imwrite(str(path), pixels)
        return Clip("face", path, "test", "s1", "anger")

    return make


def test_every_nth_frame_of_a_video_is_a_sample(numbered_clip, detector, folder, shown_frames):
    written = FrameSpec(every=4, size=16, detector="not_red").write(numbered_clip(12, red=(4,)), detector, folder)
    assert written.files == ("frame_000000.png", "frame_000008.png")
    assert (written.frames, round(written.coverage, 3)) == (12, 0.667)
    assert shown_frames(np.concatenate([read_sample(folder / file) for file in written.files])) == [0, 8]


@pytest.mark.parametrize("faces", ["asis", "detect", "both"])
def test_a_picture_is_cropped_as_still_faces_are(picture, detector, folder, faces):
    clip = picture()
    spec = FrameSpec(faces=faces, size=32, detector="not_red")
    written = spec.write(clip, None if faces == "asis" else detector, folder)
    expected = framings(read_image(clip.path), InputSpec(size=32), faces, detector)
    found = [read_sample(folder / file)[0] for file in written.files]
    np.testing.assert_array_equal(found, expected)
    assert len(found) == (2 if faces == "both" else 1)


def test_colour_is_kept_where_asked_for(picture, folder):
    written = FrameSpec(faces="asis", size=64, colour="rgb").write(picture(red=True), None, folder)
    sample = read_sample(folder / written.files[0])
    assert sample.shape == (3, 64, 64)
    assert sample[:, 30, 30].tolist() == [220, 30, 30]


def test_a_picture_without_a_face_says_what_to_do(picture, detector, folder):
    with pytest.raises(SampleError, match="no face was found .* --faces asis"):
        FrameSpec(detector="not_red").write(picture(red=True), detector, folder)


def test_pictures_of_a_sequence_are_all_taken(image_clip, folder):
    assert len(FrameSpec(detector="none").write(image_clip(3), None, folder).files) == 3


def test_without_a_detector_pictures_are_faces_already():
    assert FrameSpec(detector="none") == FrameSpec(faces="asis")
    assert FrameSpec().faces == "detect"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"every": 0}, "every of 1 or more"),
        ({"faces": "some"}, "detect, asis, both; found 'some'"),
        ({"faces": "detect", "detector": "none"}, "found 'none'; give --detector mediapipe"),
        ({"detector": "mediapipe_mesh"}, "found 'mediapipe_mesh'"),
    ],
)
def test_a_wrong_request_says_what_is_right(options, message):
    with pytest.raises(EmoError, match=message):
        FrameSpec(**options)


def test_a_video_is_not_read_in_two_framings(numbered_clip, detector, folder):
    with pytest.raises(EmoError, match="found a video; --faces both reads pictures twice. Give --faces detect"):
        FrameSpec(faces="both", detector="not_red").write(numbered_clip(12), detector, folder)
