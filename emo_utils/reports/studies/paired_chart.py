"""A chart of conditions compared within people: a line per person, and the mean difference with its interval."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from emo_utils.evaluation.paired import Paired

INK, PALE = "#1f3b57", "#8aa0b4"


def paired_chart(compared: Sequence[Paired], title: str = "") -> Figure:
    """Draw comparisons side by side: left each person's means, right the mean difference.

    Args:
        compared: of `evaluation.paired.paired`.
        title: above the figure, such as the name of the corpus, and that it is synthetic.
    """
    figure = Figure(figsize=(3.4 * len(compared), 3.6), layout="constrained")
    for place, one in enumerate(compared):
        axes = figure.add_subplot(1, len(compared), place + 1)
        for first, second in one.means:
            axes.plot((0, 1), (first, second), color=PALE, marker="o", markersize=3, linewidth=1)
        axes.plot((0, 1), one.means.mean(axis=0), color=INK, marker="s", linewidth=2.5, label="mean")
        low, high = one.interval
        base = float(one.means[:, 0].mean())
        axes.errorbar(
            [1.8], [base + one.difference], yerr=[[one.difference - low], [high - one.difference]],
            color=INK, marker="D", capsize=4, linestyle="none",
        )  # fmt: skip
        axes.axhline(base, color=INK, linestyle=":", linewidth=1)
        axes.set_xticks((0, 1, 1.8), (*one.conditions, "difference,\n95 % interval"))
        axes.set_xlim(-0.3, 2.3)
        axes.set_ylabel(one.value)
        axes.set_title(f"p = {one.p:.3f}, $d_z$ = {one.d_z:.2f}, n = {len(one.people)}", fontsize=9)
        values = np.append(one.means.ravel(), (base + low, base + high))
        margin = 0.08 * max(float(np.ptp(values)), 1e-6)
        axes.set_ylim(values.min() - margin, values.max() + margin)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    if title:
        figure.suptitle(title)
    return figure
