"""`emo export` and `emo train --teacher`, on faces that are bars."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from faces_on_disk import draw_ferplus
from typer.testing import CliRunner

from emo_utils.apps.cli import app
from emo_utils.evaluation.calibration import scale
from emo_utils.inference.engines import OnnxEngine
from emo_utils.inference.weights import read_weights

SMALL = ("--option", "widths=(8,16)", "--option", "blocks=1", "--batch-size", 8, "--augmentation", "none")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return draw_ferplus(tmp_path_factory.mktemp("ferplus") / "tree")


@pytest.fixture(scope="module")
def run(archive, tmp_path_factory):
    """The folder that `emo train` prints, of a network that reads one gray face."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FERPLUS_ARCHIVE", str(archive))
        out = tmp_path_factory.mktemp("runs") / "first"
        options = map(str, (*SMALL, "--epochs", 2, "--out", out))
        done = CliRunner().invoke(app, ["train", "ferplus", *options])
        assert done.exit_code == 0, done.output
        return Path(done.stdout.splitlines()[-1])


@pytest.fixture
def train(emo, archive, tmp_path, monkeypatch):
    monkeypatch.setenv("FERPLUS_ARCHIVE", str(archive))

    def run(name, *arguments):
        out = tmp_path / name
        done = emo("train", "ferplus", *SMALL, "--epochs", 2, *arguments, "--out", out, "--json")
        assert done[0] == 0, done[2]
        return out

    return run


def test_two_runs_become_one_file_that_reads_the_mean_of_their_logits(emo, run, train, tmp_path):
    first, second = run, train("second", "--seed", 1)
    out = tmp_path / "both.onnx"
    code, told, errors = emo("export", first, second, "--out", out, "--json")
    assert code == 0, errors
    told = json.loads(told)
    faces = np.random.default_rng(0).integers(0, 256, (5, 48, 48), dtype=np.uint8)
    read = []
    for weights in (read_weights(run / "fold_0" / "weights.onnx") for run in (first, second)):
        read.append(np.log(scale(OnnxEngine(weights).predict(faces), 1 / weights.sidecar["temperature"])))
    expected = scale(np.exp(np.mean(read, axis=0)), told["temperature"])
    np.testing.assert_allclose(OnnxEngine(read_weights(out)).predict(faces), expected, atol=1e-4)
    assert told["networks"] == 2
    assert [member["experiment"]["seed"] for member in told["members"]] == [0, 1]
    assert told["metrics"]["test"]["n"] == 48
    assert sum(told["prior"].values()) == pytest.approx(1, abs=1e-5)


def test_a_student_names_its_teacher_and_is_trained_from_a_run(run, train):
    student = train("student", "--teacher", run, "--teacher-share", 0.7)
    told = json.loads((student / "fold_0" / "experiment.json").read_text())
    assert told["teachers"] == [str(run)]
    assert told["teacher_share"] == 0.7


def test_what_cannot_be_exported_is_refused_and_nothing_is_written(emo, run, tmp_path):
    for arguments, message in (
        ((tmp_path / "nothing", "--out", tmp_path / "x.onnx"), "unknown weights"),
        ((tmp_path, "--out", tmp_path / "x.onnx"), "expected the folder of a run"),
        ((run, "--out", tmp_path / "x.pt"), "ends in .onnx"),
    ):
        code, _, errors = emo("export", *arguments)
        assert code == 2
        assert message in errors
    assert not list(tmp_path.glob("x.*"))


def test_a_clip_is_read_with_the_folder_that_training_printed(emo, run, small_video, tmp_path):
    code, _, errors = emo("analyze", small_video, "--out", tmp_path / "out", "--weights", run, "--no-annotated")
    assert code == 0, errors
    log = (tmp_path / "out" / "analysis.log").read_text()
    assert f"weights {run.name}/fold_0, SHA-256" in log


def test_a_run_of_one_gray_face_is_measured_on_its_own_corpus_and_on_another(emo, run, archive, tmp_path, monkeypatch):
    monkeypatch.setenv("FERPLUS_ARCHIVE", str(archive))
    _, own, _ = emo("evaluate", run, "--json")
    own = json.loads(own)
    assert (own["corpus"], own["split"], own["n"]) == ("ferplus", "test", 48)
    _, fold, _ = emo("evaluate", run / "fold_0", "ferplus", "--json")
    assert json.loads(fold)["accuracy"] == pytest.approx(own["accuracy"]), "by its weights file"
    (tmp_path / "anger").mkdir()
    cv2.imwrite(str(tmp_path / "anger" / "a.png"), np.zeros((48, 48), np.uint8))
    code, found, errors = emo("evaluate", run, "folder", "--root", tmp_path, "--faces", "asis", "--json")
    assert code == 0, errors
    assert json.loads(found)["weights"] == f"{run.name}/fold_0"
