"""The rows of the tables over a run, against timelines whose figures are known."""

import numpy as np
import pandas as pd
import pytest
from studies import CLASSES, known_segment, known_timeline, write_finished

from emo_utils.errors import EventsError
from emo_utils.reports.clips.summary import people_table, summarise
from emo_utils.reports.studies.event_rows import event_rows
from emo_utils.reports.studies.finished import read_finished
from emo_utils.reports.studies.people_rows import long_rows, people_rows
from emo_utils.reports.studies.trials import Trial, Trials
from emo_utils.reports.studies.variables import Layout, event_variables, people_variables
from emo_utils.table_text import rows_text, write_table

TWO = {1: ["neutral"] * 10 + ["happiness"] * 10, 2: ["", *["anger"] * 4, *[""] * 15]}


@pytest.fixture
def clip(tmp_path):
    segments = [
        known_segment(1, 8, 12, 15, "happiness"),
        known_segment(1, 16, 18, 19, "happiness", cut_end=True),
    ]
    folder = write_finished(tmp_path, "a.mp4", known_timeline(TWO), segments, options={"subject": "^(.)"})
    return read_finished(folder)


def test_a_row_per_person_with_shares_means_and_segments(clip):
    first, second = people_rows(clip)
    assert (first["subject"], second["subject"]) == ("a", ""), "the subject is who is seen longest"
    assert (first["seen_s"], first["seen_share"], second["seen_s"]) == pytest.approx((2.0, 1.0, 0.4))
    assert (first["share_neutral"], first["share_happiness"], first["share_anger"]) == pytest.approx((0.5, 0.5, 0))
    assert first["mean_happiness"] == pytest.approx(0.45)
    assert (first["changes"], first["changes_per_min"]) == (1, pytest.approx(30))
    assert (first["segments"], first["segments_happiness"], first["segments_cut"]) == (2, 2, 1)
    assert first["mean_segment_s"] == pytest.approx(0.7), "of the one that is not cut off"
    assert first["mean_rise_s"] == pytest.approx(0.3)
    assert first["segments_note"] == "1 of 2 cut off by the first or last frame with the face"
    assert second["dominant_emotion"] == "anger"
    assert second["segments_note"].startswith("anger throughout without a visible change")
    assert set(first) <= set(people_variables(clip.layout))


def test_the_rows_agree_with_the_summary_of_the_clip(clip):
    summary = people_table(summarise(clip.timeline) | {"clip": "a.mp4"})
    for row, (_, known) in zip(people_rows(clip), summary.iterrows(), strict=True):
        for name in ("seen_s", "dominant_emotion", "changes", "mean_confidence", *(f"share_{c}" for c in CLASSES)):
            assert row[name] == pytest.approx(known[name], abs=1e-3) if name[0] != "d" else row[name] == known[name]


def test_the_long_form_holds_the_same_figures(clip):
    wide = list(people_rows(clip))
    long = list(long_rows(wide, CLASSES))
    assert len(long) == len(wide) * len(CLASSES)
    for row in long:
        (own,) = [one for one in wide if one["person_id"] == row["person_id"]]
        assert row["share"] == own[f"share_{row['emotion']}"]
        assert row["mean_probability"] == own[f"mean_{row['emotion']}"]
        assert row["dominant"] == (own["dominant_emotion"] == row["emotion"])


def trials_of(*spans, window=None, columns=("condition",), values=("A",)) -> Trials:
    each = [Trial(n, n + 1, "a", *span, values) for n, span in enumerate(spans, start=1)]
    return Trials("trials.csv", columns, tuple(each), window)


def test_an_event_has_a_row_for_each_person_who_is_seen_in_it(clip):
    trials = trials_of((0.0, 0.5), (1.0, 2.0))
    rows = list(event_rows(clip, trials, clip.layout))
    assert [(row["event"], row["person_id"], row["condition"]) for row in rows] == [
        (1, 1, "A"),
        (1, 2, "A"),
        (2, 1, "A"),
    ]
    assert rows[1]["seen_s"] == pytest.approx(0.4)
    assert rows[1]["seen_share"] == pytest.approx(0.8)
    assert (rows[2]["share_happiness"], rows[2]["mean_happiness"]) == pytest.approx((1.0, 0.8))
    assert (rows[0]["onsets"], rows[2]["onsets"]) == (0, 1), "the onset at 0.8 s lies between the events"
    assert np.isnan(rows[0]["first_onset_s"])
    assert rows[2]["first_onset_s"] == pytest.approx(0.6)
    assert set(rows[0]) <= set(event_variables(clip.layout, ("condition",), None))


def test_a_window_before_the_event_is_subtracted(clip):
    early, late = (row for row in event_rows(clip, trials_of((0.0, 0.5), (1.0, 2.0), window=(-0.5, 0.0)), Layout())
                   if row["person_id"] == 1)  # fmt: skip
    assert late["change_happiness"] == pytest.approx(0.8 - 0.1)
    assert late["change_neutral"] == pytest.approx(0.1 - 0.8)
    assert late["window_seen_s"] == pytest.approx(0.5)
    assert early["window_seen_s"] == 0
    assert np.isnan(early["change_happiness"]), "nothing lies before the clip"


def test_an_event_in_which_nobody_is_seen_keeps_its_row(tmp_path):
    timeline = known_timeline({1: [*["neutral"] * 5, *[""] * 15]})
    clip = read_finished(write_finished(tmp_path, "a.mp4", timeline))
    (row,) = event_rows(clip, trials_of((1.0, 2.0)), clip.layout)
    assert (row["seen_s"], row.get("person_id")) == (0, None)
    assert rows_text(["event", "person_id", "condition", "share_anger"], [row]) == "1,,A,\n"


def test_an_event_beyond_the_end_is_refused(clip):
    with pytest.raises(EventsError, match=r"row 2: expected an event within a.mp4, which ends at 2.00 s"):
        list(event_rows(clip, trials_of((1.0, 2.5)), clip.layout))


def test_a_column_whose_name_is_taken_is_renamed(clip):
    trials = trials_of((0.0, 0.5), columns=("subject", "mood"), values=("S1", "good"))
    row = next(event_rows(clip, trials, clip.layout))
    assert (row["trial_subject"], row["subject"], row["mood"]) == ("S1", "a", "good")


def test_a_measure_gets_a_mean_with_its_unit(tmp_path):
    timeline = known_timeline({1: ["neutral"] * 4}, measures={"valence": [0.0, 1.0, np.nan, 0.5]})
    clip = read_finished(write_finished(tmp_path, "a.mp4", timeline, segments=None))
    (row,) = people_rows(clip)
    assert row["mean_valence"] == pytest.approx(0.5)
    assert (people_variables(clip.layout)["mean_valence"].low, row.get("segments")) == (-1, None)


@pytest.mark.parametrize(("name", "mark"), [("a.mp4", b""), ("Jürgen.mp4", b"\xef\xbb\xbf")])
def test_a_byte_order_mark_is_written_only_where_it_is_needed(tmp_path, name, mark):
    path = tmp_path / "t.csv"
    write_table(path, ["clip", "x", "y"], [rows_text(["clip", "x", "y"], [{"clip": name, "x": np.nan, "y": True}])])
    assert path.read_bytes() == mark + f"clip,x,y\n{name},,1\n".encode()
    assert list(pd.read_csv(path).columns) == ["clip", "x", "y"]
