"""Segments corrected by hand: every line is checked, and messages name it."""

import numpy as np
import pandas as pd
import pytest
from spreadsheets import SAVED_AS, saved_as

from emo_utils.errors import SegmentsError
from emo_utils.motion.segments_file import (
    COLUMNS,
    check_clips,
    place_segments,
    read_segments,
    segments_of_clip,
    write_segments,
)
from emo_utils.structures import Segment
from emo_utils.timeline import Timeline, columns

HEADER = "clip,person_id,onset,apex,offset\n"


@pytest.fixture
def timeline() -> Timeline:
    """Forty frames; person 1 in all, person 2 in the first ten."""
    classes = ("happiness", "neutral")
    rows = [(i, i / 10, 1, 1) for i in range(40)] + [(i, i / 10, 2, 2) for i in range(10)]
    table = pd.DataFrame(rows, columns=["frame_index", "time_s", "track_id", "person_id"]).assign(status="ok")
    return Timeline(table.reindex(columns=columns(classes)), classes)


def written(tmp_path, text: str):
    path = tmp_path / "segments.csv"
    path.write_text(text)
    return path


def test_what_is_written_is_read_back(tmp_path, timeline):
    made = [
        Segment(1, 1, 3, 8, 12, 0.3, 0.8, 1.2, 1.5, "happiness", 0.75, "neutral", 0.5),
        Segment(2, 2, 0, 4, 9, 0.0, 0.4, 0.9, float("nan")),
    ]
    path = tmp_path / "segments.csv"
    write_segments(made, "a.mp4", path)
    assert path.read_text().splitlines()[0] == ",".join(COLUMNS)
    assert path.read_text().splitlines()[2].endswith("0.9,,,,,,0,0,0,,,,,,,"), "what is not known is empty"
    marked = read_segments(path)
    assert [(m.row, m.clip, m.person_id, m.onset, m.apex, m.offset) for m in marked] == [
        (2, "a.mp4", 1, 3, 8, 12),
        (3, "a.mp4", 2, 0, 4, 9),
    ]
    placed = place_segments(marked, timeline, path)
    assert [(s.person_id, s.onset, s.apex_s) for s in placed] == [(2, 0, 0.4), (1, 3, 0.8)], "in time order"
    assert np.isnan(placed[0].strength)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "lacks the column.s. person_id, onset, apex, offset"),
        ("clip,person_id,onset\n", "lacks the column.s. apex, offset; found clip, person_id, onset"),
        (HEADER + "a.mp4,1,3,8,12\na.mp4,1,9,8,12\n", "row 3: expected onset <= apex <= offset, found onset 9, apex 8"),
        (HEADER + "a.mp4,1,3,8.5,12\n", "row 2: apex: expected a whole number from 0, found '8.5'"),
        (HEADER + "a.mp4,1,3,,12\n", "row 2: apex: expected a whole number from 0, found ''"),
        (HEADER + "a.mp4,Anna,3,8,12\n", "row 2: person_id: expected a whole number"),
        (HEADER + "a.mp4,1,-3,8,12\n", "row 2: onset: expected a whole number from 0, found '-3'"),
        (HEADER + "a.mp4,1\n", "row 2: onset: expected a whole number from 0"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(tmp_path, text, said):
    with pytest.raises(SegmentsError, match=said):
        read_segments(written(tmp_path, text))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SegmentsError, match=r"nowhere\.csv: cannot be read"):
        read_segments(tmp_path / "nowhere.csv")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("a.mp4,3,3,8,12", "row 2: person_id 3 is not in this clip; known: 1, 2"),
        ("a.mp4,1,3,8,40", "row 2: offset 40 is no frame that was read; they run from 0 to 39"),
        ("a.mp4,2,3,12,14", "row 2: person 2 is not seen in the apex frame 12"),
        ("a.mp4,1,3,8,12\na.mp4,1,12,13,14", "row 3: begins at 12, before the segment of row 2 has ended"),
    ],
)
def test_a_segment_that_does_not_fit_its_clip_is_refused(tmp_path, timeline, row, said):
    path = written(tmp_path, HEADER + row + "\n")
    with pytest.raises(SegmentsError, match=said):
        place_segments(read_segments(path), timeline, path)


def test_the_last_frame_and_neighbours_are_fine(tmp_path, timeline):
    path = written(tmp_path, HEADER + ",1,0,0,11\n,1,12,13,39\n,2,5,5,5\n")
    assert len(place_segments(read_segments(path), timeline, path)) == 3


def test_rows_are_told_apart_by_their_clip(tmp_path):
    path = written(tmp_path, HEADER + "a.mp4,1,3,8,12\nb.mp4,1,0,1,2\n")
    marked = read_segments(path)
    assert [m.onset for m in segments_of_clip(marked, "b.mp4")] == [0]
    check_clips(marked, ["a.mp4", "b.mp4"], path)
    with pytest.raises(SegmentsError, match=r"row 3: clip 'b.mp4' is not among those to read: a.mp4"):
        check_clips(marked, ["a.mp4"], path)
    with pytest.raises(SegmentsError, match="row 2: names no clip"):
        check_clips(read_segments(written(tmp_path, HEADER + ",1,3,8,12\n")), ["a.mp4", "b.mp4"], path)


@pytest.mark.parametrize("name", SAVED_AS)
def test_a_file_saved_by_a_spreadsheet_is_read(tmp_path, name):
    path = tmp_path / "segments.csv"
    header = HEADER.strip().split(",")
    path.write_bytes(saved_as(name, [header, ["Zoë.mp4", "1", "3", "8", "12"], [""] * len(header)]))
    (mark,) = read_segments(path)
    assert (mark.clip, mark.person_id, mark.onset, mark.apex, mark.offset) == ("Zoë.mp4", 1, 3, 8, 12)
