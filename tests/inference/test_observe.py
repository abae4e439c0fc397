"""Detection in some frames, faces in all of them."""

import numpy as np
import pytest

from emo_utils.faces.tracking import Tracker
from emo_utils.inference.observe import detection_groups, observe
from emo_utils.inference.prefetch import prefetch
from emo_utils.structures import Detections, Frame, InputSpec


class MovingFace:
    """Finds a face that moves two pixels a frame and is there in some frames only; counts how often it is asked."""

    def __init__(self, there):
        self.there, self.asked, self.step = there, [], 2

    def detect(self, pixels):
        index = int(pixels[0, 0, 0])
        self.asked.append(index)
        if index not in self.there:
            return Detections.empty()
        x = 20 + self.step * index
        keypoints = np.array([[[x + 15, 40], [x + 35, 40], [x + 25, 50], [x + 25, 60]]], np.float32)
        return Detections(np.array([[x, 20, x + 50, 70]], np.float32), np.array([0.9], np.float32), keypoints)

    def close(self):
        pass


def frames(count):
    for index in range(count):
        yield Frame(np.full((100, 200, 3), index, np.uint8), index, index / 25)


def run(detector, count, every):
    return list(observe(frames(count), detector, Tracker(25 / every), every, InputSpec()))


def test_groups_end_at_the_frames_to_detect_in():
    groups = [[frame.index for frame in group] for group in detection_groups(frames(8), 3)]
    assert groups == [[0], [1, 2, 3], [4, 5, 6], [7]]


@pytest.mark.parametrize("every", [1, 2, 3, 4])
def test_all_frames_come_out_in_order_with_the_face_in_its_place(every):
    seen = run(MovingFace(range(20)), 20, every)
    assert [frame.frame_index for frame in seen] == list(range(20))
    for frame in seen:
        (face,) = frame.faces
        assert face.box[0] == pytest.approx(20 + 2 * frame.frame_index, abs=1e-3)
        assert face.interpolated == (frame.frame_index % every != 0 and frame.frame_index != 19)
        assert frame.crops[0].shape == (48, 48)


def test_skipped_frames_are_not_detected_in():
    detector = MovingFace(range(20))
    run(detector, 20, 4)
    assert detector.asked == [0, 4, 8, 12, 16, 19]


@pytest.mark.parametrize("every", [2, 3, 5])
def test_a_face_comes_and_goes_in_its_own_frame(every):
    seen = run(MovingFace(range(7, 14)), 24, every)
    assert [frame.frame_index for frame in seen if frame.faces] == list(range(7, 14))


def test_a_face_that_jumps_is_looked_for_in_the_frames_between():
    detector = MovingFace(range(20))
    detector.step = 12
    seen = run(detector, 12, every=4)
    assert detector.asked == [0, 4, 1, 2, 3, 8, 5, 6, 7, 11, 9, 10]
    assert {face.track_id for frame in seen for face in frame.faces} == {1}
    assert not any(face.interpolated for frame in seen for face in frame.faces)


def test_prefetch_keeps_order_and_passes_errors_on():
    assert list(prefetch(iter(range(100)), depth=3)) == list(range(100))

    def broken():
        yield 1
        raise RuntimeError("in the thread")

    source = prefetch(broken())
    assert next(source) == 1
    with pytest.raises(RuntimeError, match="in the thread"):
        next(source)


def test_leaving_prefetch_early_closes_what_it_reads():
    closed = []

    def source():
        try:
            yield from range(1000)
        finally:
            closed.append(True)

    ahead = prefetch(source(), depth=2)
    next(ahead)
    ahead.close()
    assert closed == [True]
