"""Frames a second of a live source with one and with two faces: `python benchmarks/live.py`.

A real clip is played in a loop at 30 frames a second; for two faces the picture is put beside itself. What
cannot be analysed in time is dropped. The figures depend on the machine and on what else runs on it: both are printed.
"""

import argparse
import os
import time
from functools import partial
from itertools import count, cycle
from pathlib import Path

import numpy as np

from emo_utils.inference.frame_sources import FrameSource
from emo_utils.inference.options import AnalysisOptions
from emo_utils.video import Picture, read_frames
from emo_utils.workflows.analyzer import Analyzer
from emo_utils.workflows.live import watch

FPS = 30.0


def looped(frames, faces: int) -> FrameSource:
    """The frames again and again, `faces` times side by side."""
    wide = [np.concatenate([frame] * faces, axis=1) for frame in frames]

    def pictures(*arguments, **options):
        for index, pixels in zip(count(), cycle(wide), strict=False):
            yield Picture(index, index / FPS, partial(np.asarray, pixels))

    return FrameSource(f"{faces} faces", pictures, FPS, replayable=False)


def main() -> None:
    """Print a line per number of faces."""
    parser = argparse.ArgumentParser(description=__doc__)
    shared = Path(os.environ.get("EMO_SHARED_DIR", "../shared"))
    parser.add_argument("--clip", type=Path, default=shared / "clips" / "single_face.mp4")
    parser.add_argument("--seconds", type=float, default=8.0)
    given = parser.parse_args()
    frames = [frame.pixels[::2, ::2] for frame in read_frames(given.clip)]
    analyzer = Analyzer(options=AnalysisOptions(segments=False, identity_weights="none"))
    size = f"{frames[0].shape[1]}x{frames[0].shape[0]}"
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} before; frames of {size}")
    for faces in (1, 2):
        started, used = time.perf_counter(), time.process_time()
        counts = watch(looped(frames, faces), analyzer, seconds=given.seconds)
        each_ms = 1000 * (time.process_time() - used) / max(1, counts.frames)
        print(
            f"{faces} face{'s' * (faces > 1)}: {counts.fps:.1f} frames a second, {counts.dropped} dropped of "
            f"{counts.frames + counts.dropped}, {counts.faces / max(1, counts.frames):.2f} faces a frame, "
            f"{each_ms:.0f} ms of processor time a frame (all cores, {time.perf_counter() - started:.0f} s)"
        )


if __name__ == "__main__":
    main()
