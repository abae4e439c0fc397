"""`emo analyze` on a folder, killed repeatedly at random moments, then finished, against an uninterrupted run.

For each of SIGINT, SIGTERM and SIGKILL, a run of `emo analyze` over 40 tiny clips (15 frames of the synthetic sample)
is killed ten times and then left to finish. Checked: the exit codes; nothing half written after a signal that can be
caught; no finished clip is read twice; all results have the bytes of an unbroken run's. Prints a line per kill, writes
`results/soak.json`, and ends with 1 where anything differs.

    python benchmarks/soak.py [--clips 40] [--kills 10] [--seed 0] [--workers 1]
"""

import argparse
import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import cv2

import emo_utils.workflows.analyze  # noqa: F401  loaded once, before the forks; all but what starts threads
from emo_utils.apps.cli import main as main_of_emo
from emo_utils.datasets.corpora.sample import make_sample_clip
from emo_utils.results_folder import DONE, LISTING, read_listing
from emo_utils.video import read_frames
from emo_utils.video_writer import write_video

RESULTS = Path(__file__).resolve().parent / "results" / "soak.json"
FRAMES, SIDE = 15, (240, 180)
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -signal.SIGKILL}
TELL_TIME = ("analysis.log", LISTING, "manifest.csv")


def write_clips(folder: Path, count: int) -> None:
    """Clips of a few frames each, all different."""
    folder.mkdir()
    with tempfile.TemporaryDirectory() as place:
        make_sample_clip(Path(place) / "sample.mp4")
        frames = [cv2.resize(frame.pixels, SIDE) for frame in read_frames(Path(place) / "sample.mp4")]
    for number in range(count):
        start = number % (len(frames) - FRAMES)
        write_video(folder / f"c{number:02d}.mp4", frames[start : start + FRAMES], 25)


class Run:
    """The command, as a user gives it, in a fork of this process, in which the libraries are loaded already."""

    def __init__(self, clips: Path, out: Path, workers: int):
        options = [
            "--outputs",
            "parquet,segments,apex,summary",
            "--identity-weights",
            "none",
            "--workers",
            str(workers),
        ]
        reader, writer = os.pipe()
        self.returncode: int | None = None
        self.pid = os.fork()
        if not self.pid:
            for number in (1, 2):
                os.dup2(writer, number)
            sys.stdout, sys.stderr = (open(number, "w", buffering=1, closefd=False) for number in (1, 2))  # noqa: SIM115
            sys.argv = ["emo", "analyze", str(clips), "--out", str(out), *options]
            try:
                main_of_emo()
            except SystemExit as ended:
                sys.stdout.flush()
                os._exit(ended.code or 0)
            os._exit(0)
        os.close(writer)
        self._lines = open(reader, errors="replace")  # noqa: SIM115

    def readline(self) -> str:
        """The next line of its output; empty at the end."""
        return self._lines.readline()

    def end(self) -> str:
        """Wait for the end of the process; returns the rest of its output."""
        output = self._lines.read()
        self._lines.close()
        self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return output


def unbroken_run(clips: Path, out: Path, workers: int) -> tuple[float, float]:
    """Seconds to the first result, and from one result to the next."""
    begun = time.perf_counter()
    run = Run(clips, out, workers)
    run.readline()
    first_s = time.perf_counter() - begun
    output = run.end()
    if run.returncode:
        sys.exit(f"the unbroken run failed: {output}")
    return first_s, (time.perf_counter() - begun - first_s) / len(list(clips.iterdir()))


def finished(out: Path) -> dict[str, tuple[int, int]]:
    """The finished clips, each with the inode and time of its timeline, which change if a clip is analysed twice."""
    done = {}
    for path in out.glob("*/timeline.csv"):
        listing = read_listing(path.parent)
        if listing and listing.status == DONE:
            done[path.parent.name] = (path.stat().st_ino, path.stat().st_mtime_ns)
    return done


def results(out: Path) -> dict[str, bytes]:
    """Bytes of all written files but those that hold the time of day."""
    files = (path for path in out.rglob("*") if path.is_file() and path.name not in TELL_TIME)
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in files}


def half_written(out: Path) -> list[str]:
    """Names of partial files, of which none may be left after a run."""
    return [path.name for path in out.rglob("*") if ".part" in path.name]


def wait_a_while(run: Run, pace: tuple[float, float], remain: int) -> str:
    """Wait until a random moment, in one of three cases during the start, else during a clip; returns a description."""
    first_s, each_s = pace
    if random.random() < 1 / 3:
        wait_s = random.uniform(0, first_s)
        time.sleep(wait_s)
        return f"{wait_s:5.1f} s after its start"
    clips = random.randint(1, max(1, remain // 6))
    read = 0
    while read < clips and (line := run.readline()):
        read += line.startswith("[") and "finished before" not in line
    wait_s = random.uniform(0, each_s)
    time.sleep(wait_s)
    return f"{wait_s:5.2f} s after clip {read:2}"


def soak(kind: signal.Signals, clips: Path, out: Path, pace: tuple[float, float], options, faults: list[str]) -> dict:
    """Kill a run `options.kills` times, finish it, and add every fault to `faults`."""
    count, landed, known, rounds = len(list(clips.iterdir())), 0, {}, 0
    while landed < options.kills:
        if len(known) == count:  # all clips are finished, but kills are missing: start again in a new folder
            known, rounds = {}, rounds + 1
            out = out.with_name(f"{kind.name}_{rounds}")
        number = landed
        run = Run(clips, out, options.workers)
        moment = wait_a_while(run, pace, count - len(known))
        ended = os.waitid(os.P_PID, run.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        os.kill(run.pid, kind)  # a process that has ended is a zombie until waitpid, so its id is still valid
        run.end()
        landed += not ended
        if not ended and run.returncode == 0:
            faults.append(f"{kind.name} {number}: went on to its end")
        if run.returncode not in (CODES[kind], 0):
            faults.append(f"{kind.name} {number}: exit code {run.returncode}")
        if kind != signal.SIGKILL and (left := half_written(out)):
            faults.append(f"{kind.name} {number}: left {left}")
        now = finished(out)
        faults += [f"{kind.name} {number}: {name} was read again" for name in known if now.get(name) != known[name]]
        known = now
        print(f"{kind.name:8} {moment}: exit {run.returncode:4}, {len(known)} of {count} finished", flush=True)
    run = Run(clips, out, options.workers)
    run.end()
    now = finished(out)
    faults += [f"{kind.name}, at the end: {name} was read again" for name in known if now.get(name) != known[name]]
    if run.returncode or len(now) != count or half_written(out):
        faults.append(f"{kind.name}: exit {run.returncode}, {len(now)} of {count}, left {half_written(out)}")
    return {"folder": out.name, "kills": landed, "finished_before_the_last_run": len(known), "finished": len(now)}


def main() -> None:
    """Run the test with each signal, print and write the faults."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in (("clips", 40), ("kills", 10), ("seed", 0), ("workers", 1)):
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    random.seed(options.seed)
    faults: list[str] = []
    with tempfile.TemporaryDirectory() as place:
        clips, whole = Path(place) / "clips", Path(place) / "unbroken"
        maker = multiprocessing.get_context("spawn").Process(target=write_clips, args=(clips, options.clips))
        maker.start()  # in another process: this one is forked later and must have no threads
        maker.join()
        pace = unbroken_run(clips, whole, options.workers)
        print(f"unbroken: first result after {pace[0]:.1f} s, then {pace[1]:.2f} s a clip", flush=True)
        report = {}
        for kind in CODES:
            out = Path(place) / kind.name
            report[kind.name] = soak(kind, clips, out, pace, options, faults)
            expected, found = results(whole), results(out.with_name(report[kind.name]["folder"]))
            different = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
            if different:
                faults.append(f"{kind.name}: differs from the unbroken run in {different}")
            report[kind.name]["files_as_unbroken"] = len(expected) - len(different)
    result = {"clips": options.clips, "workers": options.workers, "signals": report, "faults": faults}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
