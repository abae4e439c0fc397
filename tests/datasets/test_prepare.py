"""`emo prepare` on real clips of one portrait, in real processes that are really killed."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from emo_utils.datasets.corpora.folder import Folder
from emo_utils.datasets.manifest import MANIFEST, read_manifest
from emo_utils.datasets.prepare import prepare, prepared_folder, spec_hash
from emo_utils.datasets.prepare_clip import CLIPS, RESULT
from emo_utils.datasets.synthetic.portrait import read_photo
from emo_utils.errors import CorpusError, OutputError, UnknownNameError
from emo_utils.representations.sequence import SequenceSpec
from emo_utils.representations.stack import StackSpec, load_stack
from emo_utils.structures import Clip
from emo_utils.video_writer import write_video

SUBJECT = r"/(p\d+)_"
SPEC = StackSpec(interval=3, channels=20, window=60, size=48, detector="haar")
OPTIONS = ["--interval", "3", "--channels", "20", "--window", "60", "--size", "48", "--detector", "haar"]
GOOD, BROKEN, SHORT = 8, "anger/p90_1.mp4", "fear/p91_1.mp4"
PATIENCE_S = 60


@pytest.fixture(scope="session")
def corpus_root(tmp_path_factory) -> Path:
    """Eight good clips of a portrait that drifts, a damaged one and a short one."""
    portrait = read_photo()[:256, 96:352]
    root = tmp_path_factory.mktemp("corpus")
    for number in range(GOOD):
        path = root / ("anger", "fear")[number % 2] / f"p{number:02d}_1.mp4"
        path.parent.mkdir(exist_ok=True)
        frames = (np.roll(portrait, (number + i // 8, i // 4), axis=(0, 1)) for i in range(60))
        write_video(path, frames, Fraction(30))
    write_video(root / SHORT, (portrait for _ in range(20)), Fraction(30))
    whole = (root / "anger" / "p00_1.mp4").read_bytes()
    (root / BROKEN).write_bytes(whole[: len(whole) // 2])
    return root


@pytest.fixture(scope="session")
def clips(corpus_root) -> list[Clip]:
    return Folder(corpus_root, SUBJECT).index()


@pytest.fixture(scope="session")
def unbroken(clips, tmp_path_factory) -> Path:
    """What one process makes in one go."""
    folder = tmp_path_factory.mktemp("unbroken") / "samples"
    prepare(clips, SPEC, folder, workers=1, progress=False)
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def identities(folder: Path) -> dict[str, tuple[int, int]]:
    """A file written again would have another inode and time."""
    stats = {path.parent.name: path.stat() for path in folder.glob(f"{CLIPS}/[!.]*/{RESULT}")}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in stats.items()}


def emo_prepare(corpus_root: Path, out: Path, *more: str) -> list[str]:
    command = [sys.executable, "-m", "emo_utils.apps.cli", "prepare", "folder", "--root", str(corpus_root)]
    return [*command, "--subject", SUBJECT, *OPTIONS, "--out", str(out), "--json", *more]


def wait_until(condition, what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"waited {PATIENCE_S} s for {what}"
        time.sleep(0.005)


def test_a_row_for_every_clip_and_a_reason_for_every_failure(unbroken, clips):
    manifest = read_manifest(unbroken)
    assert [row.clip_id for row in manifest.rows] == [clip.clip_id for clip in clips]
    assert len(manifest.ok) == GOOD
    reasons = {row.subject_id: row.reason for row in manifest.failed}
    assert set(reasons) == {"p90", "p91"}
    assert "p90_1.mp4: is truncated" in reasons["p90"]
    assert "p91_1.mp4: is too short: expected at least 50 frames" in reasons["p91"]
    row = manifest.ok[0]
    assert (row.frames, row.coverage, row.emotion) == (60, 1.0, "anger")
    stack = load_stack(unbroken / row.samples[0])
    assert stack.clip_id == row.clip_id
    assert stack.frame_index.tolist() == list(range(0, 60, 3))
    assert not list(unbroken.rglob("*.part"))


def test_a_second_run_does_nothing(unbroken, clips):
    before = {path: path.stat().st_mtime_ns for path in unbroken.rglob("*")}
    manifest = prepare(clips, SPEC, unbroken, workers=2, progress=False)
    assert manifest.made_now == 0
    assert manifest.rows == read_manifest(unbroken).rows
    assert {path: path.stat().st_mtime_ns for path in unbroken.rglob("*")} == before


def test_two_workers_make_the_same_bytes_as_one(unbroken, clips, tmp_path):
    manifest = prepare(clips, SPEC, tmp_path / "samples", workers=2, progress=False)
    assert manifest.made_now == len(clips)
    assert contents(tmp_path / "samples") == contents(unbroken)


def test_killed_half_way_and_run_again_equals_an_unbroken_run(unbroken, corpus_root, clips, tmp_path):
    out = tmp_path / "samples"
    command = emo_prepare(corpus_root, out, "--workers", "2")
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: len(identities(out)) >= 2 or first.poll() is not None, "two clips")
        first.send_signal(signal.SIGKILL)
    finally:
        first.kill()
        first.wait()
    done = identities(out)
    assert 2 <= len(done) < len(clips), "the run was to be killed half way"
    assert not (out / MANIFEST).exists(), "a manifest says that all is done"
    (out / CLIPS / ".anger_p06_1.1-abc.part").mkdir(exist_ok=True)  # as of a clip killed at its very start
    second = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert second.returncode == 3, second.stderr
    report = json.loads(second.stdout)
    assert report["made_now"] <= len(clips) - len(done)
    assert {clip["clip_id"] for clip in report["failed"]} == {"anger_p90_1", "fear_p91_1"}
    after = identities(out)
    assert {name: after[name] for name in done} == done, "a clip was done twice"
    assert contents(out) == contents(unbroken)


def test_a_cluster_loses_nothing_when_a_worker_is_killed(unbroken, corpus_root, tmp_path):
    distributed = pytest.importorskip("distributed")
    out = tmp_path / "samples"
    options = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(host="127.0.0.1", silence_logs=50, **options) as cluster:
        with distributed.Client(cluster) as client:
            pids = list(client.run(os.getpid).values())
        command = emo_prepare(corpus_root, out, "--scheduler", cluster.scheduler_address)
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as run:
            watched = f"{CLIPS}/.*.{pids[0]}-*.part"
            wait_until(lambda: list(out.glob(watched)) or run.poll() is not None, "the first worker to begin a clip")
            os.kill(pids[0], signal.SIGKILL)
            killed_early = len(identities(out)) < len(read_manifest(unbroken).rows)
            output, _ = run.communicate(timeout=PATIENCE_S)
    assert killed_early
    assert run.returncode == 3
    assert json.loads(output)["ok"] == GOOD
    assert not list(out.rglob("*.part")), "the killed worker's leftovers are cleaned"
    assert contents(out) == contents(unbroken)


@dataclass(frozen=True)
class DeadlyStack(StackSpec):
    """Kills the process that reads a certain clip, as a bad file can kill a decoder."""

    def write(self, clip, detector, folder):
        if clip.subject_id == "p03":
            (folder / "half.tiff").write_bytes(b"II*")
            os.kill(os.getpid(), signal.SIGKILL)
        return super().write(clip, detector, folder)


def test_a_clip_that_kills_its_process_is_named_and_the_rest_is_done(clips, tmp_path):
    spec = DeadlyStack(interval=30, channels=2, window=60, size=16, detector="haar")
    manifest = prepare(clips, spec, tmp_path / "samples", workers=2, progress=False)
    assert len(manifest.ok) == GOOD - 1
    (row,) = [row for row in manifest.failed if row.subject_id == "p03"]
    assert "the process that read it died, twice" in row.reason
    assert not list((tmp_path / "samples").rglob("half.tiff"))


def test_what_has_changed_is_done_again_and_nothing_else(clips, tmp_path):
    spec = SequenceSpec(frames=2, size=16, detector="haar")
    own = tmp_path / "p05_1.mp4"
    own.write_bytes(clips[0].path.read_bytes())
    some = [*clips[:2], Clip("own", own, "folder", "p05", "fear")]
    out = tmp_path / "samples"
    assert prepare(some, spec, out, workers=1, progress=False).made_now == 3
    before = identities(out)
    own.write_bytes(clips[1].path.read_bytes())
    (out / CLIPS / clips[0].clip_id / "sequence.npz").write_bytes(b"cut off")
    manifest = prepare(some, spec, out, workers=1, progress=False)
    assert manifest.made_now == 2
    after = identities(out)
    assert [name for name in before if after[name] == before[name]] == [clips[1].clip_id]
    assert manifest.rows[1].sha256 == manifest.rows[2].sha256


def test_another_spec_goes_to_another_folder(clips, monkeypatch, tmp_path):
    monkeypatch.setenv("EMO_DATA_DIR", str(tmp_path))
    spec, other = (SequenceSpec(frames=1, size=size, detector="haar") for size in (16, 24))
    manifest = prepare(clips[:1], spec, workers=1, progress=False)
    assert manifest.folder == prepared_folder("folder", spec) == tmp_path / "prepared" / "folder" / spec_hash(spec)
    assert prepared_folder("folder", other) != manifest.folder
    with pytest.raises(OutputError, match="holds samples of another spec"):
        prepare(clips[:1], other, manifest.folder, workers=1, progress=False)


def test_wrong_requests_are_refused_before_any_work(clips, tmp_path):
    spec = SequenceSpec(detector="haar")
    with pytest.raises(CorpusError, match="found none"):
        prepare([], spec, tmp_path / "a")
    with pytest.raises(CorpusError, match="several of anger_p00_1"):
        prepare([clips[0], clips[0]], spec, tmp_path / "a")
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "thesis.docx").touch()
    with pytest.raises(OutputError, match="did not make"):
        prepare(clips, spec, tmp_path / "theirs", workers=1)
    with pytest.raises(UnknownNameError, match="Did you mean 'haar'"):
        prepare(clips, SequenceSpec(detector="haaar"), tmp_path / "b", workers=1)
    with pytest.raises(CorpusError, match="found no manifest.csv"):
        read_manifest(tmp_path / "theirs")


def test_two_runs_never_work_in_one_folder(clips, tmp_path):
    pytest.importorskip("fcntl")
    began, go_on = threading.Event(), threading.Event()

    @dataclass(frozen=True)
    class Waiting(SequenceSpec):
        def write(self, clip, detector, folder):
            began.set()
            go_on.wait(PATIENCE_S)
            return super().write(clip, detector, folder)

    arguments = (clips[:1], Waiting(frames=1, size=16, detector="haar"), tmp_path / "samples")
    first = threading.Thread(target=prepare, args=arguments, kwargs={"workers": 1, "progress": False})
    first.start()
    try:
        assert began.wait(PATIENCE_S)
        with pytest.raises(OutputError, match="another run is preparing"):
            prepare(*arguments, workers=1, progress=False)
    finally:
        go_on.set()
        first.join()
    assert len(read_manifest(tmp_path / "samples").ok) == 1
