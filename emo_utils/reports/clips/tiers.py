"""The tiers that annotation tools show: for each person expressions, segments and apexes, in milliseconds.

Names of tiers hold the number of the person, `segments P1`, so that corrected segments can be read back
(`motion.segments_elan`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from emo_utils.inference.pipeline import PipelineResult
from emo_utils.motion.segments_elan import APEX_TIER, SEGMENT_TIER
from emo_utils.reports.clips.runs_of_emotion import stretches

EXPRESSION_TIER = "expression P{}"


@dataclass(frozen=True)
class Mark:
    """One annotation: start and end in milliseconds, and its text."""

    start_ms: int
    end_ms: int
    text: str


def tiers_of(result: PipelineResult) -> Iterator[tuple[str, list[Mark]]]:
    """Name and annotations of each tier; a person without annotations has empty tiers, to code into."""
    for person in result.timeline.people:
        shown = [_mark(one.start_s, one.end_s, one.emotion) for one in stretches(result.timeline, person)]
        yield EXPRESSION_TIER.format(person), shown
        own = [segment for segment in result.segments if segment.person_id == person]
        frame_s = frame_of(result)
        yield (
            SEGMENT_TIER.format(person),
            [_mark(one.onset_s, one.offset_s + frame_s, one.emotion or "expression") for one in own],
        )
        yield (
            APEX_TIER.format(person),
            [_mark(one.apex_s, one.apex_s + frame_s, one.emotion or "expression") for one in own],
        )


def frame_of(result: PipelineResult) -> float:
    """The usual duration of a frame in seconds; a millisecond where there is one frame only."""
    times = result.timeline.table["time_s"].drop_duplicates()
    return float(times.diff().median()) if len(times) > 1 else 0.001


def end_of(result: PipelineResult) -> float:
    """The time at which the last frame ends, in seconds."""
    times = result.timeline.table["time_s"]
    return float(times.max()) + frame_of(result) if len(times) else frame_of(result)


def _mark(start_s: float, end_s: float, text: str) -> Mark:
    start = round(1000 * start_s)
    return Mark(start, max(start + 1, round(1000 * end_s)), text)
