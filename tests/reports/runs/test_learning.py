"""Training curves, live and afterwards."""

import json

import pandas as pd
import pytest

from emo_utils.errors import RunError
from emo_utils.reports.runs import learning
from emo_utils.reports.runs.learning import LiveCurves, plot_history


def row(epoch: int) -> dict:
    return {"epoch": epoch, "train_loss": 2.0 / (epoch + 1), "accuracy": 0.5, "uar": 0.4, "loss": 1.0, "seconds": 0.1}


def curves(figure) -> list[int]:
    """Number of lines with data in each panel."""
    return [len([line for line in axis.lines if len(line.get_xdata()) > 2]) for axis in figure.axes]


def test_live_curves_collect_and_draw_nothing_outside_a_notebook(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda *what, **how: shown.append(what))
    live = LiveCurves()
    for epoch in (0, 1, 2, 0, 1, 2, 3):
        live(row(epoch))
    assert [len(rows) for rows in live.runs] == [3, 4], "a fold per first epoch"
    assert curves(live.figure) == [4, 4]
    assert not shown


def test_live_curves_redraw_one_display_in_a_notebook(monkeypatch):
    updates = []

    class Handle:
        update = staticmethod(updates.append)

    monkeypatch.setattr(learning, "in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda figure, display_id: Handle)
    live = LiveCurves()
    for epoch in range(3):
        live(row(epoch))
    assert len(updates) == 2


def test_history_of_a_run_with_folds_and_of_one_fold(tmp_path):
    for fold in range(2):
        folder = tmp_path / f"fold_{fold}"
        folder.mkdir()
        pd.DataFrame([row(epoch) for epoch in range(5)]).to_csv(folder / "history.csv", index=False)
        (folder / "checkpoint.json").write_text(json.dumps({"best_epoch": 3}))
    assert curves(plot_history(tmp_path)) == [4, 4]
    figure = plot_history(tmp_path / "fold_1")
    assert curves(figure) == [2, 2]
    marks = [line.get_xdata()[0] for line in figure.axes[0].lines if len(line.get_xdata()) == 2]
    assert marks == [4], "epochs count from 1"


def test_a_run_without_validation_has_a_training_curve_alone(tmp_path):
    pd.DataFrame({"epoch": range(4), "train_loss": 1.0, "seconds": 1.0}).to_csv(tmp_path / "history.csv", index=False)
    assert curves(plot_history(tmp_path)) == [1, 0]


def test_no_history_says_what_was_expected(tmp_path):
    with pytest.raises(RunError, match="train the run first"):
        plot_history(tmp_path)
