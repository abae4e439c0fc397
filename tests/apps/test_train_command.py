import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from faces_on_disk import draw_ckplus
from typer.testing import CliRunner

from emo_utils.apps.cli import app
from emo_utils.errors import EmoError

FOLDS = 4
SMALL = [
    "--backbone",
    "face_net",
    "--size",
    "48",
    "--batch-size",
    "8",
    "--option",
    "widths=(8,16)",
    "--option",
    "blocks=1",
]


def emo(*arguments, data) -> subprocess.CompletedProcess:
    environment = {**os.environ, "EMO_DATA_DIR": str(data), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "emo_utils.apps.cli", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    return draw_ckplus(tmp_path_factory.mktemp("ckplus"))


@pytest.fixture(scope="module")
def all_folds(tree, tmp_path_factory):
    """The issue's command on a generated tree: all folds, prepared on the way, one pooled table."""
    data = tmp_path_factory.mktemp("data")
    base = ["train", "ckplus", "--root", tree, "--representation", "stack", "--channels", 3, "--protocol", "subject"]
    command = [*base, "--folds", FOLDS, *SMALL, "--epochs", 12, "--learning-rate", "0.01", "--augmentation", "none"]
    return data, command, emo(*command, data=data)


def test_all_folds_from_one_command_and_a_pooled_table(all_folds):
    _, _, done = all_folds
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[3:8]] == [*map(str, range(FOLDS)), "pooled"]
    assert lines[7].split()[1:3] == ["70", "10"]
    assert float(lines[7].split()[4]) > 0.4, "UAR; a seventh by chance"


def test_the_pooled_predictions_hold_every_clip_once_and_its_person_tested_in_one_fold(all_folds):
    _, _, done = all_folds
    folder = done.stdout.splitlines()[-1]
    table = pd.read_csv(f"{folder}/predictions_test.csv")
    assert len(table) == table["clip_id"].nunique() == 70
    assert table[["subject_id", "fold"]].drop_duplicates()["subject_id"].is_unique
    for fold in range(FOLDS):
        experiment = json.loads(Path(folder, f"fold_{fold}", "experiment.json").read_text())
        assert (experiment["fold"], experiment["folds"], experiment["protocol"]) == (fold, FOLDS, "subject")
        assert experiment["input_spec"]["channels"] == 3


def test_finished_folds_are_not_trained_again(all_folds):
    data, command, first = all_folds
    folder = first.stdout.splitlines()[-1]
    best = os.stat(f"{folder}/fold_3/best.safetensors").st_mtime_ns
    again = emo(*command, data=data)
    assert again.stdout == first.stdout
    assert os.stat(f"{folder}/fold_3/best.safetensors").st_mtime_ns == best


def test_a_run_is_evaluated_from_its_predictions(all_folds):
    folder = all_folds[2].stdout.splitlines()[-1]
    pooled = json.loads(Path(folder, "metrics.json").read_text())["test"]
    found = CliRunner().invoke(app, ["evaluate", folder, "ckplus", "--json"])
    assert json.loads(found.stdout)["uar"] == pytest.approx(pooled["uar"])
    one = CliRunner().invoke(app, ["evaluate", f"{folder}/fold_2", "ckplus", "--split", "validation", "--json"])
    assert json.loads(one.stdout)["split"] == "validation"
    alone = CliRunner().invoke(app, ["evaluate", folder, "--json"])
    assert alone.stdout == found.stdout, "the corpus is the run's own"
    for wrong, message in (
        (["ckplus", "--split", "train"], "found a run on ckplus with predictions of test"),
        (["--root", folder], "measured as they stand, and --root belongs"),
        (["ferplus"], "expected weights that read one face, for still pictures"),
    ):
        refused = CliRunner().invoke(app, ["evaluate", folder, *wrong])
        assert message in str(refused.exception)


def test_a_network_on_whole_pictures_says_that_it_reads_no_clips(all_folds, small_video, tmp_path):
    folder = all_folds[2].stdout.splitlines()[-1]
    out = tmp_path / "out"
    refused = CliRunner().invoke(app, ["analyze", str(small_video), "--out", str(out), "--weights", folder])
    assert "its samples are whole pictures of faces, cut by no detector" in str(refused.exception)
    assert not out.exists()


def test_a_folder_that_holds_another_run_is_not_written_to(all_folds, tree, monkeypatch):
    data, command, done = all_folds
    folder = Path(done.stdout.splitlines()[-1])
    before = (folder / "fold_0" / "history.csv").read_text()
    monkeypatch.setenv("EMO_DATA_DIR", str(data))
    refused = CliRunner().invoke(app, [*map(str, command), "--fold", "0", "--seed", "1", "--out", str(folder)])
    assert "found one with another seed" in str(refused.exception)
    assert (folder / "fold_0" / "history.csv").read_text() == before


def test_one_fold_as_json(all_folds, tree):
    data, _, _ = all_folds
    done = emo(
        "train", "ckplus", "--root", tree, "--protocol", "subject", "--fold", 1, "--folds", 2, *SMALL, "--epochs", 1,
        "--json", data=data,
    )  # fmt: skip
    report = json.loads(done.stdout)
    assert report["folds"] == [1]
    assert report["n"] == 35
    assert {"uar", "uar_interval_95", "ece_after", "confusion"} <= set(report)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--backbone", "facenet"], "unknown backbone 'facenet'; known: .*face_net"),
        (["--backbone", "cnn_lstm"], "cnn_lstm accepts sequence, not stack; these accept it: .*mobilenetv3_large"),
        (["--backbone", "logistic_regression"], "logistic_regression accepts features, not stack"),
        (["--protocol", "official"], "publishes no split"),
        (
            ["--backbone", "cnn3d", "--representation", "sequence", "--weights", "imagenett"],
            "cannot start from 'imagenett'",
        ),
        (["--option", "hidden"], "expected NAME=VALUE"),
        (["--option", "depth=3", "--backbone", "face_net"], "face_net.*depth"),
        (["--optimizer", "adamm", "--backbone", "face_net"], "optimizer: expected one of"),
    ],
)
def test_a_wrong_request_is_refused(tree, tmp_path, monkeypatch, arguments, message):
    """`main` turns an EmoError into one line and exit code 2, which test_cli shows."""
    monkeypatch.setenv("EMO_DATA_DIR", str(tmp_path))
    found = CliRunner().invoke(app, ["train", "ckplus", "--root", str(tree), "--size", "48", *arguments])
    assert isinstance(found.exception, EmoError), found.output
    assert re.search(message, str(found.exception))
