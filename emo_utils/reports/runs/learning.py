"""Training curves: live in a notebook during training, and afterwards from a run's folder."""

from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from emo_utils.reports.chart_style import STYLE
from emo_utils.run_folder import RunFolder

TRAIN, VALIDATION, RECALL = "#9aa5b1", "#3d6fb6", "#f2a541"


class LiveCurves:
    """Curves that are redrawn after each epoch in the output of a notebook's cell; outside a notebook nothing is drawn.

    Use it as `workflows.train.train(..., on_epoch=LiveCurves())`. The first epoch of a fold starts new curves; those of
    earlier folds stay in pale colours.

    Args:
        title: of the figure.

    Attributes:
        runs: rows of the history, a list per fold.
    """

    def __init__(self, title: str = ""):
        self.runs: list[list[dict]] = []
        self.title = title
        self._handle = None

    def __call__(self, row: dict) -> None:
        """Add one epoch's row of the history, from `training.fit`."""
        if not self.runs or row["epoch"] <= self.runs[-1][-1]["epoch"]:
            self.runs.append([])
        self.runs[-1].append(row)
        if in_notebook():
            self._show()

    @property
    def figure(self) -> Figure:
        """The curves so far."""
        return draw_curves([pd.DataFrame(rows) for rows in self.runs], title=self.title)

    def _show(self) -> None:
        from IPython.display import display

        if self._handle is None:
            self._handle = display(self.figure, display_id=True)
        else:
            self._handle.update(self.figure)


def in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    try:
        from IPython import get_ipython
    except ModuleNotFoundError:
        return False
    shell = get_ipython()
    return shell is not None and "IPKernelApp" in shell.config


def plot_history(folder: Path | str) -> Figure:
    """Curves of all folds of a run; the best epoch of the last fold is marked.

    Args:
        folder: of a run, or of one of its folds.

    Raises:
        RunError: no fold in it has a history; models that are not trained in epochs have none.
    """
    folds = RunFolder(folder).with_history()
    return draw_curves([fold.history() for fold in folds], folds[-1].checkpoint().get("best_epoch"))


def draw_curves(histories: list[pd.DataFrame], kept: int | None = None, title: str = "") -> Figure:
    """Training and validation loss, and validation accuracy and UAR, over epochs counted from 1.

    Args:
        histories: a run's folds; the last in full colour, those before it pale.
        kept: the epoch, from 0, whose weights were kept.
        title: of the figure.
    """
    with plt.rc_context(STYLE):
        figure, (losses, shares) = plt.subplots(1, 2, figsize=(9, 3), layout="constrained")
        for position, history in enumerate(histories):
            last = position == len(histories) - 1
            look = {
                "lw": 1.8 if last else 0.7,
                "alpha": 1.0 if last else 0.4,
                "marker": "." if len(history) < 3 else "",
            }
            lines = [(losses, "train_loss", TRAIN, "train"), (losses, "loss", VALIDATION, "validation")]
            lines += [(shares, "accuracy", VALIDATION, "accuracy"), (shares, "uar", RECALL, "UAR")]
            for axis, column, colour, label in lines:
                if column in history:
                    label = label if last else None
                    axis.plot(history["epoch"] + 1, history[column], color=colour, label=label, **look)
        for axis, what in ((losses, "Loss"), (shares, "On the validation part")):
            if kept is not None:
                axis.axvline(kept + 1, color="#d1495b", lw=0.8, ls=":", label="kept")
            axis.set_title(what)
            axis.set_xlabel("epoch")
            axis.xaxis.set_major_locator(MaxNLocator(integer=True))
            if axis.get_legend_handles_labels()[0]:
                axis.legend()
        shares.set_ylim(0, 1.02)
        if title:
            figure.suptitle(title, x=0.02, ha="left", fontsize=10)
        plt.close(figure)  # shown once, as the cell's value
        return figure
