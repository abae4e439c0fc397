"""Latency of `emo.Analyzer.stream`."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from children import script
from clips import base_clip, scaled, with_faces
from registered import Bench, part
from rows import Goal, Row
from turns import in_turn

SECONDS = 8
GOAL = Goal(100.0)


@part
def stream(bench: Bench) -> Iterator[Row]:
    """From the moment a frame comes to the last of its rows, in a queue that drops nothing."""
    base, frames = scaled(base_clip(bench.folder), 360, 150, bench.folder), bench.size(150, 12)
    cases = {"one face": (base, 30.0), "five faces": (with_faces(5, frames, bench.folder), 15.0)}
    found: dict[str, list[dict]] = {name: [] for name in cases}

    def measure(name: str, clip: Path, fps: float) -> float:
        said = json.loads(
            script("stream_latency.py", clip, str(fps), str(bench.size(SECONDS, 1))).output.splitlines()[-1]
        )
        found[name].append(said)
        return said["fps"]

    rates = in_turn(
        {name: lambda name=name, case=case: measure(name, *case) for name, case in cases.items()}, bench.repeats
    )
    for name, (_, fps) in cases.items():
        title = f"{name} at {fps:g} frames a second"
        faces = np.mean([one["faces"] for one in found[name]])
        yield Row.of("stream", f"{title}: kept up with", rates[name], "frames/s", note=f"{faces:.1f} faces a frame")
        for quantile, goal in ((50, None), (99, GOAL)):
            values = [1000 * float(np.percentile(one["latency_s"], quantile)) for one in found[name]]
            label = "median" if quantile == 50 else "99th percentile"
            yield Row.of("stream", f"{title}: latency, {label}", values, "ms", goal)
