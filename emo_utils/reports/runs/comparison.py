"""Comparison of runs from their predictions: people, pairs, calibration, random split against split by person."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from emo_utils.evaluation.calibration import BINS, calibrated, expected_calibration_error, reliability
from emo_utils.evaluation.compare import COMPARED, compare
from emo_utils.evaluation.predictions import arrays, classes_of
from emo_utils.reports.chart_style import STYLE
from emo_utils.reports.runs.finished import FinishedRun, figures_of
from emo_utils.reports.runs.overview import figure_text
from emo_utils.reports.runs.table_text import SYNTHETIC

MOST_NAMES = 40
"""Largest number of people whose names are written under a chart."""
FEWEST_FOR_BINS, FEWER_BINS = 300, 6
"""With fewer clips a reliability diagram is drawn with fewer bins; its ECE keeps the usual number."""
FIRST, SECOND, GRAY = "#3d6fb6", "#f2a541", "#9aa5b1"
NOT_KNOWN = "who is in the clips is not known"
"""Said where each clip counts as a person of its own."""
UNPAIRED = {"protocol", "fold", "folds"}
"""Settings that may differ between two runs that are compared as two protocols."""


def marked(title: str, synthetic: bool) -> str:
    """The title, marked as synthetic where the data are synthetic."""
    return f"{SYNTHETIC}: {title}" if synthetic else title


def confused(run: FinishedRun, true: str | None = None, named: str | None = None) -> tuple[str, str, list[str]]:
    """One cell of a run's confusion matrix and its clips.

    Args:
        run: the run.
        true: the true class of the cell; by default that of the most frequent error.
        named: the predicted class of the cell; by default likewise.

    Returns:
        The true class, the named class, and the clips' ids; the ids are empty where no such mistake was made.
    """
    pairs = list(zip(*_true_and_predicted(run.predictions), strict=True))
    counts = Counter((t, n) for t, n in pairs if t != n and true in (None, t) and named in (None, n))
    cell = max(sorted(counts), key=counts.get) if counts else (true or "", named or "")
    if true and named:
        cell = (true, named)
    return *cell, [clip for clip, pair in zip(run.predictions["clip_id"], pairs, strict=True) if pair == cell]


def _true_and_predicted(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Names of the true and of the predicted classes, (N,) each."""
    classes = np.array(classes_of(table))
    labels, probabilities = arrays(table, classes)
    return classes[labels], classes[probabilities.argmax(axis=1)]


def people_chart(run: FinishedRun) -> Figure:
    """Accuracy of each person, sorted, with the accuracy of all clips and its 95 % interval over people.

    Without bars where the corpus does not tell who is in its clips.
    """
    report, chance = run.report, 1 / len(run.report["classes"])
    people = sorted(report["per_person"].items(), key=lambda item: (item[1]["accuracy"], item[0]))
    counted = "person" if people else NOT_KNOWN
    low, high = report["accuracy_interval_95"]
    with plt.rc_context(STYLE):
        width = min(9, max(6.5, 1.8 + 0.28 * len(people)))
        figure, axis = plt.subplots(figsize=(width, 2.9), layout="constrained")
        axis.axhspan(low, high, color=SECOND, alpha=0.3, lw=0, label=f"95 % over people [{low:.0%}, {high:.0%}]")
        axis.axhline(report["accuracy"], color=SECOND, lw=2, zorder=3, label=f"all clips {report['accuracy']:.1%}")
        axis.axhline(chance, color="black", lw=0.8, ls=":", zorder=3, label=f"chance {chance:.1%}")
        axis.bar(range(len(people)), [one["accuracy"] for _, one in people], color=FIRST, width=0.7, zorder=2)
        names = [name for name, _ in people] if len(people) <= MOST_NAMES else []
        axis.set_xticks(range(len(names)), names, rotation=90 if len(names) > 3 else 0)
        axis.set_ylim(0, 1)
        axis.set_yticks([0, 0.5, 1], ["0", "50 %", "100 %"])
        axis.set_xlabel(counted)
        axis.set_title(marked(f"accuracy of each person\n{run.label}", run.synthetic))
        axis.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)
    plt.close(figure)
    return figure


def first_pair(runs: Sequence[FinishedRun]) -> tuple[FinishedRun, FinishedRun] | None:
    """The first two runs that predicted the same clips; None where there are no two."""
    clips = [frozenset(run.predictions["clip_id"]) for run in runs]
    pairs = ((a, b) for i, a in enumerate(runs) for j, b in enumerate(runs) if i < j and clips[i] == clips[j])
    return next(pairs, None)


def pair_chart(a: FinishedRun, b: FinishedRun) -> Figure:
    """Two runs over the same people: each person's two accuracies, and the difference with its 95 % interval."""
    result = compare(a.predictions, b.predictions)
    people = [(a.report["per_person"][name], b.report["per_person"][name]) for name in a.report["per_person"]]
    with plt.rc_context(STYLE):
        figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.4), layout="constrained", width_ratios=(1, 1.5))
        spots = Counter((two["accuracy"], one["accuracy"]) for one, two in people)
        left.plot([0, 1], [0, 1], color=GRAY, lw=1, ls=":")
        places = np.array(list(spots), float).reshape(-1, 2)
        left.scatter(*places.T, s=[26 * n for n in spots.values()], color=FIRST, alpha=0.75, zorder=2)
        left.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal", xlabel="accuracy, B", ylabel="accuracy, A")
        left.set(xticks=[0, 0.5, 1], yticks=[0, 0.5, 1])
        known = f"{result['people']} people, a dot each\n(above the line A is better)"
        left.set_title(known if people else NOT_KNOWN)
        _draw_differences(right, result)
        figure.suptitle(
            marked(f"A: {a.label}\nB: {b.label}", a.synthetic or b.synthetic), x=0.02, ha="left", fontsize=10
        )
    plt.close(figure)
    return figure


def _draw_differences(axis, result: dict) -> None:
    axis.axvline(0, color=GRAY, ls=":")
    for row, figure in enumerate(reversed(COMPARED)):
        found = result[figure]
        low, high = (100 * value for value in found["interval_95"])
        difference = 100 * found["difference"]
        axis.plot([low, high], [row, row], color=FIRST, lw=3, solid_capstyle="butt")
        axis.plot(difference, row, "o", color=FIRST, ms=8)
        text = f"{difference:+.1f} [{low:+.1f}, {high:+.1f}] points, permutation p = {found['permutation_p']:.3f}"
        axis.annotate(text, (0, row), xytext=(2, 12), textcoords="offset points", ha="center", fontsize=8,
                      bbox={"facecolor": "white", "linewidth": 0, "pad": 1})  # fmt: skip
    widest = max(abs(100 * value) for figure in COMPARED for value in result[figure]["interval_95"])
    axis.set_xlim(-1.3 * widest - 4, 1.3 * widest + 4)
    axis.set_yticks(range(len(COMPARED)), [figure.upper() if figure == "uar" else figure for figure in COMPARED[::-1]])
    axis.set_ylim(-0.6, len(COMPARED) - 0.3)
    axis.set_xlabel("A minus B, percentage points, 95 % interval over people")


def reliability_chart(run: FinishedRun) -> Figure:
    """Reliability diagrams: as predicted, and after temperature scaling fitted on other people.

    Each bar is the accuracy in a bin of confidence; on the diagonal accuracy equals confidence.
    """
    after = calibrated(run.predictions)
    versions = {"as predicted": run.predictions} | ({} if after is None else {"after temperature scaling": after})
    with plt.rc_context(STYLE):
        size = (3.9 * len(versions), 4.2)
        figure, axes = plt.subplots(
            2, len(versions), figsize=size, sharex=True, sharey="row", squeeze=False, layout="constrained",
            height_ratios=(4, 1),
        )  # fmt: skip
        for (name, table), (upper, lower) in zip(versions.items(), axes.T, strict=True):
            draw_reliability(upper, lower, table)
            upper.set_title(f"{name}: ECE {_calibration_error(table):.3f}")
        axes[0, 0].set_ylabel("right, share")
        axes[1, 0].set_ylabel("clips, share")
        axes[0, 0].legend(fontsize=8, loc="upper left")
        figure.suptitle(marked(run.label, run.synthetic), x=0.02, ha="left", fontsize=10)
    plt.close(figure)
    return figure


def _calibration_error(table: pd.DataFrame) -> float:
    labels, probabilities = arrays(table, classes_of(table))
    return expected_calibration_error(probabilities.max(axis=1), probabilities.argmax(axis=1) == labels)


def draw_reliability(upper, lower, table: pd.DataFrame) -> None:
    """Draw the accuracy by confidence of a prediction table into one axis, the share of clips per bin into another."""
    bins = reliability(table, BINS if len(table) >= FEWEST_FOR_BINS else FEWER_BINS)
    filled = bins[bins["count"] > 0]
    width = 0.92 * (bins["high"] - bins["low"]).iloc[0]
    centre = (filled["low"] + filled["high"]) / 2
    confidence, accuracy = filled["confidence"], filled["accuracy"]
    upper.bar(centre, accuracy, width, color=FIRST, label="accuracy")
    over, under = (confidence - accuracy).clip(lower=0), (accuracy - confidence).clip(lower=0)
    upper.bar(centre, over, width, accuracy, color=SECOND, alpha=0.6, label="overconfident by")
    upper.bar(centre, under, width, accuracy - under, color="#a9c4e6", label="underconfident by")
    upper.plot([0, 1], [0, 1], color="black", lw=0.8, ls=":")
    lower.bar(centre, filled["count"] / filled["count"].sum(), width, color=GRAY)
    upper.set(xlim=(0, 1), ylim=(0, 1.02))
    lower.set_xlabel("confidence in the named class")


@dataclass(frozen=True)
class Gap:
    """The same model under both protocols.

    Attributes:
        name: of the model.
        by_person: people kept apart.
        random: clips split at random; None if there is no such run.
    """

    name: str
    by_person: FinishedRun
    random: FinishedRun | None = None

    def difference(self, figure: str = "accuracy") -> tuple[float, float | None, float | None]:
        """Random split minus split by person; and, if both predicted the same clips, its 95 % interval over people."""
        pair = self.random and first_pair((self.random, self.by_person))
        if pair:
            found = compare(*(run.predictions for run in pair))[figure]
            return found["difference"], *found["interval_95"]
        return self.random.report[figure] - self.by_person.report[figure], None, None


def find_gaps(runs: Sequence[FinishedRun]) -> list[Gap]:
    """Runs by person, each with the run of the same settings under a random split; published predictions come last.

    Runs by person without such a partner are left out. A run that exists in two folders, as after a change of how
    folders are named, is listed once.
    """
    random = {_but_protocol(run): run for run in runs if run.protocol == "random"}
    pairs = [(run, random.get(_but_protocol(run))) for run in runs if run.protocol == "subject"]
    found = _distinct([Gap(run.network, run, partner) for run, partner in pairs if partner])
    return sorted(found, key=lambda gap: gap.name) + [Gap(run.network, run) for run in runs if not run.protocol]


def _distinct(gaps: Sequence[Gap]) -> list[Gap]:
    """The gaps without doubles: those with the network and the figures of an earlier one."""
    found: dict[tuple, Gap] = {}
    for gap in gaps:
        found.setdefault((gap.name, figures_of(gap.by_person), figures_of(gap.random)), gap)
    return list(found.values())


def _but_protocol(run: FinishedRun) -> str:
    return repr(sorted((key, repr(value)) for key, value in run.experiment.items() if key not in UNPAIRED))


def gap_table(gaps: Sequence[Gap], figures: Sequence[str] = ("accuracy", "uar")) -> pd.DataFrame:
    """A row per model and figure: random split, by person, and the difference in percentage points."""
    rows = []
    for gap in gaps:
        for figure in figures:
            row = {
                "model": gap.name,
                "figure": figure,
                "random split": figure_text(gap.random.report, figure) if gap.random else "-",
            }
            row |= {"by person": figure_text(gap.by_person.report, figure), "random flatters by": _points(gap, figure)}
            counted = f"{gap.by_person.report['n']} / {gap.by_person.report['people']}"
            rows.append(row | {"clips / people": counted, "data": SYNTHETIC if gap.by_person.synthetic else "real"})
    return pd.DataFrame(rows).set_index(["model", "figure"]) if rows else pd.DataFrame()


def _points(gap: Gap, figure: str) -> str:
    if gap.random is None:
        return "by person alone"
    difference, low, high = gap.difference(figure)
    interval = "" if low is None else f" [{100 * low:+.1f}, {100 * high:+.1f}]"
    return f"{100 * difference:+.1f} points{interval}"


def gap_chart(gaps: Sequence[Gap], figure: str = "accuracy") -> Figure:
    """Each model under both protocols, with 95 % intervals over people, and the difference, due to identity leakage."""
    synthetic = any(gap.by_person.synthetic for gap in gaps)
    chance = 1 / len(gaps[0].by_person.report["classes"])
    with plt.rc_context(STYLE):
        drawn, axis = plt.subplots(figsize=(8.6, 1.4 + 0.75 * len(gaps)), layout="constrained")
        axis.axvline(chance, color=GRAY, ls=":", label="chance")
        for colour, name in ((SECOND, "clips split at random"), (FIRST, "people kept apart")):
            axis.plot([], [], "o", color=colour, label=name)
        for row, gap in enumerate(reversed(gaps)):
            _draw_gap(axis, row, gap, figure)
        axis.set_yticks(range(len(gaps)), [gap.name.replace("_", " ") for gap in reversed(gaps)])
        axis.set(xlim=(0, 1), ylim=(-0.6, len(gaps) - 0.4))
        axis.set_xticks(np.linspace(0, 1, 6), [f"{share:.0%}" for share in np.linspace(0, 1, 6)])
        axis.set_xlabel(f"{figure}, with 95 % intervals over people")
        axis.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, borderaxespad=0.2, handletextpad=0.3)
        axis.annotate("random flatters by", (1.02, 1), xycoords="axes fraction", va="bottom", fontsize=8, weight="bold")
        drawn.suptitle(marked("the same models under two protocols", synthetic), x=0.02, ha="left", fontsize=10)
    plt.close(drawn)
    return drawn


def _draw_gap(axis, row: int, gap: Gap, figure: str) -> None:
    for run, colour, height in ((gap.random, SECOND, row + 0.14), (gap.by_person, FIRST, row - 0.14)):
        if run is not None:
            interval = run.report[f"{figure}_interval_95"]
            axis.plot(interval, [height] * 2, color=colour, lw=3, solid_capstyle="butt")
            axis.plot(run.report[figure], height, "o", color=colour, ms=8)
            axis.annotate(f"{run.report[figure]:.1%}", (interval[1], height), xytext=(5, 0),
                          textcoords="offset points", va="center", fontsize=8)  # fmt: skip
    axis.annotate(_points(gap, figure), (1.02, row), xycoords=("axes fraction", "data"), va="center", fontsize=8)
