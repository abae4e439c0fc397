"""`emo prepare` on two workers against one, and against a plain loop that works as the source system (S3) does.

The loop reads every frame, finds the face mesh in each, crops, stacks and writes, in one thread. Each figure is from a
process of its own. For `emo prepare` the start of its workers is included; `steady` ratios leave it out, as the loop's
figure does: they count from the first clip that is finished. Ratios of one run on one machine.

    python benchmarks/prepare.py [--clips 168] [--loop-clips 16] [--repeats 3]
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import tifffile

from emo_utils.datasets.prepare import prepare
from emo_utils.datasets.registry import corpora
from emo_utils.faces.crops import crop_box
from emo_utils.faces.detector import create_detector
from emo_utils.representations.stack import StackSpec
from emo_utils.video import read_frames

RESULTS = Path(__file__).parent / "results" / "prepare.json"
GOALS = {"two_workers_over_one": 1.8, "two_workers_over_plain_loop": 3.0}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=168, help="of the sample corpus, for emo prepare")
    parser.add_argument("--loop-clips", type=int, default=16, help="of the sample corpus, for the plain loop")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--measure", nargs=2, metavar=("WHAT", "DETECTOR"), help=argparse.SUPPRESS)
    return parser.parse_args()


def plain_loop_s(paths: list[Path], folder: Path) -> float:
    """Seconds per clip of the source's method: face mesh in every frame, every fifth crop into the stack."""
    detector = create_detector("mediapipe_mesh")
    started = time.perf_counter()
    for number, path in enumerate(paths):
        last, channels = None, []
        for frame in read_frames(path):
            found = detector.detect(frame.pixels)
            if len(found):
                last = cv2.cvtColor(crop_box(frame.pixels, found.boxes[0]), cv2.COLOR_RGB2GRAY)
            if frame.index % 5 == 0 and frame.index < 90 and last is not None:
                channels.append(last)
        tifffile.imwrite(folder / f"{number}.tiff", np.stack(channels), imagej=True)
    seconds = time.perf_counter() - started
    detector.close()
    return seconds / len(paths)


def measure(what: str, detector: str, arguments: argparse.Namespace) -> tuple[float, float]:
    """Seconds per clip, with the start of the workers and without."""
    clips = corpora.create("sample").index()
    with tempfile.TemporaryDirectory() as folder:
        if what == "loop":
            seconds = plain_loop_s([clip.path for clip in clips[: arguments.loop_clips]], Path(folder))
            return seconds, seconds
        chosen, spec = clips[: arguments.clips], StackSpec(detector=detector)
        started = time.perf_counter()
        prepare(chosen, spec, Path(folder) / "samples", workers=int(what), progress=False)
        seconds = (time.perf_counter() - started) / len(chosen)
        finished = sorted(path.stat().st_mtime for path in Path(folder).glob("samples/clips/*/result.json"))
        return seconds, (finished[-1] - finished[0]) / (len(chosen) - 1)


def in_own_process(what: str, detector: str) -> tuple[float, float]:
    command = [sys.executable, __file__, *sys.argv[1:], "--measure", what, detector]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    whole, steady = map(float, done.stdout.split()[-2:])
    return whole, steady


def compare(seconds: dict[tuple[str, str], float]) -> dict[str, float]:
    loop = seconds["loop", "mediapipe_mesh"]
    ratios = {
        "two_workers_over_one": seconds["1", "mediapipe"] / seconds["2", "mediapipe"],
        "two_workers_over_one_mesh": seconds["1", "mediapipe_mesh"] / seconds["2", "mediapipe_mesh"],
        "two_workers_over_plain_loop": loop / seconds["2", "mediapipe"],
        "two_workers_over_plain_loop_mesh": loop / seconds["2", "mediapipe_mesh"],
        "one_worker_over_plain_loop_mesh": loop / seconds["1", "mediapipe_mesh"],
    }
    return {name: round(value, 2) for name, value in ratios.items()}


def main() -> None:
    arguments = parse_arguments()
    if arguments.measure:
        print(*measure(*arguments.measure, arguments))
        return
    corpora.create("sample").index()
    runs = [("1", "mediapipe"), ("2", "mediapipe"), ("1", "mediapipe_mesh"), ("2", "mediapipe_mesh")]
    runs.append(("loop", "mediapipe_mesh"))
    seconds = {run: [] for run in runs}
    for _ in range(arguments.repeats):
        for run in runs:  # in turn, so that other load on the machine affects all runs
            seconds[run].append(in_own_process(*run))
            whole, steady = seconds[run][-1]
            print(f"{run[0]:>4} {run[1]:<15} {1000 * whole:7.1f} ms a clip, {1000 * steady:7.1f} once it runs")
    whole, steady = ({run: statistics.median(pair[i] for pair in seconds[run]) for run in runs} for i in (0, 1))
    report = {
        "ratios": compare(whole),
        "ratios_steady": compare(steady),
        "goals": GOALS,
        "ms_per_clip": {" ".join(run): [round(1000 * pair[0], 1) for pair in seconds[run]] for run in runs},
        "ms_per_clip_steady": {" ".join(run): [round(1000 * pair[1], 1) for pair in seconds[run]] for run in runs},
        "clips": {"corpus": "sample (synthetic)", "prepare": arguments.clips, "loop": arguments.loop_clips},
        "machine": {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()},
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps({"ratios": report["ratios"], "ratios_steady": report["ratios_steady"]}, indent=1))


if __name__ == "__main__":
    main()
