"""Events of a study: what a file may look like, and what is said of one that makes no sense."""

import pytest
from spreadsheets import SAVED_AS, saved_as

from emo_utils.errors import EventsError
from emo_utils.reports.studies.trials import Trials, read_trials, read_window

HEADER = "clip,start_s,end_s,condition\n"


def written(tmp_path, text: str):
    path = tmp_path / "trials.csv"
    path.write_text(text)
    return path


@pytest.mark.parametrize("way", SAVED_AS)
def test_events_are_read_as_spreadsheets_save_them(tmp_path, way):
    rows = [["clip", "condition", "start_s", "end_s"], ["a.mp4", "grün", "1.5", "2"], ["b", "", "0", "3"]]
    path = tmp_path / "trials.csv"
    path.write_bytes(saved_as(way, rows))
    trials = read_trials(path)
    assert trials.columns == ("condition",)
    assert [(one.number, one.clip, one.start_s, one.end_s, one.values) for one in trials.each] == [
        (1, "a.mp4", 1.5, 2.0, ("grün",)),
        (2, "b", 0.0, 3.0, ("",)),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected the columns clip, start_s, end_s, and any others; found nothing"),
        ("clip,onset\n", "found clip, onset"),
        (HEADER, "expected a row per event under the header, found none"),
        (HEADER + "a.mp4,1,2,x\na.mp4,two,3,x\n", "row 3: start_s: expected a number of seconds, found 'two'"),
        (HEADER + "a.mp4,1,nan,x\n", "row 2: end_s: expected a number of seconds, found 'nan'"),
        (HEADER + "a.mp4,3,2,x\n", "row 2: expected 0 <= start_s < end_s, found 3 to 2"),
        (HEADER + "a.mp4,-1,2,x\n", "row 2: expected 0 <= start_s < end_s, found -1 to 2"),
        (HEADER + ",1,2,x\n", "row 2: expected the name of a clip"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(tmp_path, text, said):
    with pytest.raises(EventsError, match=said):
        read_trials(written(tmp_path, text))


def test_an_event_names_one_clip_that_is_there(tmp_path):
    trials = read_trials(written(tmp_path, HEADER + "videos/a.mp4,1,2,x\nb01,1,2,x\n"))
    trials.check_clips(["a.mp4", "b01.mov"])
    with pytest.raises(EventsError, match=r"row 3: clip 'b01' is none of the 2 clips; did you mean 'b10'\?"):
        trials.check_clips(["a.mp4", "b10.mov"])
    with pytest.raises(EventsError, match="row 3: clip 'b01' fits 2 clips"):
        trials.check_clips(["a.mp4", "b01.mov", "b01.mp4"])


def test_an_event_lies_within_its_clip(tmp_path):
    trials = read_trials(written(tmp_path, HEADER + "a.mp4,1,4.05,x\n"))
    trials.check_times("a.mp4", 4.0)
    trials.check_times("other.mp4", 1.0)
    with pytest.raises(EventsError, match=r"row 2: expected an event within a.mp4, which ends at 3.00 s, found 1 to"):
        trials.check_times("a.mp4", 3.0)


def test_a_window_lies_before_the_event():
    assert read_window("-1:0") == (-1.0, 0.0)
    for text in ("-1", "0:-1", "-1:1", "a:b", "-1:-1"):
        with pytest.raises(EventsError, match="--baseline-window: expected START"):
            read_window(text)


def test_events_go_through_plain_values_and_back(tmp_path):
    trials = read_trials(written(tmp_path, HEADER + "a.mp4,1,4,x\nb.mp4,1,2,y\n"), (-1.0, 0.0))
    again = Trials.from_plain(trials.plain())
    assert (again.each, again.columns, again.window) == (trials.each, trials.columns, trials.window)
    assert [one.clip for one in trials.without("a.mp4").each] == ["b.mp4"]
