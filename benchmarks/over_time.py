"""Time of reading clips with a network over time, as a multiple of the frame network's.

    python benchmarks/over_time.py WEIGHTS [CLIP ...]

WEIGHTS is a run or a weights file on stacks or sequences. Without clips: those of EMO_SHARED_DIR/clips if they are
there, else the synthetic sample clip. Both networks read each clip in turn, several times; the least processor time
counts. The goal is a ratio of at most 1.3 for a head on the frame network's embeddings.
"""

import json
import os
import sys
import tempfile
import time
from pathlib import Path

from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import Pipeline
from emo_utils.inference.weights import DEFAULT

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "over_time.json"
CLIPS = ("single_face.mp4", "two_people.gif", "labelled/happiness.mp4")
TIMES = 3


def chosen_clips(folder: Path) -> list[Path]:
    if len(sys.argv) > 2:
        return [Path(clip) for clip in sys.argv[2:]]
    shared = Path(os.environ.get("EMO_SHARED_DIR", ROOT.parent / "shared")) / "clips"
    if shared.is_dir():
        return [shared / name for name in CLIPS]
    from emo_utils.datasets.corpora.sample import make_sample_clip

    make_sample_clip(folder / "sample.mp4")
    return [folder / "sample.mp4"]


def compare(frame: Pipeline, over_time: Pipeline, clip: Path) -> dict:
    """The least processor time of each on one clip, in seconds."""
    taken: dict[str, list[float]] = {"frame": [], "over_time": []}
    for _ in range(TIMES):
        for name, pipeline in (("frame", frame), ("over_time", over_time)):
            started = time.process_time()
            pipeline.run(clip)
            taken[name].append(time.process_time() - started)
    found = {name: round(min(seconds), 3) for name, seconds in taken.items()}
    return {"clip": clip.name, **found, "ratio": round(found["over_time"] / found["frame"], 3)}


def main() -> None:
    if len(sys.argv) < 2:
        print(__doc__)
        return
    frame, over_time = Pipeline(AnalysisOptions(DEFAULT)), Pipeline(AnalysisOptions(sys.argv[1]))
    if not over_time.networks.over_time:
        sys.exit(
            f"{sys.argv[1]}: expected a network over time, found one that reads {over_time.weights.representation}"
        )
    with tempfile.TemporaryDirectory() as folder:
        rows = [compare(frame, over_time, clip) for clip in chosen_clips(Path(folder))]
    totals = {name: sum(row[name] for row in rows) for name in ("frame", "over_time")}
    about = {"networks": over_time.networks.named(), "clips": rows}
    report = about | {"ratio": round(totals["over_time"] / totals["frame"], 3)}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
