"""Measurements in child processes, each with an interpreter of its own."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EMO = (sys.executable, "-m", "emo_utils")
SCRIPTS = Path(__file__).resolve().parent / "scripts"

PLAIN = ("--identity-weights", "none")
KINDS = {
    "timeline": (*PLAIN, "--no-segments", "--outputs", "timeline"),
    "segments": (*PLAIN, "--outputs", "timeline,segments"),
    "everything": PLAIN,
}
"""What `emo analyze` is asked for: the timeline only, with segments, and all that it writes by default."""


@dataclass(frozen=True)
class Ended:
    """A child process that has ended.

    Attributes:
        wall_s: seconds from its start to its end.
        cpu_s: processor time of all its threads.
        peak_mb: largest resident size; at least that of this process, which must stay small.
        code: exit code; negative for a signal.
        output: standard output.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float
    code: int
    output: str


def run_child(command: Sequence[str | Path], check: bool = True) -> Ended:
    """Run a command and wait for its end; standard error is shown only where it fails."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.getenv("PYTHONPATH"))))}
    started = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen([str(word) for word in command], stdout=out, stderr=errors, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - started
        process.returncode = code = os.waitstatus_to_exitcode(status)
        output, said = (file.seek(0) or file.read() for file in (out, errors))
    if check and code:
        sys.exit(f"{' '.join(map(str, command))} ended with {code}:\n{output}\n{said}")
    peak_mb = usage.ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
    return Ended(wall_s, usage.ru_utime + usage.ru_stime, peak_mb, code, output)


def analyze(clip: Path, out: Path, kind: str) -> Ended:
    """`emo analyze` of one clip; see `KINDS`."""
    return run_child([*EMO, "analyze", clip, "--out", out, "--redo", "--overwrite", *KINDS[kind]])


def script(name: str, *arguments: str | Path) -> Ended:
    """A script of this folder, in the interpreter of this process."""
    return run_child([sys.executable, SCRIPTS / name, *arguments])
