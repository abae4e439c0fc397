"""The machine fails: a full disk, an output that cannot be written, too many open files, no memory.

Each ends with one sentence; what was finished is kept, nothing is half written, and the next run continues.
"""

import contextlib
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from tiny_clips import QUICK, results_of, write_tiny_clips

from emo_utils.errors import NO_MEMORY, OutputError, in_words
from emo_utils.inference.options import AnalysisOptions
from emo_utils.workflows.analyze import analyze_clips

NOBODY = AnalysisOptions(identity_weights="none", segments=False)
ANALYZE = ("--outputs", "summary", "--no-segments", "--identity-weights", "none")
TRAIN = ("--backbone", "face_net", "--weights", "random", "--option", "widths=(8,16)", "--option", "blocks=1")

MEMORY = """
import json, resource, sys
from pathlib import Path
import numpy as np
from emo_utils.inference.options import AnalysisOptions
from emo_utils.structures import Frame
from emo_utils.errors import in_words
from emo_utils.workflows.analyzer import Analyzer

analyzer = Analyzer(options=AnalysisOptions(identity_weights="none", segments=False))
small = np.zeros((1, 64, 64, 3), np.uint8)
analyzer.analyze(small, fps=25, progress=False)  # all is loaded
used = int(Path("/proc/self/statm").read_text().split()[5]) * resource.getpagesize()

def frames():
    yield small[0]
    resource.setrlimit(resource.RLIMIT_DATA, (used + (64 << 20), -1))
    for _ in range(8):
        yield np.zeros((4000, 6000, 3), np.uint8)

try:
    analyzer.analyze(frames(), fps=25, progress=False)
except BaseException as error:
    print(json.dumps(in_words(error)))
resource.setrlimit(resource.RLIMIT_DATA, (-1, -1))
print(len(analyzer.analyze(small, fps=25, progress=False).timeline))
"""


def leftovers(out: Path) -> list[str]:
    return [path.name for path in out.rglob("*") if ".part" in path.name or path.name == ".emo.lock"]


@contextlib.contextmanager
def limit(kind: int, most: int):
    """A limit of this process, for a while."""
    before = resource.getrlimit(kind)
    resource.setrlimit(kind, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(kind, before)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 256 kB; a function that makes it larger."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", place]).returncode:
        pytest.skip("a disk of its own can be mounted by root only")
    try:
        yield place, lambda: subprocess.run(["mount", "-o", "remount,size=16m", place], check=True)
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def test_a_disk_that_is_full_keeps_what_is_finished_and_the_next_run_continues(small_disk, tmp_path):
    place, enlarge = small_disk
    write_tiny_clips(tmp_path / "clips", 6)
    out = place / "out"

    def fill(result, so_far):
        if so_far.done == 2:
            with contextlib.suppress(OSError), (place / "other").open("wb", buffering=0) as file:
                while file.write(bytes(1024)):
                    pass

    with pytest.raises(OutputError, match=r"(?s)No space left on device.*2 of 6 clips are finished and kept"):
        analyze_clips([tmp_path / "clips"], out, NOBODY, **QUICK, on_result=fill)
    assert leftovers(out) == []
    enlarge()
    results = analyze_clips([tmp_path / "clips"], out, NOBODY, **QUICK)
    assert [result.read_before for result in results] == [True] * 2 + [False] * 4
    analyze_clips([tmp_path / "clips"], tmp_path / "whole", NOBODY, **QUICK)
    assert results_of(out) == results_of(tmp_path / "whole")


def test_too_many_open_files_end_the_run_and_not_the_clip(tmp_path):
    """No clip is called damaged because this process has no handle left."""
    write_tiny_clips(tmp_path / "clips", 3)
    out = tmp_path / "out"
    held = []

    def take_all(result, so_far):
        with contextlib.suppress(OSError):
            while len(held) < 100_000:
                held.append(os.open(os.devnull, os.O_RDONLY))

    with limit(resource.RLIMIT_NOFILE, len(os.listdir("/proc/self/fd")) + 40):
        try:
            with pytest.raises(OutputError, match="Too many open files"):
                analyze_clips([tmp_path / "clips"], out, NOBODY, **QUICK, on_result=take_all)
        finally:
            for handle in held:
                os.close(handle)
    results = analyze_clips([tmp_path / "clips"], out, NOBODY, **QUICK)
    assert leftovers(out) == []
    assert [result.status for result in results] == ["ok"] * 3
    assert results[0].read_before


def test_without_memory_an_analysis_ends_with_a_sentence_and_the_next_one_works():
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    said, rows = done.stdout.splitlines()
    assert json.loads(said) == NO_MEMORY
    assert rows == "1"


def test_opencvs_error_of_memory_is_told_alike():
    import cv2
    import numpy as np

    with limit(resource.RLIMIT_AS, 1 << 40), pytest.raises(cv2.error) as caught:
        cv2.copyMakeBorder(np.zeros((1, 1), np.uint8), 0, 2**30, 0, 2**30, cv2.BORDER_REPLICATE)
    assert in_words(caught.value) == NO_MEMORY


@pytest.mark.parametrize("command", ["analyze", "prepare", "train"])
def test_an_output_that_cannot_be_written_is_named(emo, command, tmp_path, tiny_ferplus, monkeypatch):
    (clip,) = write_tiny_clips(tmp_path / "clips" / "anger", 1)
    monkeypatch.setenv("FERPLUS_ARCHIVE", str(tiny_ferplus))
    arguments = {
        "analyze": (clip, *ANALYZE),
        "prepare": (
            "folder",
            "--root",
            tmp_path / "clips",
            "--subject",
            "(c)",
            "--representation",
            "frame",
            "--detector",
            "none",
            "--workers",
            "1",
        ),
        "train": ("ferplus", *TRAIN, "--epochs", "1"),
    }[command]
    code, _, errors = emo(command, *arguments, "--out", "/proc/emo")
    assert code == 2
    assert "/proc/emo" in errors
    assert "cannot be written" in errors
    assert "Traceback" not in errors


def test_a_disk_that_fills_up_while_training_ends_with_a_sentence_and_nothing_half(
    emo, tmp_path, tiny_ferplus, monkeypatch
):
    monkeypatch.setenv("FERPLUS_ARCHIVE", str(tiny_ferplus))
    monkeypatch.setenv("EMO_DATA_DIR", str(tmp_path / "data"))
    with limit(resource.RLIMIT_FSIZE, 2_000):
        code, _, errors = emo("train", "ferplus", *TRAIN, "--epochs", "1", "--out", tmp_path / "run")
    assert code == 2
    assert "cannot be written" in errors or "File too large" in errors
    assert "Traceback" not in errors
    assert leftovers(tmp_path / "run") == []
    assert not list((tmp_path / "run").rglob("*.safetensors"))
