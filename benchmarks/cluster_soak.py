"""`emo analyze --scheduler` on a Dask cluster of this machine: workers killed and added, the scheduler restarted.

Many tiny clips (8 to 12 frames of the synthetic sample) are analysed by one process, then on the cluster. At fixed
shares of the finished clips something happens: a worker is killed, added or taken away, the scheduler is killed and
started again some seconds later, the command itself is killed and given again. Checked: every clip is finished and
landed once; manifest and tables hold each clip once; every file has the bytes of the one process; a worker loads its
networks once.

    python benchmarks/cluster_soak.py [--clips 2000] [--workers 2] [--rounds 8] [--away 3]
    python benchmarks/cluster_soak.py --clips 24 --rounds 1 --short     the short form, as in `make test`
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from local_cluster import LocalCluster  # noqa: E402

from emo_utils.datasets.corpora.sample import make_sample_clip  # noqa: E402
from emo_utils.inference.options import AnalysisOptions  # noqa: E402
from emo_utils.results_folder import DONE, read_listing  # noqa: E402
from emo_utils.video import read_frames  # noqa: E402
from emo_utils.video_writer import write_video  # noqa: E402
from emo_utils.workflows.analyze import analyze_clips  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results" / "cluster_soak.json"
OUTPUTS = ("timeline", "segments", "summary")
TELL_TIME = ("analysis.log", ".emo-results.json", ".emo-tables.json", "manifest.csv")
SIDE = (160, 120)
POLL_S = 0.03


def write_clips(folder: Path, count: int) -> None:
    """Clips that all differ: in length, in where they begin, in brightness."""
    folder.mkdir()
    with tempfile.TemporaryDirectory() as place:
        make_sample_clip(Path(place) / "sample.mp4")
        frames = [cv2.resize(frame.pixels, SIDE) for frame in read_frames(Path(place) / "sample.mp4")]
    for number in range(count):
        start, length = number % (len(frames) - 12), 8 + number % 5
        brighter = [cv2.add(frame, (number // 7 % 40,) * 3) for frame in frames[start : start + length]]
        write_video(folder / f"c{number:05d}.mp4", brighter, 25)


class Command:
    """`emo analyze` on the cluster, as a user gives it."""

    def __init__(self, clips: Path, out: Path, address: str, log: Path):
        self._log = log
        words = ["analyze", clips, "--out", out, "--scheduler", address, "--outputs", ",".join(OUTPUTS)]
        command = [sys.executable, "-m", "emo_utils", *map(str, words), "--identity-weights", "none"]
        with log.open("a") as file:
            self.process = subprocess.Popen(command, stdout=file, stderr=file)

    def check(self) -> None:
        """End with its output where it has ended without success."""
        if self.process.poll():
            sys.exit(f"emo analyze ended with {self.process.returncode}:\n{self._log.read_text()[-3000:]}")


class Landed:
    """The clips that have landed, each with the inode of its timeline, which changes where it lands again."""

    def __init__(self, out: Path):
        self._out = out
        self.inodes: dict[str, int] = {}
        self.again: list[str] = []

    def look(self) -> int:
        """Look at new folders; returns how many have landed."""
        for entry in os.scandir(self._out) if self._out.exists() else ():
            if entry.name not in self.inodes and not entry.name.startswith(".") and entry.is_dir():
                self.inodes[entry.name] = (self._out / entry.name / "timeline.csv").stat().st_ino
        return len(self.inodes)

    def compare(self) -> None:
        """Find the clips that landed again."""
        now = {name: (self._out / name / "timeline.csv").stat().st_ino for name in self.inodes}
        self.again = [name for name, inode in self.inodes.items() if now[name] != inode]


def restart_scheduler(cluster: LocalCluster, away_s: float) -> None:
    cluster.kill_scheduler()
    time.sleep(away_s)
    cluster.start_scheduler()


def soak(clips: Path, out: Path, place: Path, options) -> tuple[dict, list[str]]:
    """The run on the cluster with all that happens in it; returns a report and the faults."""
    count, faults = options.clips, []
    with LocalCluster(place / "cluster", options.workers) as cluster:
        command, landed = Command(clips, out, cluster.address, place / "command.log"), Landed(out)

        def command_again() -> None:
            nonlocal command
            command.process.kill()
            command.process.wait()
            command = Command(clips, out, cluster.address, place / "command.log")

        kinds: dict[str, Callable[[], None]] = {
            "worker killed": lambda: cluster.kill_worker(len(happened)),
            "worker added": cluster.add_worker,
            "scheduler restarted": lambda: restart_scheduler(cluster, options.away),
            "worker taken away": cluster.remove_worker,
            "command killed": command_again,
        }
        todo = [name for _ in range(options.rounds) for name in kinds if options.all or name in list(kinds)[:3]]
        happened: list[tuple[str, int]] = []
        started = time.perf_counter()
        while command.process.poll() is None:
            done = landed.look()
            if todo and done >= count * (len(happened) + 1) / (len(todo) + len(happened) + 2):
                name = todo.pop(0)
                kinds[name]()
                happened.append((name, done))
                print(f"{time.perf_counter() - started:6.1f} s  {done:5} of {count} finished: {name}", flush=True)
            cluster.supervise()
            time.sleep(POLL_S)
        took_s = time.perf_counter() - started
        command.check()
        loads = networks_loaded(cluster.address)
        landed.look()
        landed.compare()
        report = {
            "clips": count,
            "seconds": round(took_s, 1),
            "happened": [f"{name} at {done}" for name, done in happened],
        }
        report |= {"workers_started": cluster.started, "workers_ended": cluster.died, "loads_by_worker": loads}
    if todo:
        faults.append(f"the run was over before {todo}")
    if landed.again:
        faults.append(f"landed again: {landed.again[:5]}")
    if any(number > 1 for number in loads):
        faults.append(f"a worker loaded its networks more than once: {loads}")
    return report, faults


def networks_loaded(address: str) -> list[int]:
    """How often each worker that is alive has loaded networks."""
    from distributed import Client

    from emo_utils.workflows import clip_task

    with Client(address, set_as_default=False) as client:
        return sorted(client.run(lambda: clip_task._kept_analyzer.cache_info().misses).values())


def results(out: Path) -> dict[str, bytes]:
    """Bytes of all files but those that hold the time of day or seconds."""
    files = (path for path in out.rglob("*") if path.is_file() and path.name not in TELL_TIME)
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in files}


def compare(expected: dict[str, bytes], out: Path, count: int) -> list[str]:
    """What is lost, doubled or different."""
    found, faults = results(out), []
    different = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    if different:
        faults.append(f"{len(different)} files differ from one process's, such as {different[:5]}")
    listings = [read_listing(path) for path in out.iterdir() if path.is_dir()]
    done = sum(one is not None and one.status == DONE and Path(one.source.path).is_file() for one in listings)
    with (out / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    once = len({row["clip"] for row in rows}) == len(rows) == count and all(row["status"] == "ok" for row in rows)
    if done != count or not once:
        faults.append(f"expected {count} clips once, found {done} finished and {len(rows)} rows in the manifest")
    if left := [path.name for path in out.rglob("*") if ".part" in path.name]:
        faults.append(f"left {left[:5]}")
    return faults


def main() -> None:
    """Run it, print and write the faults."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=8, help="how often everything happens")
    parser.add_argument("--away", type=float, default=3.0, help="seconds until the scheduler is started again")
    parser.add_argument("--short", action="store_true", help="of each round only the first three")
    options = parser.parse_args()
    options.all = not options.short
    with tempfile.TemporaryDirectory(prefix="emo_soak_") as name:
        place = Path(name)
        clips, whole, out = place / "clips", place / "whole", place / "out"
        write_clips(clips, options.clips)
        started = time.perf_counter()
        analyze_clips([clips], whole, AnalysisOptions(identity_weights="none"), OUTPUTS, progress=False)
        one_process_s = time.perf_counter() - started
        print(f"one process: {one_process_s:.1f} s", flush=True)
        expected = results(whole)
        report, faults = soak(clips, out, place, options)
        faults += compare(expected, out, options.clips)
    report |= {"one_process_s": round(one_process_s, 1), "files_compared": len(expected), "faults": faults}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
