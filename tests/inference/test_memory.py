"""Memory against the length of a clip: a process that reads ten times as many frames may hardly be larger."""

import subprocess
import sys

import pytest

SHORT, LONG = 3_000, 30_000

MOST_BYTES = 1_600
"""The most that a frame with one face may add to the largest size of a process: its rows in the tables, 500 bytes,
and what is held beside them while they are made. It was 6,000."""

CHILD = """
import sys
import numpy as np
from emo_utils.faces.tracklets import Tracklet
from emo_utils.inference.frame_sources import FrameSource
from emo_utils.inference.observe import FaceInFrame, ObservedFrame
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import Pipeline
from emo_utils.motion.follow import FaceMotion
from pyarrow.parquet import read_metadata

count, path = int(sys.argv[1]), sys.argv[2]
rng = np.random.default_rng(0)
moved = np.cumsum(rng.normal(0, 0.0004, (997, 13, 2)), axis=0).astype(np.float32)
patches = rng.integers(0, 256, (997, 16, 16)).astype(np.uint8)
crop, keypoints = np.zeros((48, 48), np.uint8), np.full((6, 2), 20, np.float32)

def observed(source, detector, store, *_):
    store.tracklets.append(Tracklet(1, 1, 0, 0.0, count - 1, count / 30, count))
    for i in range(count):
        box = np.array([10, 10, 50, 50], np.float32) + i % 7
        motion = FaceMotion(moved[i % 997], patches[i % 997].copy(), np.zeros(4, np.float32), 1, keypoints[:4].copy())
        seen = i % 100 > 0
        faces = (FaceInFrame(1, box, keypoints, 0.9, i % 6 > 0, 1),) if seen else ()
        yield ObservedFrame(i, i / 30, faces, (crop,) * seen, (motion,) * seen, ((),) * seen)

pipeline = Pipeline(AnalysisOptions(identity_weights="none"))
pipeline._observed = observed
pipeline.engine.predict = lambda crops: rng.dirichlet(np.ones(8), len(crops)).astype(np.float32)
result = pipeline.run(FrameSource("long", lambda *_, **__: iter(()), 30.0, count))
result.timeline.save_csv(path + ".csv")
result.timeline.save_parquet(path + ".parquet")
assert read_metadata(path + ".parquet").num_rows == len(result.timeline.table) == count
assert len(result.motion) == count - -(-count // 100)
size = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))  # ru_maxrss counts the parent too
print(1024 * int(size.split()[1]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the largest size is read from /proc")
def test_a_long_clip_takes_hardly_more_memory_than_a_short_one(tmp_path) -> None:
    peaks = {}
    for count in (SHORT, LONG):
        command = [sys.executable, "-c", CHILD, str(count), str(tmp_path / str(count))]
        ended = subprocess.run(command, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
        peaks[count] = int(ended.stdout.split()[-1])
    assert (peaks[LONG] - peaks[SHORT]) / (LONG - SHORT) < MOST_BYTES
