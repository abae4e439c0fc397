"""Grids of confusion matrices."""

import pandas as pd
import pytest

from emo_utils.reports.runs.confusion import confusion_grid


@pytest.fixture
def table():
    """Four clips of fear, one of them taken for anger; two of anger, both right."""
    labels = ["fear"] * 4 + ["anger"] * 2
    anger = [0.9, 0.1, 0.1, 0.1, 0.8, 0.8]
    ids = [f"c{number}" for number in range(6)]
    about = {"clip_id": ids, "subject_id": ids, "label": labels}
    return pd.DataFrame({**about, "p_anger": anger, "p_fear": [1 - share for share in anger]})


def test_rows_are_true_classes_in_percent(table, tmp_path):
    table.to_csv(tmp_path / "predictions_test.csv", index=False)
    figure = confusion_grid({"a": table, "b": tmp_path, "c": table, "d": table}, columns=3)
    drawn = [axis for axis in figure.axes if axis.get_title(loc="left")]
    assert [axis.get_title(loc="left") for axis in drawn] == [f"{name}\n83.3% of 6 clips" for name in "abcd"]
    for axis in drawn:
        assert [mark.get_text() for mark in axis.texts] == ["100", "25", "75"]
    assert figure.get_suptitle() == ""


def test_synthetic_runs_are_marked(table):
    assert "SYNTHETIC" in confusion_grid({"a": table}, synthetic=True).get_suptitle()


def test_no_runs_are_refused():
    with pytest.raises(ValueError, match="at least one run"):
        confusion_grid({})
