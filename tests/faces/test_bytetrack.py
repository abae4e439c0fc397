"""ByteTrack as published: the same tracks as uniface's implementation gives, on scenes of many faces."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

from emo_utils.faces.bytetrack import ByteTrack
from emo_utils.faces.tracker import FAINT, SURE

LONGEST_ABSENCE = 15
"""Updates. uniface forgets a track one update later than we do and can then mark a living one as removed."""


@pytest.fixture(scope="module")
def theirs():
    """uniface's tracker without the rest of uniface, which imports torch and takes seconds."""
    package = importlib.util.find_spec("uniface")
    if package is None:
        pytest.skip("needs uniface to compare with")
    folder = Path(package.origin).parent / "tracking"
    spec = importlib.util.spec_from_file_location(
        "uniface_tracking", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    sys.modules["uniface_tracking"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.BYTETracker


def crowd(seed: int, updates: int = 120):
    """Boxes (N, 4) and confidences (N,) per update: faces that wander, cross, fade, and are away for a while."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(3, 14))
    place, speed, side = rng.uniform(0, 700, (count, 2)), rng.normal(0, 3, (count, 2)), rng.uniform(40, 120, count)
    away = np.zeros(count, int)
    for _ in range(updates):
        speed += rng.normal(0, 0.5, speed.shape)
        speed = np.where((place < 0) | (place > 700), -speed, speed)
        place = place + speed
        leaves = (rng.random(count) < 0.02) & (away < -LONGEST_ABSENCE)  # not again before the filter has settled
        away = np.where(leaves, rng.integers(1, LONGEST_ABSENCE, count), away - 1)
        boxes = np.concatenate([place, place + side[:, None]], axis=1) + rng.normal(0, 2, (count, 4))
        seen = away <= 0
        yield boxes[seen].astype(np.float32), np.clip(rng.normal(0.8, 0.15, count), 0.05, 0.99)[seen]


@pytest.mark.parametrize("seed", range(6))
def test_tracks_are_those_of_unifaces_implementation(theirs, seed):
    ours = ByteTrack(SURE, FAINT, memory=25)
    reference = theirs(track_thresh=SURE, low_thresh=FAINT, track_buffer=25)
    number_of: dict[int, int] = {}
    for now, (boxes, confidence) in enumerate(crowd(seed), 1):
        rows = ours.update(boxes, confidence)
        reference.update(np.column_stack([boxes, confidence]))
        tracks = {t.track_id: t for t in reference.tracked_stracks if t.frame_id == now}
        boxes_of = {track.number: track.box for track in ours._tracks}
        # Their numbers go on from clip to clip; both give them in order of appearance.
        begun = sorted(set(tracks) - set(number_of)), sorted(set(rows) - set(number_of.values()))
        number_of |= dict(zip(*begun, strict=True))
        assert {number_of.get(key) for key in tracks} == set(rows), f"update {now}"
        for key, track in tracks.items():
            np.testing.assert_allclose(track.tlbr, boxes_of[number_of[key]], rtol=1e-3, atol=0.05)
    assert len(number_of) > 3


def test_each_face_has_one_track_and_each_track_one_face():
    tracker = ByteTrack(SURE, FAINT, memory=25)
    for boxes, confidence in crowd(seed=7):
        rows = tracker.update(boxes, confidence)
        assert len(set(rows.values())) == len(rows)
        assert all(confidence[row] > FAINT for row in rows.values())


def test_a_track_of_one_box_ends_but_in_the_first_update():
    tracker = ByteTrack(SURE, FAINT, memory=25)
    box, nothing = np.array([[10, 10, 60, 60.0]]), np.empty((0, 4))
    assert tracker.update(box, np.array([0.9])) == {1: 0}
    tracker.update(nothing, np.empty(0))
    assert tracker.update(box, np.array([0.9])) == {1: 0}, "lost for a moment, found again"
    elsewhere = np.array([[300, 10, 350, 60.0]])
    assert tracker.update(elsewhere, np.array([0.9])) == {2: 0}
    tracker.update(nothing, np.empty(0))
    assert tracker.update(elsewhere, np.array([0.9])) == {3: 0}, "a find that nothing followed was no track"


def test_boxes_without_an_area_break_nothing():
    tracker = ByteTrack(SURE, FAINT, memory=5)
    for _ in range(3):
        tracker.update(np.array([[5, 5, 5, 5.0], [7, 7, 7, 90.0]]), np.array([0.9, 0.9]))
    assert all(np.isfinite(track.state).all() for track in tracker._tracks)
