"""Frames come at a fixed rate, as from a camera; prints the seconds from each frame's coming to its last row.

    stream_latency.py CLIP FPS SECONDS

A frame that comes while others are still worked on waits, as in a queue, so being too slow shows as growing latency.
"""

import json
import sys
import time
from itertools import cycle

import av

from emo_utils.inference.options import AnalysisOptions
from emo_utils.workflows.analyzer import Analyzer

WARM_UP = 15
"""First frames, which also open the detector; not counted."""


def main() -> None:
    clip, fps, seconds = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    with av.open(clip) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    analyzer = Analyzer(options=AnalysisOptions(segments=False, identity_weights="none"))
    came: list[float] = []

    def camera():
        start = None
        for number, pixels in enumerate(cycle(frames)):
            if number == WARM_UP:
                start = time.perf_counter()
            if start is not None:
                due = start + (number - WARM_UP) / fps
                if number >= WARM_UP + fps * seconds:
                    return
                time.sleep(max(0.0, due - time.perf_counter()))
                came.append(due)
            else:
                came.append(time.perf_counter())
            yield pixels

    answered: dict[int, float] = {}
    faces: dict[int, int] = {}
    for row in analyzer.stream(camera(), fps):
        answered[row["frame_index"]] = time.perf_counter()
        faces[row["frame_index"]] = faces.get(row["frame_index"], 0) + (row["status"] != "no_face")
    counted = [number for number in answered if number >= WARM_UP]
    latency = [answered[number] - came[number] for number in counted]
    rate = (len(counted) - 1) / (answered[counted[-1]] - answered[counted[0]])
    per_frame = sum(faces[number] for number in counted) / len(counted)
    print("\n" + json.dumps({"latency_s": latency, "fps": rate, "faces": per_frame}))


if __name__ == "__main__":
    main()
