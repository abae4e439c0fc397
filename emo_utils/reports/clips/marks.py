"""Marks of onset, apex and offset in charts and annotated video."""

from collections.abc import Sequence

import cv2
import numpy as np

from emo_utils.labels import COLOURS
from emo_utils.structures import Segment

UNNAMED = "#8a8f98"
"""Colour of a segment without an emotion."""

INK = (255, 255, 255)

SHADE = 0.16
"""Opacity of the shading of a segment."""

MOST_LINES = 30
"""Panels with more segments than this mark each apex by its triangle alone."""

EDGE_S = 1e-6
"""Tolerance of the times of onset and offset."""

APEX_SHOWN_S = 0.1
"""The annotated video shows `apex` this long before and after it; one frame is too short to be seen."""


def colour_of(segment: Segment) -> str:
    """The colour of the segment's emotion."""
    return COLOURS.get(segment.emotion, UNNAMED)


def of_person(segments: Sequence[Segment], person_id: int) -> list[Segment]:
    """One person's segments, in time order."""
    return sorted((s for s in segments if s.person_id == person_id), key=lambda s: s.onset)


def mark_axis(axis, segments: Sequence[Segment]) -> None:
    """Shade each segment from onset to offset, and mark its apex, on an axis in seconds."""
    for segment in segments:
        axis.axvspan(segment.onset_s, segment.offset_s, color=colour_of(segment), alpha=SHADE, linewidth=0)
        if len(segments) <= MOST_LINES:
            axis.axvline(segment.apex_s, color=colour_of(segment), lw=1, ls=(0, (3, 2)))
        axis.plot(
            [segment.apex_s], [1.0], "v", color=colour_of(segment), ms=5, transform=axis.get_xaxis_transform(),
            clip_on=False, zorder=5,
        )  # fmt: skip


class Phases:
    """The phases of the segments of a clip, found by time: a search through all segments would grow with the clip."""

    def __init__(self, segments: Sequence[Segment]):
        self._in_second: dict[tuple[int, int], list[Segment]] = {}
        for segment in segments:
            for second in range(int(segment.onset_s - EDGE_S), int(segment.offset_s + EDGE_S) + 1):
                self._in_second.setdefault((segment.person_id, second), []).append(segment)

    def at(self, person_id: int, time_s: float) -> str:
        """The phase of a person's expression: `onset`, `apex`, `offset`, or empty outside all segments."""
        for segment in self._in_second.get((int(person_id), int(time_s)), ()):
            if segment.onset_s - EDGE_S <= time_s <= segment.offset_s + EDGE_S:
                if abs(time_s - segment.apex_s) <= APEX_SHOWN_S:
                    return "apex"
                return "onset" if time_s < segment.apex_s else "offset"
        return ""


def mark_strip(
    canvas: np.ndarray, segments: Sequence[Segment], people: Sequence[int], height: int, end_s: float
) -> None:
    """Draw marks over the time strip along the lower edge of a frame: a line from onset to offset, a tick at the apex.

    Args:
        canvas: uint8 (H, W, 3), changed in place.
        segments: of the clip.
        people: the persons with a line in the strip, from the top.
        height: of the strip in pixels.
        end_s: time at its right end.
    """
    line = height // max(1, len(people))
    for row, person in enumerate(people):
        middle = canvas.shape[0] - height + row * line + line // 2
        for segment in of_person(segments, person):
            marks = (segment.onset_s, segment.apex_s, segment.offset_s)
            first, apex, last = (round(canvas.shape[1] * mark / max(end_s, 1e-9)) for mark in marks)
            cv2.line(canvas, (first, middle), (last, middle), (255, 255, 255), 1)
            cv2.rectangle(
                canvas, (apex - 1, middle - line // 2), (apex, middle + line // 2), (255, 255, 255), cv2.FILLED
            )
