"""Flow and the head's motion on pictures moved by known amounts."""

import cv2
import numpy as np
import pytest

from emo_utils.datasets.synthetic.portrait import read_photo
from emo_utils.errors import UnknownNameError
from emo_utils.motion.flow import METHODS, find_flow
from emo_utils.motion.follow import MotionFollower
from emo_utils.motion.head import as_transform, head_flow, head_motion
from emo_utils.motion.regions import FACE_SIDE_PX, NAMES, REGIONS, SPEC, places, points, region_weights

EYES_AND_MOUTH = np.array([[197, 122], [242, 122], [222, 146], [222, 168]], np.float32)
"""Eyes, nose and mouth of the sample corpus's portrait."""


@pytest.fixture(scope="module")
def portrait() -> np.ndarray:
    return read_photo()


@pytest.fixture(scope="module")
def aligned(portrait) -> np.ndarray:
    from emo_utils.faces.crops import crop_face

    return cv2.GaussianBlur(crop_face(portrait, EYES_AND_MOUTH, SPEC), (0, 0), 1)


def moved(picture: np.ndarray, transform: np.ndarray) -> np.ndarray:
    return cv2.warpAffine(picture, transform, picture.shape[1::-1], borderMode=cv2.BORDER_REPLICATE)


def middle(values: np.ndarray) -> np.ndarray:
    """Values at the points in the middle of the face."""
    return values[(abs(places()) < 0.4).all(axis=1)]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shift", [(0.4, -0.3), (2.0, 1.0), (-3.0, 2.5)])
def test_a_shift_is_measured_to_a_fraction_of_a_pixel(aligned, method, shift):
    second = moved(aligned, np.array([[1, 0, shift[0]], [0, 1, shift[1]]], float))
    flow = METHODS[method](aligned, second, points())
    assert flow.shape == points().shape
    assert np.abs(np.median(middle(flow), axis=0) - shift).max() < 0.15


def test_a_head_that_moves_leaves_no_motion_of_the_face(aligned):
    turn = cv2.getRotationMatrix2D((56, 60), 3.0, 1.04)
    turn[:, 2] += (2, -1.5)
    flow = find_flow("dis")(aligned, moved(aligned, turn), points())
    assert np.linalg.norm(middle(flow), axis=1).mean() > 2, "there is something to take out"
    rest = region_weights() @ (flow - head_flow(head_motion(flow)))
    assert np.abs(rest).max() / FACE_SIDE_PX < 0.012, "a plain expression moves 0.04"


def test_the_fitted_motion_is_the_transform_that_was_applied(aligned):
    turn = cv2.getRotationMatrix2D((56, 60), -2.0, 0.98)
    flow = find_flow("dis")(aligned, moved(aligned, turn), points())
    np.testing.assert_allclose(as_transform(head_motion(flow)), turn, atol=0.4)
    assert as_transform(head_motion(flow))[0, 1] == pytest.approx(turn[0, 1], abs=0.005)


def test_a_moving_mouth_is_not_taken_for_the_head(aligned):
    """A fifth of the face moves 4 pixels down, the rest shifts by 1 pixel."""
    flow = np.tile(np.array([1.0, 0.0]), (len(points()), 1))
    mouth = (abs(places()[:, 0]) < 0.25) & (abs(places()[:, 1] - 0.3) < 0.2)
    flow[mouth, 1] += 4
    np.testing.assert_allclose(head_motion(flow), [1, 0, 0, 0], atol=0.25)


@pytest.mark.parametrize("name", ["left_brow", "lower_lip"])
def test_each_region_holds_its_own_place(name):
    x, y, half_x, half_y = REGIONS[name]
    inside = region_weights()[NAMES.index(name)] > 0
    assert inside.any()
    assert (abs(places()[inside] - (x, y)) <= (half_x, half_y)).all()
    np.testing.assert_allclose(region_weights().sum(axis=1), 1, atol=1e-5)


def test_an_unknown_method_lists_the_known():
    with pytest.raises(UnknownNameError, match="dis, farneback, lucas_kanade"):
        find_flow("horn_schunck")


def test_trembling_keypoints_leave_no_motion(portrait):
    """Interpolated detections jitter; what is seen does not move."""
    rng, follower = np.random.default_rng(0), MotionFollower()
    for number in range(8):
        keypoints = EYES_AND_MOUTH + rng.normal(0, 1.0, (4, 2)).astype(np.float32)
        motion = follower.update(1, portrait, keypoints, number / 30)
    assert np.abs(motion.displacement).max() < 0.012
    assert motion.piece == 1


def test_another_face_or_a_long_absence_begins_a_new_piece(portrait):
    follower = MotionFollower()
    first = follower.update(1, portrait, EYES_AND_MOUTH, 0.0)
    upside = np.ascontiguousarray(portrait[::-1])
    cut = follower.update(1, upside, EYES_AND_MOUTH, 1 / 30)
    assert (first.piece, cut.piece) == (1, 2)
    np.testing.assert_array_equal(cut.displacement, 0)
    assert follower.update(1, upside, EYES_AND_MOUTH, 0.1).piece == 2
    assert follower.update(1, upside, EYES_AND_MOUTH, 2.0).piece == 3, "it was away"
    assert follower.update(2, upside, EYES_AND_MOUTH, 2.0).piece == 4, "another track"


def test_a_new_reference_goes_on_where_the_old_one_was(portrait):
    """Over the minutes a reference is renewed; the displacement does not jump."""
    down = portrait.copy()
    area = np.s_[150:200, 190:255]
    down[area] = np.roll(portrait, 3, axis=0)[area]
    follower, found = MotionFollower(), []
    for number, picture in enumerate([portrait, down, down, down]):
        found.append(follower.update(1, picture, EYES_AND_MOUTH, (0, 0.3, 0.6, 0.9)[number]).displacement)
    follower._references[1].start_s = -20.0
    renewed = follower.update(1, down, EYES_AND_MOUTH, 1.0).displacement
    after = follower.update(1, down, EYES_AND_MOUTH, 1.1).displacement
    mouth = NAMES.index("lower_lip")
    assert found[-1][mouth, 1] > 0.02
    np.testing.assert_allclose(after, renewed, atol=0.004)


def test_memory_does_not_grow_with_tracks_that_are_gone(portrait):
    follower = MotionFollower()
    for number in range(30):
        follower.update(number, portrait, EYES_AND_MOUTH, float(number))
    assert len(follower._references) <= 7
