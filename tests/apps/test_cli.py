"""The command line as a person uses it: real processes, exit codes, what is printed, what is left on disk."""

import csv
import inspect
import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from emo_utils.apps.commands.analyze import analyze
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.weights import SHIPPED
from emo_utils.video_writer import write_video


def emo(*arguments, **environment) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "emo_utils.apps.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})


@pytest.fixture(scope="module")
def smile(clips, tmp_path_factory):
    out = tmp_path_factory.mktemp("cli") / "a"
    return emo("analyze", clips / "single_face.mp4", "--out", out), out


def test_one_clip_gives_its_whole_folder(smile):
    done, out = smile
    assert done.returncode == 0, done.stderr
    found = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert found == {
        ".emo-results.json",
        "analysis.log",
        "annotated.mp4",
        "apex/1_01.png",
        "charts/bar.png",
        "charts/line.png",
        "charts/motion.png",
        "charts/pie.png",
        "motion.csv",
        "report.html",
        "segments.csv",
        "summary.json",
        "timeline.csv",
        "timeline.parquet",
    }
    for name in found - {".emo-results.json"}:
        assert str(out / name) in done.stdout
    own = [line for line in done.stderr.splitlines() if "InitGoogle" not in line and "inference_runner" not in line]
    assert own == [], "a good run has nothing to complain about"


def test_the_summary_says_what_the_timeline_shows(smile):
    _, out = smile
    summary = json.loads((out / "summary.json").read_text())
    (person,) = summary["people"]
    assert summary["frames"] == 72
    assert summary["duration_s"] == pytest.approx(2.4, abs=0.01)
    assert person["dominant_emotion"] == "happiness"
    assert sum(person["share_of_time"].values()) == pytest.approx(1, abs=1e-3)
    rows = list(csv.DictReader((out / "timeline.csv").open()))
    named = [row["smoothed_emotion"] for row in rows]
    assert person["changes"] == sum(a != b for a, b in pairwise(named))
    assert 1 <= person["changes"] <= 2, "neutral, a smile, and perhaps its end"
    share = sum(row["smoothed_emotion"] == "happiness" for row in rows) / len(rows)
    assert person["share_of_time"]["happiness"] == pytest.approx(share, abs=0.01)


def test_the_annotated_video_plays_in_a_browser_and_keeps_its_sound(smile):
    _, out = smile
    with av.open(str(out / "annotated.mp4")) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, video.pix_fmt, audio.codec_context.name) == ("h264", "yuv420p", "aac")
        times_s = [frame.time for frame in container.decode(video)]
    np.testing.assert_allclose(times_s, np.arange(72) / 30, atol=1e-3)


def test_the_log_names_version_options_and_weights(smile):
    _, out = smile
    log = (out / "analysis.log").read_text()
    for word in ("emo_utils 0.", '"detect_every": null', "SHA-256", "single_face.mp4", "done in"):
        assert word in log


def test_several_clips_get_a_folder_each_and_one_failure_stops_nobody(clips, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_text("no video")
    out = tmp_path / "b"
    done = emo("analyze", clips / "no_face.mp4", broken, clips / "two_people.gif", "--out", out, "--no-annotated")
    assert done.returncode == 3
    rows = {Path(row["clip"]).name: row for row in csv.DictReader((out / "manifest.csv").open())}
    assert rows["broken.mp4"]["status"] == "failed"
    assert "is a text file, not a video" in rows["broken.mp4"]["reason"]
    assert (rows["no_face.mp4"]["status"], rows["no_face.mp4"]["people"]) == ("ok", "0")
    assert (rows["two_people.gif"]["status"], rows["two_people.gif"]["people"]) == ("ok", "2")
    assert sorted(path.name for path in out.iterdir() if path.is_dir()) == ["no_face", "two_people"]
    assert '<a href="two_people/report.html">' in (out / "report.html").read_text(encoding="utf-8")
    assert "FAILED" in done.stdout


def test_a_folder_of_clips_and_json(tmp_path):
    folder = tmp_path / "clips"
    folder.mkdir()
    for name in ("b.mp4", "a.mp4"):
        write_video(folder / name, [np.zeros((64, 64, 3), np.uint8)] * 4, 25)
    (folder / "notes.txt").write_text("not a clip")
    done = emo("analyze", folder, "--out", tmp_path / "out", "--no-annotated", "--no-charts", "--json")
    assert done.returncode == 0, done.stderr
    assert [Path(item["clip"]).name for item in json.loads(done.stdout)] == ["a.mp4", "b.mp4"]


def make_bad_request(kind: str, tmp_path: Path) -> list:
    """Arguments of a request that must be refused."""
    clip = tmp_path / "clip.mp4"
    out = tmp_path / "out"
    write_video(clip, [np.zeros((64, 64, 3), np.uint8)] * 4, 25)
    if kind == "missing path":
        return [tmp_path / "nowhere.mp4", "--out", out]
    if kind == "folder without videos":
        (tmp_path / "empty").mkdir()
        return [tmp_path / "empty", "--out", out]
    if kind == "zero bytes":
        clip.write_bytes(b"")
    if kind == "text":
        clip.write_text("hello")
    if kind == "truncated":
        write_video(clip, np.random.default_rng(0).integers(0, 255, (50, 96, 128, 3), dtype=np.uint8), 25)
        clip.write_bytes(clip.read_bytes()[:-5000])
    if kind == "one frame":
        write_video(clip, [np.zeros((64, 64, 3), np.uint8)], 25)
    if kind == "8x8":
        write_video(clip, [np.zeros((8, 8, 3), np.uint8)] * 4, 25)
    if kind == "output is a file":
        out.write_text("mine")
    if kind == "output exists":
        out.mkdir()
        (out / "timeline.csv").write_text("mine")
    if kind == "output is somebody else's":
        out.mkdir()
        (out / "thesis.docx").write_text("mine")
        return [clip, "--out", out, "--overwrite"]
    options = {
        "truncated": ["--strict"],
        "unknown detector": ["--detector", "mediapip"],
        "unknown weights": ["--weights", "ferplos"],
        "unknown smoothing": ["--smoothing", "kalman"],
        "detect_every": ["--detect-every", 0],
    }
    if kind == "wrong hash":
        wrong = tmp_path / "wrong.onnx"
        wrong.write_bytes((SHIPPED / "ferplus.onnx").read_bytes()[:-1])
        wrong.with_suffix(".json").write_bytes((SHIPPED / "ferplus.json").read_bytes())
        return [clip, "--out", out, "--weights", wrong]
    return [clip, "--out", out, *options.get(kind, [])]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("missing path", "nowhere.mp4: no such file or folder"),
        ("folder without videos", "holds no video; expected files ending in .mp4"),
        ("zero bytes", "is empty (0 bytes)"),
        ("text", "is a text file, not a video"),
        ("truncated", "is truncated"),
        ("one frame", "holds a single frame"),
        ("8x8", "8x8 pixels; expected at least 32x32"),
        ("output is a file", "expected a folder for the output, found a file"),
        ("output exists", "exists already and is not empty; choose another --out, or give --overwrite"),
        ("output is somebody else's", "did not make"),
        ("unknown detector", "unknown face detector 'mediapip'; known:"),
        ("unknown weights", "unknown weights 'ferplos'; known: face_net, ferplus"),
        ("unknown smoothing", "known: exponential, majority, none, viterbi"),
        ("detect_every", "detect_every: expected 1 or more, found 0"),
        ("wrong hash", "expected SHA-256"),
    ],
)
def test_a_wrong_request_is_refused_with_one_line_and_leaves_nothing(tmp_path, kind, said):
    arguments = make_bad_request(kind, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    done = emo("analyze", *arguments)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, "one line, no traceback"
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert after == before, "something was written, changed or lost"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_place_is_refused(tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    arguments = make_bad_request("", tmp_path)
    done = emo("analyze", arguments[0], "--out", tmp_path / "locked" / "out")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


def test_a_place_that_cannot_be_is_refused(tmp_path):
    """Also for root: no folder can be made under a device or in /proc."""
    done = emo("analyze", make_bad_request("", tmp_path)[0], "--out", "/proc/out")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


def test_help_is_quick_to_import_and_every_command_has_an_example():
    done = subprocess.run([sys.executable, "-X", "importtime", "-m", "emo_utils", "-h"], capture_output=True, text=True)
    imported = {line.split("|")[-1].strip().split(".")[0] for line in done.stderr.splitlines() if "|" in line}
    assert not imported & {"torch", "mediapipe", "cv2", "pandas", "matplotlib", "onnxruntime", "av", "sklearn"}
    from emo_utils.apps.cli import app

    for command in app.registered_commands:
        assert "Example: emo " in command.callback.__doc__, command.callback.__name__


def test_analyze_imports_no_torch(clips, tmp_path):
    code = (
        "import sys; from emo_utils.workflows.analyze import analyze_clips; "
        f"analyze_clips([{str(clips / 'two_people.gif')!r}], {str(tmp_path / 'o')!r}, progress=False); "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_without_its_model_file_the_default_detector_gives_way_with_one_warning(clips, tmp_path):
    """No model here and pip cut off from every index: the clip is read all the same."""
    done = emo(
        "analyze", clips / "two_people.gif", "--out", tmp_path / "out", "--no-annotated", "--no-charts",
        EMO_MODELS_DIR=str(tmp_path / "models"), PIP_NO_INDEX="1", PIP_FIND_LINKS="",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("WARNING: Using the Haar detector") == 1
    assert "emo fetch face_detection_short_range" in done.stderr


def test_evaluate_prints_json(ferplus_archive):
    done = emo("evaluate", "ferplus-tiny", "ferplus", "--split", "test", "--faces", "asis", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert {"accuracy", "macro_f1", "recall", "n", "uar", "ece", "accuracy_interval_95"} <= set(report)
    assert report["n"] == 3546


def test_evaluate_names_an_unknown_corpus():
    done = emo("evaluate", "ferplus", "ferpluss")
    assert done.returncode == 2
    assert "unknown corpus 'ferpluss'" in done.stderr


def test_doctor_finds_this_installation_sound():
    done = emo("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(done.stdout)}
    assert done.returncode == 0, done.stdout
    assert checks["one cv2"]["state"] == "ok"


def test_the_command_reads_with_what_the_engine_reads_with():
    """Its help must be quick, so the name is written there once more."""
    assert inspect.signature(analyze).parameters["weights"].default == AnalysisOptions.weights
