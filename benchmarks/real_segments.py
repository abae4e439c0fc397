"""Segments of real faces: `benchmarks/segments.py --real` prints and writes this.

Sequences from rest to apex (Extended Cohn-Kanade), clips whose segments were marked by eye (`tests/motion/
marks_by_eye.csv`, to about five frames where people speak), neutral speech in which any segment is false, and synthetic
micro-expressions. Scores are those of the MEGC spotting protocol. What was tuned was tuned on these very clips, but for
one check: the least strength of a segment is chosen on four of the five people of the sequences and counted on the
fifth.
"""

import csv
import os
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

from micro_scenes import FPS as MICRO_FPS
from micro_scenes import make_micro

from emo_utils.datasets.synthetic.cast import make_cast
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import Pipeline, PipelineResult
from emo_utils.inference.segmenting import name_segments
from emo_utils.motion.rules import COMBINED
from emo_utils.motion.scoring import Marks, SegmentScore, match, score_segments
from emo_utils.structures import Segment

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("EMO_SHARED_DIR", ROOT.parent / "shared"))
BY_EYE = ROOT / "tests" / "motion" / "marks_by_eye.csv"
NEAR_FRAMES = 3
STRENGTHS = (0.4, 0.45, 0.5, 0.55, 0.6, 0.65)
FAINT = (0.1, 0.2)
MICRO_EMOTIONS = ("anger", "happiness", "surprise")


def real_report(micro_seed: int, subjects: int) -> dict:
    """All figures; parts whose clips are absent are left out."""
    pipeline = Pipeline(AnalysisOptions(identity_weights="none"))
    sequences = sorted((DATA / "data" / "ck_sequences").glob("*.mp4"))
    speech = sorted((DATA / "data" / "javanese" / "clips").glob("??-??-01_*.mp4"))
    report = {
        "from_rest_to_apex": sequence_report(pipeline, sequences) if sequences else None,
        "marked_by_eye": marked_report(pipeline),
        "neutral_speech": speech_report(pipeline, speech) if speech else None,
        "micro_synthetic": {str(strength): micro_report(micro_seed, subjects, strength) for strength in FAINT},
    }
    return {name: part for name, part in report.items() if part}


def sequence_report(pipeline: Pipeline, clips: list[Path]) -> dict:
    """Found, apex near the last frame, emotion right: by the rule, with exactly one, and with strength left out."""
    results = {clip.stem: pipeline.run(clip) for clip in clips}
    ones = {name: one_of(result) for name, result in results.items()}
    return {
        "clips": len(clips),
        "people": len({person_of(name) for name in results}),
        "found": counted(results, lambda result: strongest(result.segments)),
        "exactly_one": counted(results, one_of),
        "strength_chosen_on_other_people": left_out(results),
        "mean_apex_error_frames_exactly_one": mean([abs(ones[n].apex - last_of(r)) for n, r in results.items()]),
    }


def left_out(results: dict[str, PipelineResult]) -> dict:
    """For each person the strength that is best on all others (the highest of several), and the counts on that one."""
    total: Counter = Counter()
    for person in sorted({person_of(name) for name in results}):
        others, own = ({n: r for n, r in results.items() if (person_of(n) == person) == mine} for mine in (False, True))
        best = max(STRENGTHS, key=lambda strength: (sum(counted(others, at(strength)).values()), strength))
        total.update(counted(own, at(best)))
    return dict(total)


def at(strength: float):
    rule = replace(COMBINED, strength=strength)
    return lambda result: strongest(name_segments(result.traces.read(rule)[0], result.timeline))


def counted(results: dict[str, PipelineResult], choose) -> dict[str, int]:
    chosen = {name: choose(result) for name, result in results.items()}
    found = {name: segment for name, segment in chosen.items() if segment}
    near = sum(abs(segment.apex - last_of(results[name])) <= NEAR_FRAMES for name, segment in found.items())
    right = sum(name.startswith(segment.emotion) for name, segment in found.items())
    return {"segments": len(found), f"apex_within_{NEAR_FRAMES}": near, "emotion": right}


def strongest(segments) -> Segment | None:
    return max(segments, key=lambda segment: segment.strength, default=None)


def one_of(result: PipelineResult) -> Segment | None:
    return strongest(name_segments(result.traces.read_one()[0], result.timeline))


def person_of(name: str) -> str:
    return name.split("__")[1].split("_")[0]


def last_of(result: PipelineResult) -> int:
    return int(result.timeline.table["frame_index"].max())


def mean(values: list[float]) -> float:
    return round(sum(values) / len(values), 2)


def marked_report(pipeline: Pipeline) -> dict:
    """Scores of the marked clips, of those without speech and those with it; an apex within its stretch is no error."""
    with BY_EYE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    report = {}
    for kind, folder in (("without_speech", DATA / "clips"), ("while_speaking", DATA / "data" / "javanese" / "clips")):
        names = sorted({row["clip"] for row in rows if (folder / row["clip"]).exists()})
        pairs, off_s = [], []
        for name in names:
            own = [row for row in rows if row["clip"] == name]
            true = [(int(row["onset"]), int(row["apex_first"]), int(row["offset"])) for row in own]
            segments = pipeline.run(folder / name).segments
            found = [(segment.onset, segment.apex, segment.offset) for segment in segments]
            pairs.append((found, true))
            off_s += [apex_off_s(segments[i], own[j]) for i, j in match(found, true)]
        if names:
            report[kind] = {"clips": len(names), **scores(score_segments(pairs))}
            report[kind]["apex_ms"] = round(1000 * sum(off_s) / len(off_s)) if off_s else None
    return report


def apex_off_s(segment: Segment, row: dict) -> float:
    first, last = int(row["apex_first"]), int(row["apex_last"])
    frame_s = segment.apex_s / max(segment.apex, 1)
    return max(first - segment.apex, segment.apex - last, 0) * frame_s


def scores(score: SegmentScore) -> dict:
    found, true = score.hits + score.false, score.hits + score.missed
    return {
        "precision": round(score.hits / found, 3) if found else None,
        "recall": round(score.hits / true, 3) if true else None,
        "f1": round(score.f1, 3),
        "hits": score.hits,
        "false": score.false,
        "missed": score.missed,
    }


def speech_report(pipeline: Pipeline, clips: list[Path]) -> dict:
    """Segments, all false, in speech that is acted without an emotion."""
    results = [pipeline.run(clip) for clip in clips]
    minutes = sum(result.timeline.table["time_s"].max() for result in results) / 60
    count = sum(len(result.segments) for result in results)
    shown = {"sustained": sum(s.sustained for result in results for s in result.segments)}
    return {"clips": len(clips), "minutes": round(minutes, 2), "false": count, **shown,
            "false_a_minute": round(count / minutes, 2)}  # fmt: skip


def micro_report(seed: int, subjects: int, strength: float) -> dict:
    """SYNTHETIC: faint and fast expressions at 200 frames a second, found by the rule for micro-expressions."""
    spotter = Pipeline(AnalysisOptions(identity_weights="none", expressions="micro"))
    pairs: list[tuple[list[Marks], list[Marks]]] = []
    one_off = []
    with tempfile.TemporaryDirectory() as folder:
        for subject in make_cast(subjects, seed):
            for emotion in MICRO_EMOTIONS:
                clip = Path(folder) / f"{subject.subject_id}_{emotion}.mp4"
                true = make_micro(clip, subject, emotion, seed, strength)
                result = spotter.run(clip)
                pairs.append(([(s.onset, s.apex, s.offset) for s in result.segments], [true]))
                one_off.append(abs(result.traces.read_one()[0][0].apex - true[1]))
    score = score_segments(pairs)
    ms = 1000 / MICRO_FPS
    return {"clips": len(pairs), **scores(score), "apex_ms": round(score.mean_error("apex") * ms, 1),
            "exactly_one_apex_ms": round(mean(one_off) * ms, 1)}  # fmt: skip
