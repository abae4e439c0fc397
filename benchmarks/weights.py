"""Time and size of shipped weights: single faces and batches, on one core, relative to the detector's time.

    python benchmarks/weights.py [--weights ferplus --weights ferplus-tiny] [--rounds 200]

Weights and detector take turns in one run, so that a busy machine slows them alike; the ratio is what counts.
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd

from emo_utils.faces.detector import create_detector
from emo_utils.inference.engines import OnnxEngine
from emo_utils.inference.weights import find_weights, known_weights
from emo_utils.video import read_frames

SHARED = Path(os.environ.get("EMO_SHARED_DIR", "../shared"))
BATCH = 16


def milliseconds(work, count: int = 1) -> float:
    """Time of one call, per item."""
    started = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - started) / count


def main() -> None:
    """Print a row per weights file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", action="append", help="shipped name, file or run; default all that are shipped")
    parser.add_argument("--detector", default="mediapipe")
    parser.add_argument("--clip", type=Path, default=SHARED / "clips" / "single_face.mp4")
    parser.add_argument("--rounds", type=int, default=200)
    arguments = parser.parse_args()
    names = arguments.weights or known_weights()
    engines = {name: OnnxEngine(find_weights(name), threads=1) for name in names}
    detector = create_detector(arguments.detector)
    frame = next(iter(read_frames(arguments.clip)))
    faces = np.random.default_rng(0).integers(0, 256, (BATCH, 48, 48), dtype=np.uint8)
    times = {name: {"single": [], "batch": []} for name in names}
    detection = []
    for _ in range(arguments.rounds):
        detection.append(milliseconds(lambda: detector.detect(frame.pixels)))
        for name, engine in engines.items():
            one, many = faces[:1], faces
            times[name]["single"].append(milliseconds(lambda e=engine, x=one: e.predict(x)))
            times[name]["batch"].append(milliseconds(lambda e=engine, x=many: e.predict(x), BATCH))
    detector.close()
    beside = float(np.median(detection))
    rows = []
    for name, engine in engines.items():
        single, batch = (float(np.median(times[name][how])) for how in ("single", "batch"))
        size_mb = engine.weights.path.stat().st_size / 1e6
        parameters = engine.weights.sidecar["parameters"]
        rows.append((name, parameters, size_mb, single, batch, single / beside))
    titles = ["weights", "parameters", "MB", "ms, one face", f"ms, of {BATCH}", f"over {arguments.detector}"]
    print(pd.DataFrame(rows, columns=titles).round(2).to_string(index=False))
    height, width = frame.pixels.shape[:2]
    print(f"{arguments.detector} on {width}x{height}: {beside:.2f} ms; medians of {arguments.rounds} rounds")


if __name__ == "__main__":
    main()
