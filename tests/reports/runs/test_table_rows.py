"""Result tables as they are read and drawn, without runs."""

import numpy as np
import pandas as pd
import pytest

from emo_utils.evaluation.measure import measure
from emo_utils.reports.runs.table_rows import (
    CellResult,
    TableRow,
    figure_of,
    measure_seeds,
    read_evidence,
    write_evidence,
)
from emo_utils.reports.runs.table_text import cell_text, frame, markdown, text

CLASSES = ("anger", "fear", "neutral")


def predictions(named: str, people: int = 3, fold: int = 0) -> pd.DataFrame:
    """A clip of each class of each person; `named` holds the first letter of what each is taken for, over and over."""
    letters = {name[0]: position for position, name in enumerate(CLASSES)}
    lines = []
    for index in range(people * len(CLASSES)):
        shares = np.full(len(CLASSES), 0.1)
        shares[letters[named[index % len(named)]]] = 0.8
        about = {"clip_id": f"c{fold}_{index}", "subject_id": f"{index // len(CLASSES):02}"}
        about["label"] = CLASSES[index % len(CLASSES)]
        lines.append(about | {f"p_{name}": share for name, share in zip(CLASSES, shares, strict=True)})
    return pd.DataFrame(lines)


def row(**values) -> TableRow:
    done = CellResult("done", value=0.5, low=0.4, high=0.6, n=10, people=2, seeds=(0,), commit="0123456789ab+changes")
    about = {
        "table": "S3",
        "name": "5/x",
        "row": "interval 5",
        "column": "X",
        "metric": "accuracy",
        "source": "85.87 %",
    }
    return TableRow(**{**about, "as_source": done, "by_person": CellResult("not possible", "nobody knows"), **values})


def test_figures_are_those_of_measure():
    table = predictions("aan")
    report = measure(table)
    for metric in ("accuracy", "uar", "macro_f1"):
        value, interval, rows = figure_of(table, metric)
        assert (value, interval, len(rows)) == (report[metric], report[f"{metric}_interval_95"], 9)
    value, interval, rows = figure_of(table, "recall/fear")
    assert (value, interval, len(rows)) == (0.0, [0.0, 0.0], 3)
    with pytest.raises(KeyError):
        figure_of(table, "recall/surprise")


def test_seeds_give_mean_and_spread_and_do_not_pass_for_people():
    one = measure_seeds({0: predictions("afa")}, "accuracy")
    assert one["spread"] is None
    both = measure_seeds({0: predictions("afa"), 1: predictions("afn")}, "accuracy")
    assert both["value"] == pytest.approx((2 / 3 + 1) / 2)
    assert both["spread"] == pytest.approx(np.std([2 / 3, 1], ddof=1))
    assert (both["n"], both["people"], both["seeds"]) == (9, 3, (0, 1))
    assert measure_seeds({0: predictions("afn")}, "accuracy", people_known=False)["people"] is None


@pytest.mark.parametrize(
    ("result", "metric", "shown"),
    [
        (CellResult("done", value=0.8587, low=0.8, high=0.9), "accuracy", "85.9 % [80.0, 90.0]"),
        (CellResult("done", value=0.8587, low=0.8, high=0.9, spread=0.01), "accuracy", "85.9 ± 1.0 % [80.0, 90.0]"),
        (CellResult("done", value=0.83, low=0.8, high=0.9), "macro_f1", "0.83 [0.80, 0.90]"),
        (CellResult("done", value=3_468_709), "parameters", "3.469 M"),
        (
            CellResult("done", value=0.5, low=0, high=1, part="validation"),
            "accuracy",
            "50.0 % [0.0, 100.0], validation part",
        ),
        (CellResult("not run", "corpus absent"), "accuracy", "not run: corpus absent"),
        (CellResult("not run"), "accuracy", "not run"),
        (CellResult(), "accuracy", "-"),
    ],
)
def test_a_figure_as_it_is_shown(result, metric, shown):
    assert cell_text(result, metric) == shown


def test_reasons_and_notes_become_footnotes():
    shown = text([row(note="61.69 is printed"), row(note="61.69 is printed")])
    assert shown.count("nobody knows") == shown.count("61.69 is printed") == 1
    assert "85.87 % (2)" in shown
    assert "not possible (1)" in shown
    assert "0123456+" in shown
    assert "to run it" not in shown, "empty columns are left out"


def test_markdown_has_as_many_cells_in_every_line():
    lines = [line for line in markdown([row(), row(note="x")]).splitlines() if line.startswith("|")]
    assert len(lines) == 4
    assert len({line.count("|") for line in lines}) == 1


def test_a_frame_has_a_line_per_cell_and_never_a_synthetic_figure_under_ours():
    assert frame([row()])["ours, as the source"].loc["S3/5/x"] == "50.0 % [40.0, 60.0]"
    synthetic = frame([row(corpus="sample", synthetic=True)])
    assert not [name for name in synthetic if name.startswith("ours")]
    assert synthetic["SYNTHETIC, as the source"].iloc[0].startswith("SYNTHETIC")


def test_evidence_comes_back_as_it_was_written(tmp_path):
    path = tmp_path / "tables.csv"
    many = CellResult("done", value=0.25, low=0.1, high=0.4, spread=0.125, n=8, seeds=(0, 2), commit="abc", part="test")
    written = row(corpus="stock", changes="epochs 2 instead of 20", by_person=many)
    write_evidence([written, row(as_source=CellResult("not run"))], path)
    read = read_evidence(path)
    assert set(read) == {("S3/5/x", side, "stock", "epochs 2 instead of 20") for side in ("as_source", "by_person")}
    kept = read["S3/5/x", "by_person", "stock", "epochs 2 instead of 20"]
    assert kept.committed
    assert (kept.value, kept.low, kept.high, kept.spread, kept.n) == (0.25, 0.1, 0.4, 0.125, 8)
    assert (kept.people, kept.seeds, kept.commit, kept.part) == (None, (0, 2), "abc", "test")
    assert read_evidence(tmp_path / "absent.csv") == {}


def test_other_evidence_is_kept_and_the_same_figure_is_replaced(tmp_path):
    path = tmp_path / "tables.csv"
    write_evidence([row(corpus="stock"), row(corpus="stock", name="10/x")], path)
    write_evidence([row(corpus="stock", as_source=CellResult("done", value=0.75, low=0.5, high=1.0))], path)
    read = {key[0]: result.value for key, result in read_evidence(path).items()}
    assert read == {"S3/5/x": 0.75, "S3/10/x": 0.5}


def test_no_evidence_is_an_empty_file_that_can_be_read(tmp_path):
    write_evidence([row(as_source=CellResult("not run"))], tmp_path / "tables.csv")
    assert read_evidence(tmp_path / "tables.csv") == {}
