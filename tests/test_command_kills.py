"""`emo prepare`, `emo train` and `emo collect` killed at random moments: the short form of `make soak`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(("command", "kills"), [("prepare", 2), ("collect", 2), ("train", 1)])
def test_a_killed_command_leaves_whole_files_and_the_next_run_ends_as_an_unbroken_one(command, kills):
    script = [sys.executable, ROOT / "benchmarks" / "command_kills.py", "--only", command, "--kills", str(kills)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(script, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    found = json.loads(done.stdout.partition(": ")[2])
    assert (found["kills"], found["faults"]) == (kills, [])
    assert found["files_as_unbroken"] >= 3
