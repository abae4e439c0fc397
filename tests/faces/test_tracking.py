import numpy as np
import pytest

from emo_utils.errors import MissingPackageError, UnknownNameError, WeightsError
from emo_utils.faces.boxes import intersection_over_union
from emo_utils.faces.embedding import FaceEmbedder
from emo_utils.faces.tracker import MEMORY_S
from emo_utils.faces.tracking import TRACKERS, Tracker, create_tracker
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


def test_an_unknown_tracker_lists_the_known():
    with pytest.raises(UnknownNameError, match="bytetrack, deepsort"):
        create_tracker("sort", 25.0)
    assert isinstance(create_tracker(TRACKERS[0], 25.0), Tracker), "ByteTrack is not the default"


def test_deepsort_says_what_it_lacks(monkeypatch):
    pytest.importorskip("deep_sort_realtime", reason="needs the extra 'deepsort'")
    with pytest.raises(WeightsError, match="--identity-weights FILE"):
        create_tracker("deepsort", 25.0)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match="pip install --no-deps deep-sort-realtime"):
        create_tracker("deepsort", 25.0)


@pytest.fixture
def deepsort(shared):
    pytest.importorskip("deep_sort_realtime", reason="needs the extra 'deepsort'")
    path = shared / "models" / "mobilefacenet.onnx"
    if not path.exists():
        pytest.skip(f"no embedding network at {path}")
    return create_tracker("deepsort", 25.0, FaceEmbedder(path))


def test_deepsort_keeps_two_faces_apart_and_counts_from_the_first_frame(deepsort):
    pixels = np.random.default_rng(0).integers(0, 255, (100, 300, 3), dtype=np.uint8)
    assert deepsort.update(Detections.empty(), pixels) == {}
    assert deepsort.update(faces((0, 0), (200, 0)), pixels) == {1: 0, 2: 1}
    assert deepsort.update(faces((203, 1), (2, 0)), pixels) == {1: 1, 2: 0}
    assert deepsort.update(faces((4, 1), (206, 2), confidence=0.5), pixels) == {}, "faint finds are left out"
    with pytest.raises(ValueError, match="expected the frame's pixels"):
        deepsort.update(faces((0, 0)))


def test_deepsort_follows_a_real_crossing(clips, shared, tmp_path):
    pytest.importorskip("deep_sort_realtime", reason="needs the extra 'deepsort'")
    pytest.importorskip("trackeval", reason="the metric needs TrackEval")
    import scenes

    from emo_utils.inference.options import AnalysisOptions
    from emo_utils.inference.pipeline import Pipeline

    weights = str(shared / "models" / "mobilefacenet.onnx")
    scene = scenes.crossing("expressive_d20", "expressive_d19", 100)
    path = scenes.film(scene, clips, tmp_path / "crossing.mp4")
    options = AnalysisOptions(identity_weights=weights, tracker="deepsort", segments=False)
    faces = Pipeline(options).run(path).timeline.faces
    result = scenes.score(scenes.truth_of(scene, clips), faces)
    assert result.switches == 0
    assert result.idf1 >= 0.95
