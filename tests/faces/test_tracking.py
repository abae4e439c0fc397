import numpy as np
import pytest

from emo_utils.faces.tracking import MEMORY_S, Tracker, intersection_over_union
from emo_utils.structures import Detections


def faces(*places, confidence=0.9, side=50) -> Detections:
    boxes = np.array([[x, y, x + side, y + side] for x, y in places], np.float32).reshape(-1, 4)
    return Detections(boxes, np.full(len(boxes), confidence, np.float32))


def test_overlap_of_boxes():
    first = np.array([[0, 0, 10, 10]], float)
    second = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30]], float)
    np.testing.assert_allclose(intersection_over_union(first, second), [[1, 1 / 3, 0]])


def test_two_faces_keep_their_tracks_whatever_order_they_are_found_in():
    tracker = Tracker(rate=25)
    assert tracker.update(faces((0, 0), (200, 0))) == {1: 0, 2: 1}
    assert tracker.update(faces((203, 1), (2, 0))) == {1: 1, 2: 0}
    assert tracker.update(faces((4, 1), (206, 2))) == {1: 0, 2: 1}


def test_a_face_is_tracked_from_the_frame_it_appears_in():
    tracker = Tracker(rate=25)
    for _ in range(3):
        assert tracker.update(Detections.empty()) == {}
    assert list(tracker.update(faces((0, 0)))) == [1]


def test_a_faint_find_continues_a_track_but_starts_none():
    tracker = Tracker(rate=25)
    assert tracker.update(faces((0, 0), confidence=0.5)) == {}
    tracker.update(faces((0, 0)))
    tracker.update(faces((1, 0)))
    assert list(tracker.update(faces((2, 0), confidence=0.5))) == [1]


@pytest.mark.parametrize(("away_s", "track"), [(MEMORY_S * 0.6, 1), (MEMORY_S * 2.5, 2)])
def test_a_face_that_returns_soon_continues_and_one_that_returns_late_begins_anew(away_s, track):
    tracker = Tracker(rate=25)
    for _ in range(5):
        tracker.update(faces((100, 100)))
    for _ in range(round(away_s * 25)):
        assert tracker.update(Detections.empty()) == {}
    tracker.update(faces((100, 100)))
    assert list(tracker.update(faces((100, 100)))) == [track]


def test_tracks_of_two_clips_both_count_from_one():
    for _ in range(2):
        tracker = Tracker(rate=25)
        assert list(tracker.update(faces((0, 0)))) == [1]


def test_tracking_does_not_import_torch():
    import subprocess
    import sys

    code = "import sys; from emo_utils.faces.tracking import Tracker; Tracker(25.0); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
