"""`emo export` and `emo train --teacher`, on faces that are bars."""

import json

import numpy as np
import pytest
from faces_on_disk import draw_ferplus

from emo_utils.evaluation.calibration import scale
from emo_utils.inference.engines import OnnxEngine
from emo_utils.inference.weights import read_weights

SMALL = ("--option", "widths=(8,16)", "--option", "blocks=1", "--batch-size", 8, "--augmentation", "none")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return draw_ferplus(tmp_path_factory.mktemp("ferplus") / "tree")


@pytest.fixture
def train(emo, archive, tmp_path, monkeypatch):
    monkeypatch.setenv("FERPLUS_ARCHIVE", str(archive))

    def run(name, *arguments):
        out = tmp_path / name
        done = emo("train", "ferplus", *SMALL, "--epochs", 2, *arguments, "--out", out, "--json")
        assert done[0] == 0, done[2]
        return out

    return run


def test_two_runs_become_one_file_that_reads_the_mean_of_their_logits(emo, train, tmp_path):
    first, second = train("first"), train("second", "--seed", 1)
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


def test_a_student_names_its_teacher_and_is_trained_from_a_run(train):
    teacher = train("teacher")
    student = train("student", "--teacher", teacher, "--teacher-share", 0.7)
    told = json.loads((student / "fold_0" / "experiment.json").read_text())
    assert told["teachers"] == [str(teacher)]
    assert told["teacher_share"] == 0.7


def test_what_cannot_be_exported_is_refused_and_nothing_is_written(emo, train, tmp_path):
    run = train("run")
    for arguments, message in (
        ((tmp_path / "nothing", "--out", tmp_path / "x.onnx"), "unknown weights"),
        ((tmp_path, "--out", tmp_path / "x.onnx"), "expected the folder of a finished run"),
        ((run, "--out", tmp_path / "x.pt"), "ends in .onnx"),
    ):
        code, _, errors = emo("export", *arguments)
        assert code == 2
        assert message in errors
    assert not list(tmp_path.glob("x.*"))
