"""Confusion matrices of several runs side by side (S3.7's grid)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn
from matplotlib.figure import Figure

from emo_utils.evaluation.measure import measure
from emo_utils.evaluation.predictions import classes_of
from emo_utils.labels import ALL_EMOTIONS
from emo_utils.reports.chart_style import STYLE
from emo_utils.run_folder import RunFolder

SYNTHETIC_TITLE = "SYNTHETIC data: says nothing about accuracy"
TITLE = 32
"""Characters of a line of a title."""


def confusion_grid(
    runs: Mapping[str, Path | pd.DataFrame], columns: int = 3, synthetic: bool = False, side: float = 3.1
) -> Figure:
    """A confusion matrix per run: each row a true class, in percent of its clips; titles give accuracy and n.

    Args:
        runs: by title: a run's folder, or its predictions (`evaluation.predictions`).
        columns: matrices per row.
        synthetic: mark the figure as synthetic.
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
            figure.suptitle(SYNTHETIC_TITLE)
        plt.close(figure)  # shown once, as the cell's value
        return figure


def _in_usual_order(classes: Sequence[str]) -> list[str]:
    """The classes in the order of `labels.ALL_EMOTIONS`, then other names."""
    known = [name for name in ALL_EMOTIONS if name in classes]
    return known + [name for name in classes if name not in known]


def _draw_matrix(axis, title: str, report: dict) -> None:
    counts = np.array(report["confusion"], float)
    percent = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    names = report["classes"]
    seaborn.heatmap(
        percent, vmin=0, vmax=100, cmap="Blues", annot=True, fmt=".0f", annot_kws={"size": 7}, mask=percent < 0.5,
        cbar=False, square=True, xticklabels=names, yticklabels=names, ax=axis,
    )  # fmt: skip
    axis.tick_params(labelsize=7, length=0)
    axis.tick_params(axis="y", rotation=0)
    plt.setp(axis.get_xticklabels(), rotation=45, ha="right")
    axis.set_xlabel("predicted", fontsize=7)
    axis.set_ylabel("true", fontsize=7)
    axis.set_title(f"{title}\n{report['accuracy']:.1%} of {report['n']} clips", fontsize=9)
