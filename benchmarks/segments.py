"""Onset, apex and offset against a known truth, on synthetic clips made hard.

    python benchmarks/segments.py [--tune | --real] [--subjects N]

Thresholds were chosen on the seed `TUNE` (`--tune` shows it, with the three methods of optical flow beside each other),
nothing was chosen on `REPORT`. Scores pool all clips of a level, as in the MEGC spotting protocol
(`emo_utils.motion.scoring`). All figures of truth are SYNTHETIC: they say whether the code works. `--real` measures
real clips instead, see `real_segments`.
"""

import argparse
import json
import os
import tempfile
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

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "segments.json"
TUNE, REPORT = 11, 2024
SINGLE = [(name,) for name in ("anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise")]
SEVERAL = [("happiness", "anger", "surprise"), ("sadness", "neutral", "fear"), ("disgust", "happiness", "sadness")]


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
    report = {"synthetic": True, "seed": REPORT, "subjects": given.subjects, "truth": table}
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
