"""`emo analyze` against a plain loop, and its memory against the clip's length: ratios of one run on one machine.

    python benchmarks/analyze.py [CLIP]

Without a clip: `clips/WolfgangLanger_Pexels.mp4` of EMO_SHARED_DIR if it is there, else the synthetic sample clip.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from emo_utils.faces.detector import create_detector
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import Pipeline
from emo_utils.video import read_frames
from emo_utils.video_writer import VideoWriter

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "analyze.json"
REPEATS = 5
LOOPS = 20
ONE_ANALYSIS = """
import sys
from emo_utils.workflows.analyze import analyze_clips
analyze_clips([sys.argv[1]], sys.argv[2], outputs=["parquet", "segments", "apex", "summary", "charts"], progress=False)
"""


def chosen_clip(folder: Path) -> Path:
    if len(sys.argv) > 1:
        return Path(sys.argv[1])
    real = Path(os.environ.get("EMO_SHARED_DIR", ROOT.parent / "shared")) / "clips" / "WolfgangLanger_Pexels.mp4"
    if real.exists():
        return real
    from emo_utils.datasets.corpora.sample import make_sample_clip

    make_sample_clip(folder / "sample.mp4")
    return folder / "sample.mp4"


def plain_loop_s(clip: Path) -> float:
    """Seconds to make a detector, decode every frame and detect faces; no tracking, no prediction."""
    started = time.perf_counter()
    detector = create_detector()
    for frame in read_frames(clip):
        detector.detect(frame.pixels)
    detector.close()
    return time.perf_counter() - started


def analysis_s(clip: Path, every: int | None) -> float:
    pipeline = Pipeline(AnalysisOptions(detect_every=every, segments=False))
    started = time.perf_counter()
    pipeline.run(clip)
    return time.perf_counter() - started


def looped(clip: Path, folder: Path) -> Path:
    """The clip, `LOOPS` times in a row."""
    path = folder / "looped.mp4"
    with VideoWriter(path) as writer:
        start_s = 0.0
        for _ in range(LOOPS):
            for frame in read_frames(clip):
                end_s = start_s + frame.time_s
                writer.write(frame.pixels, end_s)
            start_s = end_s + 0.04
    return path


def peak_memory_mb(clip: Path, out: Path) -> float:
    """Largest resident size of a process that analyses the clip."""
    process = subprocess.Popen([sys.executable, "-c", ONE_ANALYSIS, str(clip), str(out)])
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"analysis of {clip} failed")
    return usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


def main() -> None:
    """Measure, print, write."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clip = chosen_clip(folder)
        plain_loop_s(clip), analysis_s(clip, 1)  # warm the caches
        rounds = [(plain_loop_s(clip), analysis_s(clip, None), analysis_s(clip, 1)) for _ in range(REPEATS)]
        short, long = peak_memory_mb(clip, folder / "short"), peak_memory_mb(looped(clip, folder), folder / "long")
    report = {
        "clip": clip.name,
        "analyze_over_plain_loop": statistics.median(a / p for p, a, _ in rounds),
        "analyze_detecting_every_frame_over_plain_loop": statistics.median(a / p for p, _, a in rounds),
        "peak_memory_mb": {"clip": round(short), f"clip x{LOOPS}": round(long), "growth": round(long - short)},
    }
    print(json.dumps(report, indent=1))
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
