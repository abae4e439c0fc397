"""Groups and small faces: all are found, in every frame, as one track each; a single large face costs nothing more."""

import cv2
import numpy as np
import pytest

from emo_utils.faces.boxes import intersection_over_union
from emo_utils.faces.detector import create_detector
from emo_utils.faces.groups import GroupDetector, joined, sure, tiles
from emo_utils.structures import Detections
from emo_utils.video import read_frames


class Counted:
    """The default detector, counting its looks."""

    def __init__(self):
        self._detector = create_detector()
        self.name, self.reach, self.looks = self._detector.name, self._detector.reach, 0

    def detect(self, pixels):
        self.looks += 1
        return self._detector.detect(pixels)

    def close(self):
        self._detector.close()


@pytest.fixture
def groups():
    detector = GroupDetector(Counted())
    yield detector
    detector.close()


@pytest.fixture(scope="module")
def portrait(clips):
    """A head with its surroundings, uint8 (S, S, 3); the face is half of its side."""
    pixels = next(iter(read_frames(clips / "single_face.mp4"))).pixels
    return np.ascontiguousarray(pixels[30:360, 130:460])


def crowd(portrait, rows: int, columns: int, side_px: int, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Portraits in a grid on gray: the frame, and the middles of the faces (N, 2), x and y."""
    width, height = size
    frame = np.full((height, width, 3), 110, np.uint8)
    small = cv2.resize(portrait, (side_px, side_px), interpolation=cv2.INTER_AREA)
    lefts = np.linspace(0, width - side_px, columns).astype(int)
    tops = np.linspace(0, height - side_px, rows).astype(int)
    for top in tops:
        for left in lefts:
            frame[top : top + side_px, left : left + side_px] = small
    middle = np.array([0.51, 0.56]) * side_px
    return frame, np.array([(left, top) for top in tops for left in lefts]) + middle


@pytest.mark.parametrize(
    ("rows", "columns", "side_px", "size"),
    [(1, 1, 90, (1280, 720)), (2, 3, 200, (1280, 720)), (4, 6, 150, (960, 640)), (5, 10, 120, (1280, 720)),
     (3, 5, 140, (720, 1280))],
)  # fmt: skip
def test_every_face_of_a_group_is_found_once(groups, portrait, rows, columns, side_px, size):
    frame, middles = crowd(portrait, rows, columns, side_px, size)
    for _ in range(3):
        found = groups.detect(frame)
        assert sure(found) == len(found) == rows * columns
        centres = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
        nearest = np.linalg.norm(centres[None] - middles[:, None], axis=2).min(axis=1)
        assert (nearest < 0.15 * side_px).all()
        assert (np.diff(found.boxes[:, [0, 2]]) < side_px).all(), "a box holds one face"


def test_a_single_large_face_is_looked_at_once_a_frame_but_for_the_first(groups, clips):
    frames = list(read_frames(clips / "single_face.mp4", sample_fps=5))
    for frame in frames:
        assert len(groups.detect(frame.pixels)) == 1
    in_first = 1 + len(tiles(frames[0].pixels.shape[:2], 320))
    assert groups.detector.looks == in_first + len(frames) - 1


def test_where_there_is_no_face_the_closer_look_is_tried_ever_more_seldom(groups, clips):
    frames = [frame.pixels for frame in read_frames(clips / "no_face.mp4", sample_fps=8)]
    for pixels in frames:
        assert not sure(groups.detect(pixels))
    assert groups.detector.looks < 8 * len(frames)


def test_a_small_face_behind_a_large_one_is_found(groups, portrait):
    frame = np.full((720, 1280, 3), 110, np.uint8)
    frame[100:700, 50:650] = cv2.resize(portrait, (600, 600))
    frame[50:250, 1000:1200] = cv2.resize(portrait, (200, 200), interpolation=cv2.INTER_AREA)
    found = groups.detect(frame)
    assert sure(found) == 2
    assert found.boxes[:, 2].max() > 1000


def test_a_detector_that_sees_every_scale_is_left_alone(groups, portrait):
    groups.detector.reach = None
    groups.detect(crowd(portrait, 2, 2, 200, (480, 480))[0])
    assert groups.detector.looks == 1
    assert groups.warnings() == []


def test_faces_near_the_limit_are_warned_about(groups, portrait):
    frame, _ = crowd(portrait, 3, 4, 70, (1280, 720))
    groups.detect(frame)
    assert any("smaller ones may be missing: try --detector" in warning for warning in groups.warnings())


def test_large_faces_are_not(groups, portrait):
    groups.detect(crowd(portrait, 1, 2, 400, (1280, 720))[0])
    assert groups.warnings() == []


def boxes_of(*boxes, confidence):
    return Detections(np.array(boxes, np.float32), np.array(confidence, np.float32))


def test_one_face_seen_in_two_tiles_is_one():
    found = joined([boxes_of((0, 0, 100, 100), confidence=[0.8]), boxes_of((4, 2, 104, 98), confidence=[0.9])])
    np.testing.assert_allclose(found.confidence, [0.9])


def test_neighbours_stay_two():
    pair = boxes_of((0, 0, 100, 100), (90, 0, 190, 100), confidence=[0.8, 0.9])
    assert len(joined([pair])) == 2


@pytest.mark.parametrize("height", [200, 640, 1080])
@pytest.mark.parametrize("side", [160, 320, 480])
def test_tiles_cover_a_frame_and_overlap(height, side):
    covered = np.zeros((height, 960), int)
    places = tiles(covered.shape, side)
    for top, left in places:
        covered[top : top + side, left : left + side] += 1
    assert covered.min() >= 1
    lefts = sorted({left for _, left in places})
    assert max(np.diff(lefts)) <= side * 2 / 3 + 1


def test_a_real_group_is_found_in_every_frame(groups, shared):
    path = shared / "cases" / "grid24.mp4"
    if not path.exists():
        pytest.skip(f"no {path}")
    found = [groups.detect(frame.pixels) for frame in read_frames(path)]
    assert [sure(one) for one in found] == [24] * len(found)
    overlap = intersection_over_union(found[0].boxes, found[-1].boxes).max(axis=1)
    assert overlap.min() > 0.6


def test_five_people_in_a_photograph_are_found(groups, clips):
    pixels = cv2.imread(str(clips / "multi_face.jpg"))[..., ::-1]
    assert sure(groups.detect(np.ascontiguousarray(pixels))) == 5
