"""Many clips on workers that die: on a real Dask cluster of this machine, and on processes of this machine."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from local_cluster import LocalCluster
from tiny_clips import QUICK, results_of, write_tiny_clips

from emo_utils.errors import WorkerError
from emo_utils.inference.options import AnalysisOptions
from emo_utils.workflows.analyze import analyze_clips
from emo_utils.workflows.clip_manifest import read_rows
from emo_utils.workflows.clip_task import ClipTask, try_task
from emo_utils.workflows.cluster import cluster

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 300
NOBODY = AnalysisOptions(identity_weights="none", segments=False)


def test_a_cluster_loses_nothing_while_workers_die_and_come_and_the_scheduler_is_restarted():
    """Also that a worker loads its networks once, and that all bytes are those of one process: see the script."""
    pytest.importorskip("distributed")
    script = ROOT / "benchmarks" / "cluster_soak.py"
    words = ["--clips", "24", "--rounds", "1", "--short", "--away", "0.5"]
    done = subprocess.run([sys.executable, script, *words], capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    report = json.loads(done.stdout[done.stdout.index("{") :])
    assert [one.split(" at ")[0] for one in report["happened"]] == [
        "worker killed",
        "worker added",
        "scheduler restarted",
    ]


def test_a_scheduler_that_stays_away_ends_the_tasks_with_its_address(tmp_path):
    pytest.importorskip("distributed")
    with LocalCluster(tmp_path / "cluster", workers=0) as own, cluster(own.address, wait_s=0.5) as executor:
        future = executor.submit(abs, -1)
        own.kill_scheduler()
        with pytest.raises(WorkerError, match=rf"{own.address} went away and did not come back within 0 s"):
            future.result(timeout=PATIENCE_S)


def test_no_scheduler_is_an_error_that_names_the_address(tmp_path):
    pytest.importorskip("distributed")
    clips = write_tiny_clips(tmp_path / "clips", 2)
    with pytest.raises(WorkerError, match="no Dask scheduler answers at tcp://127.0.0.1:9 "):
        analyze_clips(clips, tmp_path / "out", NOBODY, **QUICK, scheduler="tcp://127.0.0.1:9")


def test_a_worker_with_other_networks_stops_the_run(tmp_path):
    (clip,) = write_tiny_clips(tmp_path / "clips", 1)
    task = ClipTask(
        clip, tmp_path / ".part", NOBODY, ("timeline",), networks=("0.0.1", "a" * 64, "no identity network")
    )
    with pytest.raises(
        WorkerError, match=r"expected version and networks of this run, 0\.0\.1, aaaaaaaaaaaa, no ident"
    ):
        try_task(task)
    assert not task.part.exists()


def test_a_killed_process_of_two_loses_nothing(tmp_path):
    clips, out = tmp_path / "clips", tmp_path / "out"
    write_tiny_clips(clips, 12)
    analyze_clips([clips], tmp_path / "whole", NOBODY, **QUICK)
    words = ["--no-segments", "--identity-weights", "none", "--outputs", "summary", "--workers", "2"]
    command = [sys.executable, "-m", "emo_utils", "analyze", clips, "--out", out, *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
        lines = iter(run.stdout.readline, "")
        next(line for line in lines if line.startswith("["))
        workers = [one for one in psutil.Process(run.pid).children() if "spawn_main" in " ".join(one.cmdline())]
        os.kill(workers[0].pid, signal.SIGKILL)
        said = "".join(lines)
    assert len(workers) == 2
    assert run.returncode == 0, said
    assert [row.status for row in read_rows(out)] == ["ok"] * 12
    assert results_of(out) == results_of(tmp_path / "whole")
    assert not [path for path in out.rglob("*") if ".part" in path.name]
