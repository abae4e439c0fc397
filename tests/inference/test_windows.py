"""Cutting tracks into windows, and giving each frame the probabilities of its windows."""

import numpy as np
import pandas as pd
import pytest

from emo_utils.inference.observe import FaceInFrame, ObservedFrame
from emo_utils.inference.window_reader import WindowReader
from emo_utils.inference.windows import SampleClock, TrackWindows, WindowRule
from emo_utils.representations.face_sequence import CutFace
from emo_utils.representations.representation import Span
from emo_utils.representations.sequence import SequenceSpec
from emo_utils.representations.stack import StackSpec


def rule(frames=6, step=1, shortest=4, hop=2, fps=25.0) -> WindowRule:
    return WindowRule(frames, step, shortest, hop, fps)


def numbered(number: int) -> CutFace:
    return CutFace(np.full((8, 8), number, np.uint8), number, number / 25)


def values_of(pictures, cutter):
    """Which face each frame of the window shows; -1 where there is none."""
    faces = [cutter.cut(picture) for picture in pictures]
    return np.array([-1 if face is None else face.frame_index for face in faces])


def windows_of(ticks, given: WindowRule) -> list[list[int]]:
    windows = TrackWindows(1, given, values_of)
    found = [window for tick in ticks for window in windows.add(tick, numbered(tick))]
    return [[window.start, *window.sample] for window in [*found, *windows.close()]]


def test_windows_slide_by_the_hop_and_the_last_one_ends_with_the_last_face():
    found = windows_of(range(3, 14), rule())
    assert [window[0] for window in found] == [3, 5, 7, 8]
    assert all(window[1:] == list(range(window[0], window[0] + 6)) for window in found)


@pytest.mark.parametrize(("count", "lengths"), [(3, []), (4, [4]), (5, [5]), (6, [6]), (7, [6, 6])])
def test_a_short_track_gives_one_shorter_window_or_none(count, lengths):
    assert [len(window) - 1 for window in windows_of(range(count), rule())] == lengths


def test_a_gap_shows_no_face_and_a_long_gap_begins_anew():
    assert windows_of([0, 1, 2, 5, 6, 7], rule())[0] == [0, 0, 1, 2, -1, -1, 5]
    assert windows_of([0, 1, 2, 3, 20, 21, 22, 23, 24], rule()) == [[0, 0, 1, 2, 3], [20, 20, 21, 22, 23, 24]]


def test_no_more_faces_are_kept_than_a_window_holds():
    windows = TrackWindows(1, rule(), values_of)
    for tick in range(200):
        list(windows.add(tick, numbered(tick)))
        assert len(windows._faces) <= 6


@pytest.mark.parametrize(
    ("rate", "per_frame"),
    [(25, [1] * 8), (26, [1] * 8), (None, [1] * 8), (50, [1, 0, 1, 0, 1, 0, 1, 0]), (12.5, [1, 2, 2, 2, 2, 2, 2, 2])],
)
def test_frames_are_counted_at_the_rate_of_the_samples(rate, per_frame):
    clock = SampleClock(rule(), rate)
    assert [len(clock.ticks(number / (rate or 25) + 1.5)) for number in range(8)] == per_frame


@pytest.mark.parametrize(
    ("step", "rate", "usual", "every"), [(15, 30, 6, 5), (5, 30, 6, 5), (1, 30, 6, 1), (10, 30, 6, 5), (5, 60, 12, 10)]
)
def test_faces_are_found_in_the_frames_that_are_used(step, rate, usual, every):
    assert rule(90, step, 75, 15, 30.0).detect_every(rate, usual) == every


def test_the_rule_of_the_sources():
    assert WindowRule.of(StackSpec(interval=5).span, 75, 75, 30.0) == WindowRule(90, 5, 75, 15, 30.0)
    assert WindowRule.of(StackSpec(interval=10).span, 75, 75, 30.0).hop == 20
    assert WindowRule.of(SequenceSpec().span, 40, 60, 29.97) == WindowRule(60, 1, 40, 10, 29.97)
    whole = WindowRule.of(Span(None, 5, 1), 41, 121, 25.0)
    assert (whole.frames, whole.shortest, whole.hop) == (121, 41, 20)
    with pytest.raises(ValueError, match="1 <= shortest <= frames"):
        WindowRule(10, 1, 11, 2, 25.0)


class Engine:
    """Gives the probabilities (q, 1 - q), q the share of the first frame's number in 100."""

    class weights:
        classes = ("anger", "fear")

    def __init__(self):
        self.sizes = []

    def predict_samples(self, samples):
        self.sizes.append(len(samples))
        q = np.array([(sample[0] + 1) / 100 for sample in samples])
        return np.stack([q, 1 - q], axis=1).astype(np.float32)


def frame(index: int, *tracks: int) -> ObservedFrame:
    faces = [FaceInFrame(track, np.zeros(4), np.zeros((4, 2)), 0.9, tracklet=track) for track in tracks]
    return ObservedFrame(index, index / 25, tuple(faces), tuple(np.zeros((8, 8), np.uint8) for _ in faces))


def read(frames, given: WindowRule) -> pd.DataFrame:
    reader = WindowReader(given, values_of, Engine(), 25.0)
    rows = []
    for one in frames:
        reader.add(one, one.crops)
        rows += [(one.frame_index, face.track_id) for face in one.faces]
    empty = pd.DataFrame(rows, columns=["frame_index", "track_id"]).assign(p_anger=np.nan, p_fear=np.nan)
    return reader.fill(empty)


def test_a_frame_has_the_mean_log_probability_of_the_windows_that_cover_it():
    table = read([frame(index, 1) for index in range(10)], rule(hop=4)).set_index("frame_index")
    log = np.log([[0.01, 0.99], [0.05, 0.95]])
    joint = np.exp(log.mean(axis=0)) / np.exp(log.mean(axis=0)).sum()
    for index, expected in ((0, [0.01, 0.99]), (3, [0.01, 0.99]), (4, joint), (5, joint), (9, [0.05, 0.95])):
        np.testing.assert_allclose(table.loc[index, ["p_anger", "p_fear"]].astype(float), expected, rtol=1e-5)


def test_each_track_is_read_on_its_own_and_a_short_one_has_no_probabilities():
    frames = [frame(index, *([1, 2] if 4 <= index < 7 else [1])) for index in range(8)]
    table = read(frames, rule())
    assert table[table["track_id"] == 1]["p_fear"].notna().all()
    assert table[table["track_id"] == 2]["p_fear"].isna().all()
    alone = read([frame(index, 1) for index in range(8)], rule())
    np.testing.assert_array_equal(table[table["track_id"] == 1]["p_fear"], alone["p_fear"])


def test_a_track_that_ended_long_ago_is_not_kept():
    reader = WindowReader(rule(), values_of, Engine(), 25.0)
    for index in range(400):
        one = frame(index, *([1] if index < 10 else []), *([2] if index >= 300 else []))
        reader.add(one, one.crops)
    assert set(reader._open) == {2}
