"""Onset, apex and offset against a known truth, on synthetic clips made hard; and what finding them costs.

    python benchmarks/segments.py [--tune | --real] [--subjects N]

Thresholds were chosen on the seed `TUNE` (`--tune` shows it, with the three methods of optical flow beside each other),
nothing was chosen on `REPORT`. Scores pool all clips of a level, as in the MEGC spotting protocol
(`emo_utils.motion.scoring`). All figures of truth are SYNTHETIC: they say whether the code works. `--real` measures
real clips instead, see `real_segments`.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from hard_scenes import LEVELS, make_scene
from real_segments import real_report

from emo_utils.datasets.synthetic.cast import make_cast
from emo_utils.datasets.synthetic.script import FPS
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import Pipeline
from emo_utils.motion.flow import METHODS
from emo_utils.motion.rules import COMBINED, MOTION_ALONE, PROBABILITY_ALONE, middle_frames
from emo_utils.motion.scoring import SegmentScore, score_segments
from emo_utils.video import read_frames
from emo_utils.video_writer import VideoWriter
from emo_utils.workflows.analyze import analyze_clips

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "segments.json"
TUNE, REPORT = 11, 2024
SINGLE = [(name,) for name in ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")]
SEVERAL = [("happiness", "anger", "surprise"), ("sadness", "neutral", "fear"), ("disgust", "happiness", "sadness")]
REPEATS = 5
LOOPS = 20


def scenes(subjects: int, seed: int) -> list[tuple]:
    """Every person with every emotion on every level, and a longer scene of three."""
    cast = make_cast(subjects, seed)
    return [
        (level, subject, emotions, seed)
        for level in LEVELS
        for number, subject in enumerate(cast)
        for emotions in [*SINGLE, SEVERAL[number % len(SEVERAL)]]
    ]


def read_scene(level: str, subject, emotions, seed: int, flows: tuple[str, ...]) -> tuple[str, list, dict]:
    """Make one clip and find its segments by every rule: level, true marks, found marks by rule."""
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "scene.mp4"
        truth = make_scene(clip, subject, emotions, seed, LEVELS[level])
        motion = Pipeline(quiet()).run(clip).traces
        bare = motion.without_probabilities()
        magnified = Pipeline(quiet(magnify_motion=True, apex_only=True)).run(clip).traces
        found = {
            "combined (default)": motion.read(COMBINED)[0],
            "motion alone": bare.read(MOTION_ALONE)[0],
            "magnified motion alone": magnified.read(MOTION_ALONE)[0],
            "probability alone": motion.read(PROBABILITY_ALONE)[0],
        }
        found["middle frame"] = middle_frames(found["combined (default)"])
        for flow in flows:
            other = Pipeline(quiet(flow=flow)).run(clip).traces
            found[f"combined, {flow}"] = other.read(COMBINED)[0]
    return level, truth, {rule: [(s.onset, s.apex, s.offset) for s in segments] for rule, segments in found.items()}


def quiet(**options) -> AnalysisOptions:
    return AnalysisOptions(identity_weights="none", **options)


def truth_table(subjects: int, seed: int, flows: tuple[str, ...]) -> dict:
    workers = os.cpu_count() or 1
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        futures = [pool.submit(read_scene, *scene, flows) for scene in scenes(subjects, seed)]
        done = [future.result() for future in futures]
    table: dict[str, dict] = {}
    for level in LEVELS:
        own = [(truth, found) for name, truth, found in done if name == level]
        for rule in own[0][1]:
            score = score_segments([(found[rule], truth) for truth, found in own])
            table.setdefault(level, {})[rule] = as_row(score)
    return table


def as_row(score: SegmentScore) -> dict:
    frames = {f"{mark}_frames": round(score.mean_error(mark), 2) for mark in ("onset", "apex", "offset")}
    counts = {"hits": score.hits, "false": score.false, "missed": score.missed}
    return {"f1": round(score.f1, 3), **frames, "apex_ms": round(1000 * score.mean_error("apex") / FPS), **counts}


def print_table(table: dict) -> None:
    print(f"{'level':7}{'rule':26}{'F1@0.5':>8}{'apex':>8}{'ms':>6}{'onset':>8}{'offset':>8}{'hits/false/missed':>20}")
    for level, rules in table.items():
        for rule, row in rules.items():
            errors = f"{row['f1']:8.3f}{row['apex_frames']:8.2f}{row['apex_ms']:6}"
            errors += f"{row['onset_frames']:8.2f}{row['offset_frames']:8.2f}"
            print(f"{level:7}{rule:26}{errors}{row['hits']:>10}/{row['false']}/{row['missed']}")


def analysis_s(clip: Path, out: Path, segments: bool) -> float:
    """Wall time of a whole analysis, annotated video and charts with it, in a process that is warm."""
    started = time.perf_counter()
    analyze_clips([clip], out, quiet(segments=segments), overwrite=True, progress=False)
    return time.perf_counter() - started


ONE_ANALYSIS = """
import resource, sys
from pathlib import Path
from emo_utils.workflows.analyze import analyze_clips
from emo_utils.inference.options import AnalysisOptions
options = AnalysisOptions(identity_weights="none", segments=sys.argv[3] == "yes")
analyze_clips([sys.argv[1]], sys.argv[2], options, ["parquet", "segments", "apex", "summary"], progress=False)
status = Path("/proc/self/status")  # where it is there: ru_maxrss of a child begins with its parent's size
lines = status.read_text().splitlines() if status.exists() else []
own = [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")]
print(own[0] if own else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024))
"""


def peak_mb(clip: Path, out: Path, segments: bool) -> float:
    command = [sys.executable, "-c", ONE_ANALYSIS, str(clip), str(out), "yes" if segments else "no"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return int(done.stdout.split()[-1]) / 1024**2


def looped(clip: Path, path: Path) -> Path:
    with VideoWriter(path) as writer:
        start_s = 0.0
        for _ in range(LOOPS):
            for frame in read_frames(clip):
                writer.write(frame.pixels, end_s := start_s + frame.time_s)
            start_s = end_s + 0.04
    return path


def cost(folder: Path) -> dict:
    shared = Path(os.environ.get("EMO_SHARED_DIR", ROOT.parent / "shared")) / "clips"
    clips = [shared / "single_face.mp4", shared / "WolfgangLanger_Pexels.mp4"]
    if not all(clip.exists() for clip in clips):
        make_scene(folder / "scene.mp4", make_cast(1, 0)[0], SEVERAL[0], 0, LEVELS["plain"])
        clips = [folder / "scene.mp4"]
    report = {}
    for clip in clips:
        analysis_s(clip, folder / "warm", True)
        rounds = [
            (analysis_s(clip, folder / "with", True), analysis_s(clip, folder / "without", False))
            for _ in range(REPEATS)
        ]
        report[clip.name] = {"with_over_without": round(statistics.median(w / o for w, o in rounds), 3)}
    long = looped(clips[0], folder / "looped.mp4")
    for segments in (True, False):
        short_mb, long_mb = (peak_mb(c, folder / f"peak_{c.stem}_{segments}", segments) for c in (clips[0], long))
        name = "peak_memory_mb_with_segments" if segments else "peak_memory_mb_without"
        report[name] = {"clip": round(short_mb), f"clip x{LOOPS}": round(long_mb), "growth": round(long_mb - short_mb)}
    return report


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tune", action="store_true", help="the seed that thresholds were chosen on")
    parser.add_argument("--real", action="store_true", help="real clips, and synthetic micro-expressions")
    parser.add_argument("--subjects", type=int, default=6)
    given = parser.parse_args()
    if given.real:
        report = real_report(REPORT, given.subjects)
        print(json.dumps(report, indent=1))
        RESULTS.parent.mkdir(parents=True, exist_ok=True)
        RESULTS.with_name("real_segments.json").write_text(json.dumps(report, indent=1) + "\n")
        return
    flows = tuple(METHODS)[1:] if given.tune else ()
    table = truth_table(given.subjects, TUNE if given.tune else REPORT, flows)
    print(f"SYNTHETIC, seed {TUNE if given.tune else REPORT}; errors are mean absolute errors in frames of 1/{FPS} s")
    print_table(table)
    if given.tune:
        return
    with tempfile.TemporaryDirectory() as folder:
        report = {
            "synthetic": True,
            "seed": REPORT,
            "subjects": given.subjects,
            "truth": table,
            "cost": cost(Path(folder)),
        }
    print(json.dumps(report["cost"], indent=1))
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
