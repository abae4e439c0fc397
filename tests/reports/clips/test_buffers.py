"""The buffer of a network over time, drawn on the boxes of the annotated video."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from emo_utils.reports.clips.buffers import Buffers
from emo_utils.timeline import TYPES, Timeline, columns

CLASSES = ("anger", "fear")


def timeline(fps: float, *tracks: range) -> Timeline:
    rows = [
        {"frame_index": index, "time_s": index / fps, "track_id": number, "person_id": number, "status": "ok"}
        for number, frames in enumerate(tracks, 1)
        for index in frames
    ]
    table = pd.DataFrame(rows).reindex(columns=columns(CLASSES)).astype(TYPES)
    return Timeline(table.sort_values(["frame_index", "track_id"], ignore_index=True), CLASSES)


def test_each_track_fills_a_buffer_of_its_own_at_the_rate_of_the_samples():
    buffers = Buffers.of(timeline(50, range(30), range(10, 30)), {"frames": 10, "fps": 25.0})
    assert [buffers.filled[index, 1] for index in (0, 2, 10, 18, 29)] == [1, 2, 6, 10, 10]
    assert [buffers.filled[index, 2] for index in (10, 12, 29)] == [1, 2, 10]


def test_without_a_rate_frames_are_counted():
    buffers = Buffers.of(timeline(50, range(5)), {"frames": 4, "fps": None})
    assert [buffers.filled[index, 1] for index in range(5)] == [1, 2, 3, 4, 4]


def test_the_bar_grows_and_the_count_is_written_until_it_is_full():
    buffers = Buffers(4, {(0, 1): 1, (1, 1): 4})
    painted = []
    for index in (0, 1):
        canvas = np.full((120, 200, 3), 128, np.uint8)
        row = SimpleNamespace(frame_index=index, track_id=1, x1=20.0, x2=180.0, y1=30.0)
        buffers.draw(canvas, row, (200, 40, 40), 1.0)
        painted.append(canvas)
    bars = [(canvas[34] == (200, 40, 40)).all(axis=1).sum() for canvas in painted]
    assert bars[0] < bars[1] / 3
    assert (painted[0][45:70] != 128).any()
    assert (painted[1][45:70] == 128).all()
