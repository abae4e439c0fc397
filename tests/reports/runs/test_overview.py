"""Several runs as one table or one chart."""

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from emo_utils.errors import RunError
from emo_utils.evaluation.measure import measure
from emo_utils.reports.runs.overview import NOTE, figures_chart, histories_chart, noted, recall_table, result_grid

CLASSES = ("anger", "happiness")


@pytest.fixture
def predictions() -> pd.DataFrame:
    """Four clips of two people; the last is misread."""
    return pd.DataFrame(
        {
            "clip_id": ["a1", "a2", "b1", "b2"],
            "subject_id": ["a", "a", "b", "b"],
            "label": ["anger", "happiness", "anger", "happiness"],
            "p_anger": [0.9, 0.2, 0.7, 0.6],
            "p_happiness": [0.1, 0.8, 0.3, 0.4],
        }
    )


def test_a_grid_has_a_figure_with_its_interval_in_each_cell_and_keeps_the_order(predictions):
    report = measure(predictions, CLASSES)
    grid = result_grid({(15, "b"): report, (5, "b"): report, (5, "a"): report}, names=("interval", "UAR"))
    assert list(grid.index) == [15, 5]
    assert list(grid.columns) == ["b", "a"]
    assert grid.loc[5, "a"] == "75.0 % [50.0, 100.0]"
    assert grid.loc[15, "a"] == "", "no run, no figure"


def test_a_chart_names_every_run_from_the_top_and_marks_chance(predictions):
    report = measure(predictions, CLASSES)
    (axis,) = figures_chart({"first": report, "second": report}).axes
    assert [label.get_text() for label in axis.get_yticklabels()] == ["second", "first"]
    assert list(axis.lines[0].get_xdata()) == [0.5, 0.5]


def test_recalls_stand_beside_the_source_and_what_it_does_not_tell_is_a_dash(predictions):
    table = recall_table({"ours": predictions}, {"happiness": "91.5 %", "fear": "86.0 %"})
    assert list(table.index) == ["anger", "fear", "happiness"]
    assert table.loc["happiness", "ours"] == "50 % [0, 100]"
    assert (table.loc["anger", "source"], table.loc["fear", "ours"]) == ("-", "-")
    assert table["clips"].tolist() == [2, 0, 2]


def test_histories_are_read_from_runs_and_from_folds_and_a_missing_one_is_named(tmp_path):
    history = pd.DataFrame({"epoch": [0, 1], "train_loss": [2.0, 1.0], "uar": [0.2, 0.5]})
    (tmp_path / "run" / "fold_0").mkdir(parents=True)
    history.to_csv(tmp_path / "run" / "fold_0" / "history.csv", index=False)
    losses, shares = histories_chart({"run": tmp_path / "run", "fold": tmp_path / "run" / "fold_0"}).axes
    assert len(losses.lines) == len(shares.lines) == 2
    with pytest.raises(RunError, match="train the run first"):
        histories_chart({"none": tmp_path / "none"})


def test_a_synthetic_figure_says_so_and_grows_for_it():
    figure, _ = plt.subplots(layout="constrained")
    plt.close(figure)
    before = figure.get_figheight()
    assert noted(figure, synthetic=False).get_figheight() == before
    assert noted(figure, synthetic=True).get_figheight() > before
    assert any(text.get_text() == NOTE for text in figure.texts)
