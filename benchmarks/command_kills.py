"""`emo prepare`, `emo train` and `emo collect`, killed (SIGKILL) at random moments, then finished.

Each command runs in a fork of this process, so that its libraries are loaded already. After every kill each file on
disk must be whole; the last run must end as an unbroken one, with the same bytes. `soak.py` does this with `emo
analyze`. Prints the counts as JSON, writes `results/command_kills.json`, and ends with 1 where anything differs.

    python benchmarks/command_kills.py [--kills 10] [--seed 0] [--only train]
"""

import argparse
import csv
import json
import os
import random
import re
import resource
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import accelerate  # noqa: F401  loaded once, before the forks; none of these starts threads
import cv2
import numpy as np
import onnx
import safetensors.numpy

import emo_utils.training.run
import emo_utils.workflows.collect
import emo_utils.workflows.prepare
import emo_utils.workflows.train  # noqa: F401
from emo_utils.apps.cli import main as main_of_emo
from emo_utils.datasets.corpora.ferplus import COLUMNS, SPLITS
from emo_utils.datasets.synthetic.portrait import read_photo
from emo_utils.output import is_part
from emo_utils.video_writer import write_video

RESULTS = Path(__file__).resolve().parent / "results" / "command_kills.json"
TELL_TIME = {"analysis.log", ".emo-results.json", "train.log", "history.csv", "metrics.json", "experiment.json"}
"""Files that hold the time of day, or seconds; they must be whole, not the same."""


@dataclass(frozen=True)
class Case:
    """A command: makes its input, is called with it, and its results are compared."""

    make: Callable[[Path], None]
    arguments: Callable[[Path, Path], list[str]]
    given: Callable[[Path, Path], None] = lambda source, out: None
    """Puts into the output folder what the command begins with."""


def make_clips(folder: Path, count: int = 6) -> None:
    """Clips of a portrait that drifts, of two classes and `count` people."""
    portrait = read_photo()[:256, 96:352]
    for number in range(count):
        path = folder / ("anger", "fear")[number % 2] / f"p{number:02d}_1.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_video(path, (np.roll(portrait, (number + i // 4, i // 2), axis=(0, 1)) for i in range(16)), 25)


def make_faces(folder: Path) -> None:
    """FER+'s layout with 32 faces a part, each class a bright bar in its own place."""
    rng = np.random.default_rng(0)
    lines = [",".join(("Usage", "Image name", *COLUMNS))]
    for usage, name in SPLITS.values():
        (folder / name).mkdir(parents=True)
        for index in range(32):
            picture = rng.integers(0, 80, (48, 48)).astype(np.uint8)
            picture[6 * (index % 8) : 6 * (index % 8) + 6] += 150
            cv2.imwrite(str(folder / name / f"fer{len(lines):07d}.png"), picture)
            votes = ",".join(str(10 * (index % 8 == column)) for column in range(10))
            lines.append(f"{usage},fer{len(lines):07d}.png,{votes}")
    (folder / "fer2013new.csv").write_text("\n".join(lines) + "\n")


def make_results(folder: Path) -> None:
    """The results of `emo analyze` over clips, made in a fork of this process."""
    make_clips(folder / "clips")
    options = ["--outputs", "summary", "--identity-weights", "none", "--recursive"]
    ended = wait(start(["analyze", str(folder / "clips"), "--out", str(folder / "results"), *options], folder / "log"))
    if ended:
        sys.exit(f"emo analyze failed: {(folder / 'log').read_text()[-2000:]}")


def prepare_arguments(source: Path, out: Path) -> list[str]:
    options = ["--representation", "sequence", "--frames", "12", "--size", "48", "--detector", "haar", "--workers", "1"]
    return ["prepare", "folder", "--root", str(source), "--subject", r"/(p\d+)_", *options, "--out", str(out)]


def train_arguments(source: Path, out: Path) -> list[str]:
    os.environ["FERPLUS_ARCHIVE"] = str(source)
    network = ["--backbone", "face_net", "--weights", "random", "--option", "widths=(8,16)", "--option", "blocks=1"]
    return ["train", "ferplus", *network, "--epochs", "2", "--batch-size", "8", "--out", str(out)]


CASES = {
    "prepare": Case(make_clips, prepare_arguments),
    "train": Case(make_faces, train_arguments),
    "collect": Case(
        make_results,
        lambda source, out: ["collect", str(out)],
        lambda source, out: shutil.copytree(source / "results", out, dirs_exist_ok=True),
    ),
}


def start(arguments: list[str], log: Path) -> int:
    """A command, as a user gives it, in a fork; its output goes to a file. Returns the id of the process."""
    pid = os.fork()
    if pid:
        return pid
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for number in (1, 2):
        os.dup2(file, number)
    sys.argv = ["emo", *arguments]
    code = 1
    try:
        main_of_emo()
    except SystemExit as ended:
        code = ended.code or 0
    finally:
        sys.stdout.flush()
        os._exit(code if isinstance(code, int) else 1)


def wait(pid: int) -> int:
    """The exit code of a process, when it has ended."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def has_ended(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def read_csv(path: Path) -> None:
    text = path.read_text(encoding="utf-8-sig")
    widths = {len(row) for row in csv.reader(text.splitlines())}
    if not text.endswith("\n") or len(widths) != 1:
        raise ValueError("its last line is cut off")


READERS = {
    ".json": lambda path: json.loads(path.read_text()),
    ".csv": read_csv,
    ".safetensors": lambda path: safetensors.numpy.load_file(path),
    ".npz": lambda path: zipfile.ZipFile(path).testzip(),
    ".onnx": lambda path: onnx.checker.check_model(onnx.load(path)),
}
"""Functions by suffix that raise an error where a file is not whole."""


def broken_files(out: Path) -> list[str]:
    """Files that are not whole; those under a hidden name are known to be unfinished."""
    broken = []
    for path in sorted(out.rglob("*")):
        hidden = any(is_part(place) for place in (path, *path.relative_to(out).parents))
        if path.is_file() and not hidden and path.suffix in READERS:
            try:
                READERS[path.suffix](path)
            except Exception as error:
                broken.append(f"{path.relative_to(out)}: {type(error).__name__}: {error}")
    return broken


def contents(out: Path) -> dict[str, bytes]:
    """The bytes of all files that hold no time; JSON without the commit of the code, which may change meanwhile."""
    files = (path for path in out.rglob("*") if path.is_file() and path.name not in TELL_TIME)
    return {path.relative_to(out).as_posix(): without_commit(path) for path in files}


def without_commit(path: Path) -> bytes:
    return (
        re.sub(rb'"(\w+_at_)?commit": "[^"]*"', b"", path.read_bytes()) if path.suffix == ".json" else path.read_bytes()
    )


def kill_and_finish(case: Case, source: Path, place: Path, kills: int, seconds: float, faults: list[str]) -> dict:
    """Kill a command `kills` times, then let it end; every fault is added to `faults`."""
    out, landed, rounds = place / "0" / "out", 0, 0
    case.given(source, out)
    while landed < kills:
        pid = start(case.arguments(source, out), place / "log")
        time.sleep(random.uniform(0, seconds))
        ended = has_ended(pid)
        os.kill(pid, 9)  # a process that has ended is a zombie until it is waited for, so its id is still valid
        code = wait(pid)
        landed += not ended
        if ended and code:
            faults.append(f"run {landed}: exit code {code}: {(place / 'log').read_text()[-1000:]}")
        faults += [f"kill {landed}: {one}" for one in broken_files(out)]
        if ended:  # it is finished, but kills are missing: start again
            rounds += 1
            out = place / str(rounds) / "out"
            case.given(source, out)
    code = wait(start(case.arguments(source, out), place / "log"))
    if code:
        faults.append(f"the last run: exit code {code}: {(place / 'log').read_text()[-1000:]}")
    left = [path.name for path in out.rglob("*") if is_part(path)]
    faults += [f"left behind: {name}" for name in left] + broken_files(out)
    return {"kills": landed, "runs_that_ended_before": rounds, "out": out}


def try_case(name: str, kills: int, place: Path) -> dict:
    """An unbroken run, then killed ones; the counts and faults."""
    case, faults = CASES[name], []
    source, whole = place / "input", place / "whole" / "out"
    source.mkdir(parents=True)
    case.make(source)
    case.given(source, whole)
    begun = time.perf_counter()
    if code := wait(start(case.arguments(source, whole), place / "log")):
        sys.exit(f"emo {name}: the unbroken run ended with {code}: {(place / 'log').read_text()[-2000:]}")
    seconds = time.perf_counter() - begun
    found = kill_and_finish(case, source, place, kills, seconds, faults)
    expected, other = contents(whole), contents(found.pop("out"))
    different = sorted(one for one in expected.keys() | other.keys() if expected.get(one) != other.get(one))
    faults += [f"differs from the unbroken run: {one}" for one in different]
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    found["processor_s_so_far"] = round(used.ru_utime + used.ru_stime, 1)
    return {**found, "seconds_of_a_run": round(seconds, 1), "files_as_unbroken": len(expected) - len(different),
            "faults": faults}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append", choices=CASES)
    options = parser.parse_args()
    random.seed(options.seed)
    os.environ["OMP_NUM_THREADS"] = "1"
    found = {}
    for name in options.only or CASES:
        with tempfile.TemporaryDirectory() as place:
            os.environ["EMO_DATA_DIR"] = str(Path(place) / "data")
            found[name] = try_case(name, options.kills, Path(place))
        print(f"{name}: {json.dumps(found[name])}", flush=True)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")
    sys.exit(any(one["faults"] for one in found.values()))


if __name__ == "__main__":
    main()
