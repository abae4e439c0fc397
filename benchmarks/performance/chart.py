"""The chart of a table: ratios and their goals, shares of the stages, costs."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
from rows import Row

BLUE, GREEN, ORANGE, GREY = "#0072b2", "#009e73", "#d55e00", "#666666"


def draw_chart(path: Path, rows: Sequence[Row], about: dict[str, str]) -> None:
    """Panels for the parts that were measured."""
    panels = [panel for panel in (_goals, _stages, _faces, _resolution, _length) if panel(None, rows)]
    if not panels:
        return
    lines = (len(panels) + 1) // 2
    figure, axes = plt.subplots(lines, 2, figsize=(12, 4.2 * lines), layout="constrained", squeeze=False)
    for axis, panel in zip(axes.flat, panels, strict=False):
        panel(axis, rows)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in list(axes.flat)[len(panels) :]:
        axis.set_visible(False)
    title = f"emo_utils {about['emo_utils']}, commit {about['commit']}, {about['date']}"
    figure.suptitle(f"{title}\n{about['processor']}, {about['cores']} cores, Python {about['python']}", fontsize=11)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def _of(rows: Sequence[Row], part: str, unit: str | None = None) -> list[Row]:
    return [row for row in rows if row.part == part and row.value is not None and unit in (None, row.unit)]


def _goals(axis, rows: Sequence[Row]) -> bool:
    """Every figure with a goal, as a share of the goal: to the left of the line it is met."""
    chosen = [row for row in rows if row.goal and row.value]
    if axis is None or not chosen:
        return bool(chosen)
    shares = [row.goal.limit / row.value if row.goal.at_least else row.value / row.goal.limit for row in chosen]
    places = range(len(chosen))
    axis.barh(places, shares, color=[GREEN if row.verdict == "met" else ORANGE for row in chosen])
    axis.set_yticks(places, [f"{row.case}: {row.value:.3g} {row.unit}" for row in chosen], fontsize=8)
    axis.invert_yaxis()
    axis.axvline(1, color=GREY)
    axis.set_xlabel("share of the goal (the line); shorter is better")
    axis.set_title("Goals: met green, not met orange")
    return True


def _stages(axis, rows: Sequence[Row]) -> bool:
    chosen = [row for row in _of(rows, "stages", "%") if row.value >= 1]
    if axis is None or not chosen:
        return bool(chosen)
    names = list(dict.fromkeys(row.case.split(": ")[1] for row in chosen))
    for number, (kind, colour) in enumerate((("timeline", BLUE), ("everything", ORANGE))):
        values = {row.case: row.value for row in chosen}
        lengths = [values.get(f"{kind}: {name}", 0) for name in names]
        axis.barh([place + 0.4 * number for place in range(len(names))], lengths, 0.38, color=colour, label=kind)
    axis.set_yticks([place + 0.2 for place in range(len(names))], names, fontsize=8)
    axis.invert_yaxis()
    axis.set_xlabel("% of the busy time of all threads")
    axis.set_title("Share of each stage")
    axis.legend(frameon=False)
    return True


def _line(axis, rows: Sequence[Row], part: str, suffix: str, label: str, title: str) -> bool:
    chosen = [row for row in _of(rows, part, "ms a frame") if row.case.endswith(suffix)]
    if axis is None or not chosen:
        return bool(chosen)
    xs = [int("".join(filter(str.isdigit, row.case.split()[0]))) for row in chosen]
    ys = [row.value for row in chosen]
    spread = [[row.value - row.low for row in chosen], [row.high - row.value for row in chosen]]
    axis.errorbar(xs, ys, spread, marker="o", color=ORANGE if suffix == "decoding" else BLUE, capsize=3, label=suffix)
    axis.set_ylim(bottom=0)
    axis.set_xlabel(label)
    axis.set_ylabel("ms a frame")
    axis.set_title(title)
    return True


def _faces(axis, rows: Sequence[Row]) -> bool:
    return _line(axis, rows, "faces", "", "faces a frame", "Faces a frame (timeline only)")


def _length(axis, rows: Sequence[Row]) -> bool:
    return _line(axis, rows, "length", "", "frames of the clip", "Length of the clip (timeline only)")


def _resolution(axis, rows: Sequence[Row]) -> bool:
    drawn = [
        _line(axis, rows, "resolution", kind, "height of the picture, px", "Resolution")
        for kind in ("timeline", "decoding")
    ]
    if axis is not None and any(drawn):
        axis.legend(frameon=False)
    return any(drawn)
