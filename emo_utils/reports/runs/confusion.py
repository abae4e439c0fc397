"""Confusion matrices of several runs side by side (S3.7's grid)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from emo_utils.evaluation.measure import measure
from emo_utils.evaluation.predictions import classes_of
from emo_utils.labels import ALL_EMOTIONS
from emo_utils.reports.clips.charts import STYLE
from emo_utils.run_folder import RunFolder

SYNTHETIC = "SYNTHETIC data: says nothing about accuracy"
TITLE = 32
"""Characters of a line of a title."""


def confusion_grid(
    runs: Mapping[str, Path | pd.DataFrame], columns: int = 3, synthetic: bool = False, side: float = 3.1
) -> Figure:
    """A confusion matrix per run: each row a true class, in percent of its clips; titles tell accuracy and n.

    Args:
        runs: by title: a run's folder, or its predictions (`evaluation.predictions`).
        columns: matrices a row.
        synthetic: say so above all of them.
        side: of one matrix, in inches.

    Raises:
        ValueError: no runs.
        TableError: predictions break their contract.
    """
    if not runs:
        raise ValueError("confusion_grid: expected at least one run, found none")
    columns = min(columns, len(runs))
    rows = -(-len(runs) // columns)
    with plt.rc_context(STYLE):
        size = (side * columns, (side + 0.8) * rows)
        figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")
        for axis in axes.flat[len(runs) :]:
            axis.axis("off")
        for axis, (title, run) in zip(axes.flat, runs.items(), strict=False):
            table = run if isinstance(run, pd.DataFrame) else RunFolder(run).predictions()
            _draw_matrix(axis, fill(title, TITLE), measure(table, _in_usual_order(classes_of(table))))
        if synthetic:
            figure.suptitle(SYNTHETIC)
        plt.close(figure)  # shown once, as the cell's value
        return figure


def _in_usual_order(classes: Sequence[str]) -> list[str]:
    """The same order in every matrix: that of `labels.ALL_EMOTIONS`, then other names."""
    known = [name for name in ALL_EMOTIONS if name in classes]
    return known + [name for name in classes if name not in known]


def _draw_matrix(axis, title: str, report: dict) -> None:
    counts = np.array(report["confusion"], float)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), share in np.ndenumerate(shares):
        if share >= 0.005:
            ink = "white" if share > 0.5 else "black"
            axis.text(column, row, f"{100 * share:.0f}", ha="center", va="center", color=ink, fontsize=7)
    names = report["classes"]
    axis.set_xticks(range(len(names)), names, rotation=45, ha="right", fontsize=7)
    axis.set_yticks(range(len(names)), names, fontsize=7)
    axis.set_xlabel("named", fontsize=7)
    axis.set_ylabel("true", fontsize=7)
    axis.spines[:].set_visible(False)
    axis.set_title(f"{title}\n{report['accuracy']:.1%} of {report['n']} clips", fontsize=9)
