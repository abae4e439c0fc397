"""Tests of the annotated video: the right rows in each frame, phases of segments, a strip that is drawn once."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from emo_utils.reports.clips.annotate import ROWS_AT_A_TIME, RowsByFrame
from emo_utils.reports.clips.marks import Phases
from emo_utils.structures import Segment
from emo_utils.video import probe, read_frames
from emo_utils.video_writer import VideoWriter

SMILE = Segment(1, 1, 10, 15, 20, 1.0, 1.5, 2.2, 1.0)


@pytest.mark.parametrize(
    ("time_s", "expected"), [(0.99, ""), (1.0, "onset"), (1.41, "apex"), (1.61, "offset"), (2.2, "offset"), (2.21, "")]
)
def test_a_segment_has_its_phase_at_each_time(time_s: float, expected: str) -> None:
    others = [replace(SMILE, person_id=2, onset_s=0.0, apex_s=0.1, offset_s=9.0)]
    assert Phases([*others, SMILE]).at(1, time_s) == expected


def test_rows_are_given_frame_by_frame_and_frames_without_rows_are_known() -> None:
    frames = np.sort(np.random.default_rng(0).choice(3 * ROWS_AT_A_TIME, 2 * ROWS_AT_A_TIME))  # some twice, some never
    table = pd.DataFrame({"frame_index": frames, "track_id": 1, "person_id": 1})
    rows = RowsByFrame(table)
    found = {index: len(rows.at(index) or ()) for index in range(3 * ROWS_AT_A_TIME)}
    assert found == dict(enumerate(np.bincount(frames, minlength=3 * ROWS_AT_A_TIME)[: 3 * ROWS_AT_A_TIME]))


def test_the_fast_writer_shows_the_same_picture(tmp_path: Path) -> None:
    colours = np.zeros((64, 96, 3), np.uint8)
    colours[:, :32], colours[:, 32:64], colours[:, 64:] = (220, 30, 30), (30, 200, 40), (40, 40, 220)
    with VideoWriter(tmp_path / "fast.mp4", fast=True) as writer:
        for number in range(10):
            writer.write(colours, number / 25)
    frames = [frame.pixels for frame in read_frames(tmp_path / "fast.mp4")]
    middles = [frame[32, [16, 48, 80]].astype(int) for frame in frames]
    assert len(frames) == 10
    assert probe(tmp_path / "fast.mp4").width == 96
    assert np.abs(middles - colours[32, [16, 48, 80]].astype(int)).max() < 12
