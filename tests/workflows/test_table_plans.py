"""`emo tables --run`: a tiny real table, failures that are named, what is broken off goes on."""

import json
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from finished_runs import CELLS, finish

from emo_utils.errors import EmoError
from emo_utils.inference.weights import find_weights
from emo_utils.training.recipes import RECIPES
from emo_utils.video_writer import write_video
from emo_utils.workflows.tables.build import run_tables, table_rows
from emo_utils.workflows.tables.plans import Request, plan_for

pytestmark = pytest.mark.usefixtures("nothing_here")
STOCK = {"Anger": "anger", "Happy": "happiness", "Shock": "surprise", "Neutral": "neutral", "Sad": "sadness"}
QUICK = Request(epochs=1, size=32, weights="random", detector="none", workers=1)
QUICK_OPTIONS = ("--epochs", "1", "--size", "32", "--weights", "random", "--detector", "none", "--workers", "1")


@pytest.fixture
def tiny_stock(tmp_path):
    """Five clips of each class in the official layout, two of them numbered as the source validates; 75 frames."""
    rng = np.random.default_rng(0)
    for index, label in enumerate(STOCK):
        for number in (1, 2, 3, 16, 17):
            path = tmp_path / "data" / "raw" / "stock" / "Scrapping" / f"{label}_{number:04}.mp4"
            path.parent.mkdir(parents=True, exist_ok=True)
            picture = rng.integers(0, 60, (32, 32, 3)).astype(np.uint8)
            picture[6 * index : 6 * index + 6] += 150
            write_video(path, (picture for _ in range(75)), Fraction(25))


def test_a_table_of_stock_clips_is_run_once(emo, tiny_stock):
    """The whole way of real clips: official layout, prepared, trained, measured on numbers 0016 to 0020."""
    chosen = ("S3", "--only", "15/mobilenetv3_large", *QUICK_OPTIONS)
    code, out, err = emo("tables", "--run", *chosen, "--json")
    assert code == 0, err
    rows = json.loads(out)["tables"][0]["rows"]
    assert [row["name"] for row in rows] == ["15/mobilenetv3_large"]
    for row in rows:
        ours = row["as_source"]
        assert (ours["state"], ours["n"], ours["people"], ours["part"]) == ("done", 10, None, "validation")
        assert 0 <= ours["low"] <= ours["value"] <= ours["high"] <= 1
        assert row["by_person"]["reason"] == "Stock-footage clips does not tell who is in its clips"
        assert row["data"] == "real"
        assert f"epochs 1 instead of {RECIPES['stack']['epochs']}" in row["changes"]
    code, out, err = emo("tables", "--run", *chosen)
    assert err.count("done before") == 1, "a finished cell is skipped"
    assert "validation part" in out
    _, out, _ = emo("tables", "S3", "--only", "15/mobilenetv3_large")
    assert "not run  " in out, "a figure of one epoch is not the cell"


def test_a_failed_cell_is_named_and_the_rest_goes_on(emo, monkeypatch, tiny_stock):
    def train(data, settings, *arguments):
        if data.options["interval"] == 5:
            raise RuntimeError("out of memory")
        if data.options["interval"] == 10:
            raise EmoError("no face in any clip")
        finish(plan_for(CELLS["S3/15/mobilenetv3_large"][1].how, "as_source", QUICK, 0), tuple(STOCK.values()))

    monkeypatch.setattr("emo_utils.workflows.train.train", train)
    code, out, err = emo("tables", "--run", "S3", "--only", "*/mobilenetv3_large", *QUICK_OPTIONS)
    assert code == 3
    assert "S3/5/mobilenetv3_large, as source, seed 0: FAILED, RuntimeError: out of memory" in err
    assert "S3/10/mobilenetv3_large, as source, seed 0: FAILED, no face in any clip" in err
    assert out.count("real") == 1
    assert "3.469 M      3.469 M" in out


def test_a_run_without_its_corpus_is_a_failure_that_says_how_to_get_it():
    (first, second) = run_tables(["S4"], only="lstm")
    assert first.cell == second.cell == "S4/lstm"
    assert "emo fetch ravdess" in first.reason


@pytest.fixture
def tiny_units(tmp_path):
    """Numbers of RAVDESS clips, and predictions of somebody else."""
    root = tmp_path / "units"
    root.mkdir()
    names = [f"01-01-{e:02}-01-0{s}-01-{a:02}" for a in range(1, 25) for e in range(1, 9) for s in (1, 2)]
    values = np.random.default_rng(0).normal(size=(len(names), 3)) + [[int(name[6:8]) % 4] for name in names]
    features = pd.DataFrame(values, columns=["AU01_r", "AU02_r", "AU04_r"]).assign(clip_id=names)
    features.to_csv(root / "action_unit_means.csv", index=False)
    logits = pd.DataFrame({"clip_id": names, "label": ["anger", "fear"] * (len(names) // 2)})
    logits.assign(logit_anger=1.0, logit_fear=0.0).to_csv(root / "published_bilstm_logits.csv", index=False)
    return root


def test_numbers_and_published_predictions_are_run_where_their_files_are(emo, tiny_units):
    chosen = ("AU", "--root", tiny_units, "--only", "[lp]*")
    code, out, err = emo("tables", "--run", *chosen, "--json")
    assert code == 0, err
    regression, published = json.loads(out)["tables"][0]["rows"]
    for side in ("as_source", "by_person"):
        assert (regression[side]["n"], regression[side]["people"]) == (384, 24)
    assert published["as_source"]["state"] == "not possible"
    assert (published["by_person"]["value"], published["by_person"]["people"]) == (0.5, 24)


def test_a_broken_off_table_goes_on_where_it_was(tiny_units):
    request = Request(root=tiny_units)
    assert not run_tables(["AU"], request, "logistic_regression")
    made = plan_for(CELLS["AU/logistic_regression"][1].how, "by_person", request, 0)
    times = {folder: (folder / "predictions_test.csv").stat().st_mtime_ns for folder in made.folders}
    (made.folders[4] / "metrics.json").unlink()
    (row,) = table_rows("AU", request, "logistic_regression")
    assert (row.by_person.state, row.by_person.reason) == ("not run", "5 of 6 folds are done")
    assert not run_tables(["AU"], request, "logistic_regression")
    again = {folder: (folder / "predictions_test.csv").stat().st_mtime_ns for folder in made.folders}
    assert {folder for folder in times if times[folder] != again[folder]} == {made.folders[4]}


def test_the_shipped_network_is_measured_from_its_predictions(monkeypatch):
    """What is asked for arrives; that it is done right is shown by `tests/training/test_evaluate.py`."""
    table = pd.DataFrame({"clip_id": ["a", "b"], "subject_id": ["a", "b"], "label": ["fear", "anger"]})
    table = table.assign(p_fear=[0.9, 0.8], p_anger=[0.1, 0.2])
    asked = []

    def remember(weights, corpus, split, path):
        asked.append((weights, corpus, split))
        table.to_csv(path, index=False)

    monkeypatch.setattr("emo_utils.evaluation.evaluate.evaluate_weights", remember)
    for _ in range(2):
        assert not run_tables(["FER+"], only="shipped")
    assert asked == [("ferplus", "ferplus", "test")], "once"
    row = table_rows("FER+", only="shipped")[0]
    assert (row.as_source.value, row.as_source.n, row.as_source.people) == (0.5, 2, None)
    assert row.as_source.commit == find_weights("ferplus").sidecar["trained_at_commit"]
