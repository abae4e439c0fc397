"""Marks of onset, apex and offset in charts and annotated video, and the chart of the motion."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from emo_utils.inference.smoothing import LONGEST_GAP_S
from emo_utils.labels import COLOURS
from emo_utils.structures import Segment

if TYPE_CHECKING:
    import pandas as pd

UNNAMED = "#8a8f98"
"""Colour of a segment without an emotion."""

INK = (255, 255, 255)

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
        axis.axvspan(segment.onset_s, segment.offset_s, color=colour_of(segment), alpha=0.12, linewidth=0)
        axis.axvline(segment.apex_s, color=colour_of(segment), lw=1, ls=(0, (3, 2)))
        axis.plot(
            [segment.apex_s], [1.0], "v", color=colour_of(segment), ms=6, transform=axis.get_xaxis_transform(),
            clip_on=False, zorder=5,
        )  # fmt: skip


def motion_chart(motion: "pd.DataFrame", segments: Sequence[Segment] = ()) -> Figure:
    """The curve in which segments are found, with its two parts and the marks; a panel per person.

    Args:
        motion: the table of `motion.csv`.
        segments: of the clip.
    """
    people = [int(person) for person in motion["person_id"].drop_duplicates()]
    count = max(1, len(people))
    figure, axes = plt.subplots(
        count, 1, figsize=(9, 0.6 + 2.2 * count), sharex=True, squeeze=False, layout="constrained"
    )
    for axis, person in zip(axes[:, 0], people, strict=False):
        rows = motion[motion["person_id"] == person]
        for name, style in CURVES.items():
            axis.plot(*_with_gaps(rows["time_s"], rows[name], rows["piece"]), label=name, **style)
        mark_axis(axis, of_person(segments, person))
        axis.set_title(f"Person {person}", loc="left")
        axis.set_ylabel("distance from rest")
        axis.set_ylim(bottom=0)
        axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
        axis.spines[["top", "right"]].set_visible(False)
    axes[-1, 0].set_xlabel("time (s)")
    if not people:
        axes[0, 0].axis("off")
        axes[0, 0].set_title("No face in this clip", loc="left")
    plt.close(figure)
    return figure


CURVES = {
    "strength": {"color": "#1b1f27", "lw": 1.8},
    "motion": {"color": "#2f6fed", "lw": 1.0},
    "change": {"color": "#d1495b", "lw": 1.0},
}


def _with_gaps(times_s, values, pieces) -> tuple[np.ndarray, np.ndarray]:
    """The values with NaN at long gaps and between pieces, where no line must be drawn."""
    times_s, values, pieces = (np.asarray(part, float) for part in (times_s, values, pieces))
    breaks = np.flatnonzero((np.diff(times_s) > LONGEST_GAP_S) | (np.diff(pieces) != 0)) + 1
    return np.insert(times_s, breaks, np.nan), np.insert(values, breaks, np.nan)


def phase(segments: Sequence[Segment], person_id: int, time_s: float) -> str:
    """The phase of a person's expression: `onset`, `apex`, `offset`, or empty outside all segments."""
    for segment in segments:
        if segment.person_id == person_id and segment.onset_s - 1e-6 <= time_s <= segment.offset_s + 1e-6:
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
