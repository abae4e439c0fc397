"""`emo tables` as it is shown: what is not run and by which command it would be, figures, synthetic ones, evidence."""

import json
import shlex

import pytest
from finished_runs import CELLS, finish, plan

from emo_utils.training.recipes import RECIPES
from emo_utils.workflows.tables import build as tables
from emo_utils.workflows.tables.build import select, table_frame, table_rows
from emo_utils.workflows.tables.cells import TABLES
from emo_utils.workflows.tables.plans import Request, changes

pytestmark = pytest.mark.usefixtures("nothing_here")


def test_all_tables_are_shown_and_say_what_is_not_run(emo):
    code, out, _ = emo("tables")
    assert code == 0
    for table in TABLES.values():
        assert f"T-{table.name}: {table.title}" in out
        for cell in table.cells:
            assert cell.source in out
    assert "not run: corpus absent" in out
    assert "emo fetch ravdess" in out
    assert "Stock-footage clips does not tell who is in its clips" in out


@pytest.mark.parametrize("key", [key for key, (_, cell) in CELLS.items() if cell.how])
def test_the_command_of_a_cell_that_is_not_run_is_one_that_runs_this_cell_alone(key, monkeypatch, emo):
    table, cell = CELLS[key]
    row = next(row for row in table_rows(table.name) if row.name == cell.name)
    asked = []
    monkeypatch.setattr(
        tables, "run_tables", lambda names, request, only, on_run: asked.append((names, request, only)) or []
    )
    words = shlex.split(row.command)
    assert words[:2] == ["emo", "tables"]
    code, _, err = emo(*words[1:])
    assert code == 0, err
    ((names, request, only),) = asked
    assert request == Request()
    assert [found.name for _, found in select(names, only)] == [cell.name]


def test_a_changed_request_is_in_the_command_and_in_the_row():
    request = Request(epochs=1, size=32, weights="random", detector="none", workers=1, seeds=(0, 1))
    row = table_rows("S3", request, "5/efficientnetv2_s")[0]
    told = (f"epochs 1 instead of {RECIPES['stack']['epochs']}", "weights random instead of imagenet", "size 32")
    assert row.changes == ", ".join((*told, "detector none instead of mediapipe_mesh"))
    assert row.command.startswith("emo tables --run S3 --only 5/efficientnetv2_s --epochs 1 --size 32")
    assert row.command.endswith("--seeds 0,1 --workers 1")


def test_a_value_that_is_the_cells_own_is_no_change():
    assert changes(CELLS["S4/lstm"][1].how, Request(corpus="ravdess", epochs=30, size=64, detector="mtcnn")) == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("S9",), "unknown table 'S9'"),
        (("S3", "--only", "nothing"), "expected a pattern such as '5/*' that names a cell"),
        (("S3", "--seeds", "a"), "--seeds: expected whole numbers"),
        (("--root", "x"), "name a TABLE"),
        (("S3", "--corpus", "nowhere"), "unknown corpus 'nowhere'"),
        (("S4", "--fold", "9"), "expected a fold from 0 to 4, found 9"),
    ],
)
def test_wrong_requests_end_with_2(emo, arguments, message):
    code, _, err = emo("tables", *arguments)
    assert code == 2
    assert message in err


def test_a_corpus_that_cannot_give_a_cell_says_why():
    rows = {row.name: row for row in table_rows("S2", Request(corpus="ferplus"))}
    assert rows["smoothed"].as_source.reason == "FER+ holds still faces, and this network reads time"
    assert rows["resnet50"].by_person.reason == "FER+ does not tell who is in its clips"
    assert rows["resnet50"].as_source.state == "not run"
    assert "holds clips" in table_rows("FER+", Request(corpus="ravdess"), "anew")[0].as_source.reason


def test_a_figure_is_read_from_predictions_and_the_other_protocol_stands_beside_it():
    finish(plan("S1/accuracy"), right=0.75)
    finish(plan("S1/accuracy", "by_person"), right=0.5)
    accuracy, f1 = table_rows("S1")
    assert (accuracy.as_source.value, accuracy.as_source.n, accuracy.as_source.people) == (0.75, 12, 4)
    assert (accuracy.by_person.value, accuracy.by_person.n, accuracy.by_person.people) == (0.5, 60, 20)
    assert accuracy.by_person.low <= 0.5 <= accuracy.by_person.high
    assert f1.as_source.value == pytest.approx(0.75, abs=0.05)
    assert (accuracy.data, accuracy.as_source.commit, accuracy.command) == ("real", "0123456789ab", "")
    line = table_frame("S1").loc["S1/accuracy"]
    assert line["ours, as the source"].startswith("75.0 % [")
    assert line["n / people, by person"] == "60 / 20"


def test_the_accuracy_of_an_emotion_is_its_recall_and_absent_ones_are_said_to_be_absent():
    finish(plan("S0/vit/anger"), right=1.0)
    rows = {row.name: row.as_source for row in table_rows("S0")}
    assert (rows["vit/anger"].value, rows["vit/anger"].n) == (1.0, 4)
    assert rows["vit/fear"].reason == "RAVDESS has no fear"


def test_some_folds_are_not_a_figure():
    made = plan("S1/accuracy", "by_person")
    finish(made)
    (made.folders[3] / "metrics.json").unlink()
    (tables_row,) = table_rows("S1", only="accuracy")
    assert tables_row.by_person.state == "not run"
    assert plan("S1/accuracy", "by_person").finished() == made.finished()
    assert len(made.finished()) == 4


def test_a_run_of_other_settings_is_not_taken_for_the_cell():
    finish(plan("S1/accuracy", epochs=2))
    assert table_rows("S1")[0].as_source.state == "not run"
    changed = table_rows("S1", Request(epochs=2))[0]
    assert (changed.as_source.state, changed.changes) == ("done", "epochs 2 instead of 50")
    assert table_frame("S1", Request(epochs=2))["changed"].iloc[0] == "epochs 2 instead of 50"


def test_several_seeds_give_mean_and_spread():
    for seed, right in enumerate((0.5, 0.75, 1.0)):
        finish(plan("S1/accuracy", seed=seed), right=right)
    answer = table_rows("S1", Request(seeds=(0, 1, 2, 3)))[0].as_source
    assert (answer.value, answer.seeds, answer.people) == (0.75, (0, 1, 2), 4)
    assert answer.spread == pytest.approx(0.25)
    assert "75.0 ± 25.0 % [" in table_frame("S1", Request(seeds=(0, 1, 2)))["ours, as the source"].iloc[0]


def test_synthetic_figures_are_marked_wherever_they_stand(emo):
    finish(plan("S1/accuracy", corpus="sample"), right=0.75)
    table = table_frame("S1", Request(corpus="sample"))
    assert "ours, as the source" not in table
    assert table["SYNTHETIC, as the source"].iloc[0].startswith("SYNTHETIC 75.0 %")
    assert table["data"].iloc[0] == "SYNTHETIC"
    assert table["changed"].iloc[0] == "corpus sample instead of cremad"
    _, out, _ = emo("tables", "S1", "--corpus", "sample")
    assert "says nothing about accuracy" in out
    _, out, _ = emo("tables", "S1", "--corpus", "sample", "--json")
    told = json.loads(out)["tables"][0]["rows"][0]
    assert told["synthetic"]
    assert told["as_source"]["synthetic_value"] == 0.75
    assert "value" not in told["as_source"]
    assert table_rows("S1")[0].as_source.state == "not run", "the real cell stays empty"


def test_evidence_is_written_and_shown_where_there_is_no_run(emo, monkeypatch, tmp_path):
    finish(plan("S1/accuracy"), right=0.75)
    code, _, _ = emo("tables", "S1", "--save", tmp_path / "kept.csv")
    assert code == 0
    monkeypatch.setenv("EMO_DATA_DIR", str(tmp_path / "other"))
    from emo_utils.settings import load_settings

    load_settings.cache_clear()
    assert table_rows("S1")[0].as_source.state == "not run"
    monkeypatch.setattr(tables, "EVIDENCE", tmp_path / "kept.csv")
    row = table_rows("S1")[0]
    assert (row.as_source.value, row.as_source.n, row.as_source.seeds) == (0.75, 12, (0,))
    assert row.data == "real (committed)"
    assert row.by_person.state == "not run"
    assert table_rows("S1", Request(epochs=2))[0].as_source.state == "not run"
