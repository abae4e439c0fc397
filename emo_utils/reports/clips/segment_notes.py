"""Why a person has no segments, or what limits those found: a sentence; empty where nothing is to be said."""

from collections.abc import Mapping, Sequence
from typing import Any

from emo_utils.timeline import Timeline, counted

NEUTRAL = "neutral"

THROUGHOUT = 0.95
"""Least share of the frames that show one emotion for it to be called throughout."""

SHORTEST_S = 0.3
"""A face that is seen for less has no segment; see `motion.segments.SegmentRule`."""


def segments_note(timeline: Timeline, person_id: int, segments: Sequence[Mapping[str, Any]]) -> str:
    """The note on one person's segments.

    Args:
        timeline: of the clip.
        person_id: the person.
        segments: of the person, each with `cut_start`, `cut_end`, `sustained` and `emotion`.
    """
    sustained = next((one for one in segments if one["sustained"]), None)
    if sustained:
        return f"{sustained['emotion'] or 'one expression'} throughout: neither onset nor offset is seen"
    cut = sum(bool(one["cut_start"] or one["cut_end"]) for one in segments)
    if segments:
        return f"{cut} of {len(segments)} cut off by the first or last frame with the face" if cut else ""
    return _why_none(timeline, person_id)


def _why_none(timeline: Timeline, person_id: int) -> str:
    rows = timeline.person(person_id)
    if rows["time_s"].max() - rows["time_s"].min() < SHORTEST_S:
        return f"seen in {counted(len(rows), 'frame')} only: too short for a segment"
    named = rows["smoothed_emotion"].dropna()
    shares = named.value_counts(normalize=True)
    if shares.empty:
        return "no change of the face rises above noise and speech"
    first = str(shares.index[0])
    if shares.iloc[0] < THROUGHOUT:
        return "no change of the face rises above noise and speech"
    if first == NEUTRAL:
        return "neutral throughout"
    return f"{first} throughout without a visible change; too unsure, or too much speech, to count as an expression"
