"""`emo evaluate` as a person uses it: both forms, both outputs, and what does not go together."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from emo_utils.apps import cli
from emo_utils.datasets.registry import corpora
from emo_utils.evaluation.measure import measure
from emo_utils.evaluation.predictions import read_predictions

TABLE = "clip,label,p_fear,p_neutral\na1,fear,0.7,0.3\na2,neutral,0.6,0.4\nb1,neutral,0.4,0.6\nb2,fear,0.9,0.1\n"
WORSE = TABLE.replace("b2,fear,0.9,0.1", "b2,fear,0.2,0.8")
PEOPLE = r"^(\w)"


@pytest.fixture
def emo(monkeypatch, capsys):
    """Run `emo evaluate` in this process; gives exit code, output, errors."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["emo", "evaluate", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        done = capsys.readouterr()
        return ended.value.code or 0, done.out, done.err

    return run


@pytest.fixture
def predictions(tmp_path):
    path = tmp_path / "predictions.csv"
    path.write_text(TABLE)
    return path


@pytest.fixture
def worse(tmp_path):
    path = tmp_path / "worse.csv"
    path.write_text(WORSE)
    return path


def test_a_process_gives_json_a_script_can_read(predictions):
    command = [sys.executable, "-m", "emo_utils.apps.cli", "evaluate", "--predictions", str(predictions)]
    done = subprocess.run([*command, "--people", PEOPLE, "--json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["n"], report["people"], report["accuracy"]) == (4, 2, 0.75)
    assert report["per_person"] == {"a": {"n": 2, "accuracy": 0.5}, "b": {"n": 2, "accuracy": 1.0}}
    assert done.stderr == ""


def test_the_table_for_people_says_what_the_json_says(emo, predictions):
    code, out, _ = emo("--predictions", predictions, "--people", PEOPLE)
    assert code == 0
    assert "4 clips, 2 people, 2 classes" in out
    assert "accuracy   75.0%   95 % interval over people 50.0% to 100.0%" in out
    assert "cross-fitted" in out
    assert "fear          100.0%      66.7%   80.0%      2   -" in out
    assert "neutral        50.0%     100.0%   66.7%      2   fear (1)" in out
    assert "lowest a 50.0%" in out
    assert "0.80     25.0%    100.0%" in out, "what leaving uncertain clips unnamed would gain"


def test_two_runs_are_compared(emo, predictions, worse):
    code, out, _ = emo("--predictions", predictions, "--against", worse, "--people", PEOPLE, "--json")
    comparison = json.loads(out)["comparison"]
    assert code == 0
    assert comparison["accuracy"]["difference"] == 0.25
    assert comparison["mcnemar"] == {"only_a": 1, "only_b": 0, "p": 1.0}
    _, out, _ = emo("--predictions", predictions, "--against", worse, "--people", PEOPLE)
    assert "accuracy  75.0% against 50.0%: +25.0%" in out
    assert "McNemar" in out


def test_validation_predictions_give_the_temperature(emo, predictions, tmp_path):
    held_out = tmp_path / "validation.csv"
    held_out.write_text(TABLE.replace("\na", "\nc").replace("\nb", "\nd"))
    code, out, _ = emo("--predictions", predictions, "--validation", held_out, "--people", PEOPLE)
    assert code == 0
    assert "validation: fitted on 4 validation clips of 2 people, 0 of them measured too" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "expected WEIGHTS and CORPUS, a run's folder, or --predictions FILE; found neither"),
        (("ferplus",), "found ferplus"),
        (("ferplus", "ferplus", "--people", "x"), "--people belongs to another form"),
        (("--against", "b.csv", "--validation", "c.csv"), "--validation, --against belong to another form"),
        (("ferplus", "ferplus", "--predictions", "FILE"), "WEIGHTS, CORPUS belong to another form"),
        (("--predictions", "FILE", "--prior", "uniform"), "--prior belongs"),
        (("ferplus", "ferplus", "--subject", "x"), "ferplus names its people itself, and --subject belongs"),
        (("ferplus", "ferplus", "--faces", "asis", "--detector", "haar"), "looks for no face, and --detector belongs"),
        (("ferplus", "ferplus", "--faces", "maybe"), "faces: expected detect, asis, both; found 'maybe'"),
        (
            ("ferplus", "folder", "--split", "test"),
            "a folder has no splits, and its folders are the labels, and --split",
        ),
        (("ferplus", "folder", "--rule", "majority"), "its folders are the labels, and --rule belongs"),
        (("ferplus", "ferplus", "--rule", "mojority"), "Did you mean 'majority'?"),
        (("--predictions", "FILE", "--rule", "majority"), "--rule belongs"),
        (("ferplus", "folder", "--faces", "asis", "--detector", "haar"), "looks for no face, and --detector belongs"),
        (("ferplus", "folder", "--faces", "maybe"), "faces: expected detect, asis, both; found 'maybe'"),
        (("ferplus", "folder", "--root", "absent"), "absent: expected pictures in folders named after emotions"),
        (("ferplus", "ravdess"), "expected speech clips like"),
        (("ferplus", "ravdess", "--split", "test"), "all clips of ravdess are read"),
        (("ferplus", "ferplus", "--baseline", "people"), "--baseline belongs"),
        (("--predictions", "FILE", "--split", "test"), "--split belongs"),
        (("--predictions", "FILE", "--save-predictions", "x.csv"), "--save-predictions belongs"),
        (("--predictions", "absent.csv"), "absent.csv: expected a CSV file, found none"),
        (("--predictions", "FILE"), "tells the person of each clip"),
        (("--predictions", "FILE", "--people", "z"), "finds no person in 'a1'"),
    ],
)
def test_wrong_requests_end_with_2_and_say_what_is_right(emo, predictions, arguments, message):
    code, out, err = emo(*(predictions if argument == "FILE" else argument for argument in arguments))
    assert (code, out) == (2, "")
    assert message in err


def test_weights_are_measured_and_their_predictions_kept(emo, monkeypatch, predictions):
    """What is asked for arrives; that it is done right is shown by `tests/training/test_evaluate.py`."""
    asked = []

    def remember(*request, **how):
        asked.append((*request, how))
        return measure(read_predictions(predictions, PEOPLE))

    monkeypatch.setattr("emo_utils.evaluation.evaluate.evaluate_weights", remember)
    code, out, _ = emo("ferplus", "ferplus", "--split", "validation", "--save-predictions", "kept.csv")
    assert code == 0
    assert out.startswith("ferplus on ferplus/validation: 4 clips")
    emo("run", "ferplus", "--prior", "uniform", "--root", "there", "--faces", "both")
    assert asked == [
        ("ferplus", "ferplus", "validation", Path("kept.csv"), {}),
        ("run", "ferplus", "test", None, {"prior": "uniform", "root": Path("there"), "faces": "both"}),
    ]


@pytest.fixture
def pictures(tmp_path, ferplus_archive):
    """Nine real faces of each of two classes, a wall, a file that is no picture, and a folder of another class."""
    faces = corpora.create("ferplus", archive=ferplus_archive).load("validation")
    root = tmp_path / "pictures"
    for emotion, folder in (("happiness", "happy"), ("surprise", "surprise"), ("neutral", "calm")):
        (root / folder).mkdir(parents=True)
        for row in np.flatnonzero(faces.labels == faces.classes.index(emotion))[:9]:
            assert cv2.imwrite(str(root / folder / faces.names[row]), faces.pixels[row])
    assert cv2.imwrite(str(root / "happy" / "wall.png"), np.full((90, 70), 120, np.uint8))
    (root / "surprise" / "torn.jpg").write_bytes(b"no picture")
    (root / "labels.csv").write_text("none")
    return root


def test_a_folder_is_measured_and_nothing_is_lost_silently(emo, pictures):
    code, out, _ = emo("ferplus", "folder", "--root", pictures, "--json")
    report = json.loads(out)
    assert code == 3, "a file that cannot be read"
    assert (report["files"], report["no_face_files"]) == (20, ["happy/wall.png"])
    assert list(report["unreadable_files"]) == ["surprise/torn.jpg"]
    assert report["n"] + report["no_face"] + report["unreadable"] == report["files"]
    assert report["accuracy_all"] == pytest.approx(report["accuracy"] * report["n"] / 20)
    assert (report["left_out"], report["passed_over"]) == ({"calm": 9}, 1)
    _, out, _ = emo("ferplus", "folder", "--root", pictures)
    assert f"found by mediapipe: {report['n']} of 20 files" in out
    assert "no face found in 1 files: happy/wall.png" in out
    assert "cannot be read: 1 files: surprise/torn.jpg" in out
    assert "LEFT OUT  calm: 9 files" in out
    assert "passed over: 1 files" in out
    assert f"accuracy {report['accuracy_all']:.1%}, UAR {report['uar_all']:.1%}" in out
    assert "anger              -          -       -      0   -" in out


def test_real_published_logits(emo, shared):
    path = shared / "data" / "ravdess_au" / "published_bilstm_logits.csv"
    if not path.is_file():
        pytest.skip(f"no RAVDESS measurements at {path}")
    code, out, _ = emo("--predictions", path, "--people", r"(\d\d)$", "--json")
    report = json.loads(out)
    assert code == 0
    assert report["accuracy"] == pytest.approx(0.624, abs=5e-4)
    assert report["ece"] == pytest.approx(0.188, abs=5e-4)
    assert report["ece_after"] < 0.06
