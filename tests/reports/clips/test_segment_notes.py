"""A person without segments is not told "0" without a word."""

import pytest
from studies import known_segment, known_timeline

from emo_utils.reports.clips.segment_notes import segments_note
from emo_utils.reports.clips.summary import summarise


@pytest.mark.parametrize(
    ("shown", "segments", "note"),
    [
        (["neutral"] * 20, (), "neutral throughout"),
        (["anger"] * 20, (), "anger throughout without a visible change; too unsure, or too much speech, to count"),
        (["neutral"] * 10 + ["anger"] * 10, (), "no change of the face rises above noise and speech"),
        (["anger"] * 2, (), "seen in 2 frames only: too short for a segment"),
        (["anger"] * 20, (known_segment(1, 0, 9, 19, "anger", cut_start=True, cut_end=True, sustained=True),),
         "anger throughout: neither onset nor offset is seen"),
        (["anger"] * 20, (known_segment(1, 0, 3, 6, "anger", cut_start=True), known_segment(1, 8, 9, 12, "anger")),
         "1 of 2 cut off by the first or last frame with the face"),
        (["anger"] * 20, (known_segment(1, 8, 9, 12, "anger"),), ""),
    ],
)  # fmt: skip
def test_the_note_says_why_there_is_none_or_what_limits_those_found(shown, segments, note):
    timeline = known_timeline({1: shown})
    assert segments_note(timeline, 1, [vars(one) for one in segments]).startswith(note)
    report = summarise(timeline, segments)["people"][0]["segments"]
    assert (report["note"] or "").startswith(note)
    assert report["cut_off"] == sum(one.cut_start or one.cut_end for one in segments)
