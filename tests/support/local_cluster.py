"""A Dask cluster of this machine whose scheduler and workers are processes that can be killed, started, restarted.

It plays the supervisor (systemd, SLURM, Kubernetes) that a real cluster has: a worker ends when its scheduler goes
away, and `supervise` starts as many workers as are wanted.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

START_S = 120


def free_port() -> int:
    """A port of the loopback interface that is free now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class LocalCluster:
    """A scheduler and workers as processes; use as a context.

    Args:
        folder: for logs and the workers' files.
        workers: how many to start.
    """

    def __init__(self, folder: Path, workers: int):
        self._folder, self._wanted, self._port = folder, workers, free_port()
        self._scheduler: subprocess.Popen | None = None
        self.workers: list[subprocess.Popen] = []
        self.started = self.died = 0
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def address(self) -> str:
        """Of the scheduler."""
        return f"tcp://127.0.0.1:{self._port}"

    def __enter__(self) -> "LocalCluster":
        self.start_scheduler()
        self.supervise()
        return self

    def __exit__(self, *error) -> None:
        for process in (*self.workers, self._scheduler):
            if process and process.poll() is None:
                process.kill()
            if process:
                process.wait()

    def supervise(self) -> None:
        """Start workers in the place of those that ended."""
        ended = [one for one in self.workers if one.poll() is not None]
        self.died += len(ended)
        self.workers = [one for one in self.workers if one.poll() is None]
        while len(self.workers) < self._wanted:
            self.workers.append(self._run("worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard"))
            self.started += 1

    def add_worker(self) -> None:
        """One more worker from now on."""
        self._wanted += 1
        self.supervise()

    def remove_worker(self) -> None:
        """One worker less: the oldest is killed and not replaced."""
        self._wanted -= 1
        self.kill_worker(0)

    def kill_worker(self, number: int) -> None:
        """SIGKILL, as the kernel sends it where memory is short."""
        self.workers[number % len(self.workers)].kill()

    def kill_scheduler(self) -> None:
        """SIGKILL; the workers end by themselves, since they have lost it."""
        self._scheduler.kill()
        self._scheduler.wait()

    def start_scheduler(self) -> None:
        """Start it under the address that it had; returns when it answers."""
        self._scheduler = self._run("scheduler", "--host", "127.0.0.1", "--port", str(self._port), "--no-dashboard")
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), 1):
                return
            if self._scheduler.poll() is not None:
                break
            time.sleep(0.1)
        raise SystemExit(f"the scheduler did not start; see {self._folder}/scheduler.log")

    def _run(self, kind: str, *words: str) -> subprocess.Popen:
        with (self._folder / f"{kind}.log").open("a") as log:
            command = [sys.executable, "-m", "distributed.cli.dask_" + kind, *words]
            own = os.environ | {"OMP_NUM_THREADS": "1", "DASK_TEMPORARY_DIRECTORY": str(self._folder)}
            return subprocess.Popen(command, stdout=log, stderr=log, env=own, start_new_session=True)


def stop(process: subprocess.Popen) -> int:
    """End a process as Ctrl-C does; returns its exit code."""
    process.send_signal(signal.SIGINT)
    return process.wait()
