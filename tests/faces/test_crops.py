import numpy as np
import pytest

from emo_utils.faces.crops import CENTRE, crop_face, crop_transform, face_side, keypoints_of, pixels_for
from emo_utils.structures import Frame, InputSpec

UPRIGHT = np.array([[80, 100], [120, 100], [100, 125], [100, 145]], np.float32)
"""Left eye, right eye, nose, mouth: 40 px between the eyes, 45 px from eye line to mouth."""


def place(transform, point):
    return transform[:, :2] @ point + transform[:, 2]


def turned(keypoints, degrees, about=(100, 120)):
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return ((keypoints - about) @ turn.T + about).astype(np.float32)


def test_the_face_side_is_eye_distance_plus_eye_to_mouth():
    assert face_side(UPRIGHT[None]) == pytest.approx([85.0])


def test_the_middle_of_the_face_lies_at_its_place_in_the_crop():
    spec = InputSpec(size=48)
    found = place(crop_transform(UPRIGHT, spec), np.array([100, 122.5]))
    np.testing.assert_allclose(found, np.array(CENTRE) * 48 - 0.5)


def test_the_margin_sets_how_large_the_face_is():
    for margin in (0.0, 0.16, 0.5):
        transform = crop_transform(UPRIGHT, InputSpec(size=48, margin=margin))
        eyes = place(transform, UPRIGHT[1]) - place(transform, UPRIGHT[0])
        assert eyes[0] == pytest.approx(40 * 48 / (85 * (1 + 2 * margin)), rel=1e-4)


@pytest.mark.parametrize("degrees", [-50, -10, 35])
def test_alignment_levels_the_eyes_of_a_tilted_head(degrees):
    tilted = turned(UPRIGHT, degrees)
    level = crop_transform(tilted, InputSpec(alignment="eyes"))
    assert place(level, tilted[1])[1] == pytest.approx(place(level, tilted[0])[1], abs=1e-3)
    assert place(level, tilted[0])[0] < place(level, tilted[1])[0]
    as_is = crop_transform(tilted, InputSpec(alignment="none"))
    assert abs(place(as_is, tilted[1])[1] - place(as_is, tilted[0])[1]) > 2


def test_a_tilted_picture_gives_the_crop_of_the_upright_one():
    import cv2

    rng = np.random.default_rng(0)
    picture = cv2.GaussianBlur(rng.integers(0, 255, (240, 200, 3), dtype=np.uint8), (0, 0), 4)
    tilted = cv2.warpAffine(
        picture, cv2.getRotationMatrix2D((100, 120), -20, 1), (200, 240), borderMode=cv2.BORDER_REFLECT
    )
    upright_crop = crop_face(picture, UPRIGHT, InputSpec())
    tilted_crop = crop_face(tilted, turned(UPRIGHT, 20), InputSpec())
    assert np.abs(upright_crop[4:-4, 4:-4].astype(int) - tilted_crop[4:-4, 4:-4]).mean() < 2


def test_gray_is_the_gray_of_the_colour_crop():
    import cv2

    rng = np.random.default_rng(1)
    picture = cv2.GaussianBlur(rng.integers(0, 255, (240, 200, 3), dtype=np.uint8), (0, 0), 3)
    gray = crop_face(picture, UPRIGHT, InputSpec(colour="gray"))
    colour = crop_face(picture, UPRIGHT, InputSpec(colour="rgb"))
    assert gray.shape == (48, 48)
    assert colour.shape == (48, 48, 3)
    assert gray.dtype == colour.dtype == np.uint8
    assert np.abs(cv2.cvtColor(colour, cv2.COLOR_RGB2GRAY).astype(int) - gray).max() <= 2


@pytest.mark.parametrize("shift", [(-90, 0), (90, 110), (-300, -300)])
def test_a_face_over_the_edge_still_gives_a_whole_crop(shift):
    picture = np.full((240, 200, 3), 77, np.uint8)
    crop = crop_face(picture, UPRIGHT + shift, InputSpec())
    assert crop.shape == (48, 48)
    assert (crop == 77).all()


def test_a_large_face_is_averaged_not_sampled():
    """Stripes of one pixel become gray; sampling would show black or white."""
    picture = np.zeros((1200, 1200, 3), np.uint8)
    picture[:, ::2] = 255
    crop = crop_face(picture, UPRIGHT * 6, InputSpec())
    assert 100 < crop.mean() < 155
    assert crop.std() < 40


def test_boxes_without_keypoints_get_nominal_ones():
    box = np.array([[10, 20, 110, 120]], np.float32)
    guessed = keypoints_of(box, None)
    assert guessed.shape == (1, 4, 2)
    assert guessed[0, 0, 0] < guessed[0, 1, 0]
    assert (guessed[0, :2, 1] < guessed[0, 3, 1]).all()
    given = np.ones((1, 6, 2), np.float32)
    assert keypoints_of(box, given) is given


def test_a_picture_for_people_shows_nothing_where_nothing_was_filmed():
    pixels = np.full((100, 100, 3), 200, np.uint8)
    keypoints = np.array([[0, 10], [40, 10], [20, 30], [20, 50]], np.float32)  # the crop reaches over the upper left
    spec = InputSpec(size=64, colour="rgb", margin=0.5)
    assert (crop_face(pixels, keypoints, spec) == 200).all(), "for a network the edge is repeated"
    shown = crop_face(pixels, keypoints, spec, outside=128)
    assert (shown[0, 0] == 128).all()
    assert (shown[32, 32] == 200).all()


@pytest.mark.parametrize("scale", [0.5, 1.0, 6.0])
def test_gray_values_give_the_same_crop_as_rgb(scale: float) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (240, 320, 3)).astype(np.uint8)
    frame = Frame(pixels, 0, 0.0)
    keypoints = UPRIGHT * scale - 20
    for spec in (InputSpec(), InputSpec(size=112, margin=0.25)):
        assert (crop_face(pixels_for(frame, spec), keypoints, spec) == crop_face(pixels, keypoints, spec)).all()
    assert pixels_for(frame, InputSpec()).ndim == 2
    assert pixels_for(frame, InputSpec(colour="rgb")) is pixels
    assert pixels_for(frame, InputSpec(alignment="box")) is pixels, "a box is resized before it becomes gray"
