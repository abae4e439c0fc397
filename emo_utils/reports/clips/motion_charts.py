"""Charts about segments: found and true marks, apex pictures over the curve, errors of several rules."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import cv2
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from emo_utils.motion.regions import GROUPS
from emo_utils.motion.scoring import Marks, SegmentScore
from emo_utils.reports.chart_style import STYLE
from emo_utils.reports.clips.marks import UNNAMED, colour_of, mark_axis, of_person
from emo_utils.reports.clips.motion_chart import CURVES
from emo_utils.structures import Segment

if TYPE_CHECKING:
    import pandas as pd

TRUE_COLOUR = "#1b1f27"
EVEN_GRAY = 128
ERROR_MARKS = ("onset", "apex", "offset")


def curves_with_truth(
    tables: Mapping[str, "pd.DataFrame"],
    segments: Mapping[str, Sequence[Segment]],
    truth: Mapping[str, Sequence[Marks]],
    columns: int = 2,
) -> Figure:
    """A panel per clip: the curve in which segments are found, found marks (shaded), and true marks (a bar).

    Args:
        tables: of `motion.csv`, by the name of the clip.
        segments: found in each.
        truth: true onset, apex and offset of the expressions of each clip; clips without known truth may be absent.
        columns: panels a row.
    """
    with plt.rc_context(STYLE):
        rows = max(1, -(-len(tables) // columns))
        figure, axes = plt.subplots(
            rows, columns, figsize=(9, 1.4 * rows + 0.6), sharex=True, sharey=True, squeeze=False, layout="constrained"
        )
        for axis in axes.flat[len(tables) :]:
            axis.axis("off")
        for axis, (name, table) in zip(axes.flat, tables.items(), strict=False):
            axis.plot(table["time_s"], table["strength"], **CURVES["strength"])
            mark_axis(axis, segments[name])
            draw_truth(axis, table, truth.get(name, ()))
            axis.set_title(name)
        for axis in axes[:, 0]:
            axis.set_ylabel("strength")
        for axis in axes[-1, : len(tables) - (rows - 1) * columns]:
            axis.set_xlabel("time (s)")
        for axis in axes.flat[max(0, len(tables) - columns) : len(tables)]:
            axis.tick_params(labelbottom=True)
        figure.legend(handles=_key(), loc="outside upper left", ncols=4, fontsize=8)
        plt.close(figure)
    return figure


def _key() -> list:
    """The legend for `mark_axis` and `draw_truth`."""
    plain = {"color": "none", "markerfacecolor": TRUE_COLOUR, "markeredgecolor": "none"}
    return [
        Patch(color=UNNAMED, alpha=0.3, lw=0, label="found: onset to offset"),
        Line2D([], [], marker="v", label="found: apex", **plain),
        Line2D([], [], color=TRUE_COLOUR, lw=3, alpha=0.4, label="true: onset to offset"),
        Line2D([], [], marker="^", label="true: apex", **plain),
    ]


def draw_truth(axis, table: "pd.DataFrame", truth: Sequence[Marks]) -> None:
    """True marks as a bar along the lower edge of an axis in seconds: from onset to offset, a tick at the apex."""
    across = axis.get_xaxis_transform()
    for marks in truth:
        onset_s, apex_s, offset_s = np.interp(marks, table["frame_index"], table["time_s"])
        axis.plot([onset_s, offset_s], [0.04, 0.04], color=TRUE_COLOUR, lw=3, alpha=0.4, transform=across)
        axis.plot([apex_s], [0.04], "^", color=TRUE_COLOUR, ms=6, transform=across, clip_on=False, zorder=6)


def parts_chart(motion: "pd.DataFrame", segments: Sequence[Segment] = ()) -> Figure:
    """Displacement of each face region of one person from rest, with the marks of the segments."""
    with plt.rc_context(STYLE):
        figure, axis = plt.subplots(figsize=(9, 2.4), layout="constrained")
        for name in GROUPS:
            axis.plot(motion["time_s"], motion[name], lw=0.8 if name == "eyes" else 1.4, label=name)
        mark_axis(axis, segments)
        axis.set_ylim(bottom=0)
        axis.set_ylabel("face sides")
        axis.set_xlabel("time (s)")
        axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        plt.close(figure)
    return figure


def whole_clip(
    motion: "pd.DataFrame",
    segments: Sequence[Segment],
    apexes: Mapping[int, np.ndarray],
    truth: Sequence[Marks] = (),
    person_id: int = 1,
) -> Figure:
    """One person over a whole clip: the curve, the marks, and over each apex its picture and emotion.

    Args:
        motion: the table of `motion.csv`.
        segments: of the clip; those of this person are drawn.
        apexes: uint8 (S, S, 3), apex pictures of this person by frame; may be missing for a segment.
        truth: true onset, apex and offset, if known.
        person_id: of the person.
    """
    own, rows = of_person(segments, person_id), motion[motion["person_id"] == person_id]
    with plt.rc_context(STYLE):
        figure = plt.figure(figsize=(9, 4.2), layout="constrained", dpi=75)
        pictures, axis = figure.subplots(2, 1, height_ratios=(1.0, 1.5))
        for name, style in CURVES.items():
            axis.plot(rows["time_s"], rows[name], label=name, **style)
        mark_axis(axis, own)
        draw_truth(axis, rows, truth)
        axis.set_xlim(rows["time_s"].min(), rows["time_s"].max())
        axis.set_ylabel("distance from rest")
        axis.set_xlabel("time (s)")
        axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        pictures.axis("off")
        pictures.set_xlim(axis.get_xlim())
        pictures.set_ylim(0, 1)
        figure.draw_without_rendering()  # computes the layout, so that pictures can be square
        seconds_high = _seconds_high(pictures)
        for segment in own:
            if segment.apex in apexes:
                _place_picture(pictures, apexes[segment.apex], segment, seconds_high)
        plt.close(figure)
    return figure


def _seconds_high(axis) -> float:
    """The height of an axis, in the seconds of its horizontal scale."""
    box, (start, end) = axis.get_window_extent(), axis.get_xlim()
    return box.height / box.width * (end - start)


def _place_picture(axis, picture: np.ndarray, segment: Segment, seconds_high: float) -> None:
    """A square picture over the time of an apex, with its emotion above."""
    half_s = 0.8 * seconds_high / 2
    start, end = axis.get_xlim()
    middle_s = float(np.clip(segment.apex_s, start + half_s, max(end - half_s, start + half_s)))
    place = (middle_s - half_s, middle_s + half_s, 0.0, 0.8)
    axis.imshow(picture, extent=place, aspect="auto", cmap="gray", vmin=0, vmax=255)
    axis.set_xlim(start, end)
    axis.set_ylim(0, 1)
    text = segment.emotion or "not read"
    axis.text(middle_s, 0.84, text, ha="center", va="bottom", fontsize=8, color=colour_of(segment))


def errors_chart(scores: Mapping[str, SegmentScore]) -> Figure:
    """A row per rule, a panel per mark: a dot per segment found, at its error in frames; a line at the median."""
    with plt.rc_context(STYLE):
        size = (9, 0.9 + 0.42 * max(1, len(scores)))
        figure, axes = plt.subplots(1, len(ERROR_MARKS), figsize=size, sharey=True, layout="constrained")
        jitter = np.random.default_rng(0)
        for axis, mark in zip(axes, ERROR_MARKS, strict=True):
            for row, score in enumerate(scores.values()):
                errors = np.asarray(getattr(score, mark), float)
                heights = row + jitter.uniform(-0.22, 0.22, len(errors))
                axis.plot(errors, heights, "o", ms=4, alpha=0.5, color="#2f6fed", mew=0)
                if len(errors):
                    axis.plot([np.median(errors)] * 2, [row - 0.35, row + 0.35], color="#d1495b", lw=2)
            axis.axvline(0, color=TRUE_COLOUR, lw=0.8, zorder=0)
            axis.set_title(mark)
            axis.set_xlabel("frames early (-) or late (+)")
        axes[0].set_yticks(range(len(scores)), list(scores))
        axes[0].invert_yaxis()
        plt.close(figure)
    return figure


def difference(first: np.ndarray, second: np.ndarray, gain: float = 3.0) -> np.ndarray:
    """Difference of two pictures in brightness, uint8 (H, W): gray if equal, lighter where the second is lighter.

    Args:
        first: uint8 (H, W, 3) RGB or (H, W) gray.
        second: of the same shape.
        gain: gray levels per gray level of difference.
    """
    pair = [picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (first, second)]
    change = pair[1].astype(float) - pair[0]
    return np.clip(np.round(EVEN_GRAY + gain * change), 0, 255).astype(np.uint8)


def time_slice(pictures: Sequence[np.ndarray], column: int) -> np.ndarray:
    """One pixel column of every picture side by side, uint8 (H, T, ...): time runs to the right."""
    return np.stack([picture[:, column] for picture in pictures], axis=1)
