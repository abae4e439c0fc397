"""Memory of a long clip against a minute's."""

from collections.abc import Iterator

from children import KINDS, analyze
from clips import count_frames, looped
from registered import Bench, part
from rows import Goal, Row

LOOPS = {1: 3, 10: 30, 60: 183}
"""Repetitions of the base clip (472 frames of 24 a second) by minutes."""

GOAL = Goal(60.0)


@part
def memory(bench: Bench) -> Iterator[Row]:
    """Peak memory of a process. Without `--hour` ten minutes are measured, and an hour follows from the slope."""
    base = bench.base
    minutes = 60 if bench.hour else 10
    short, long = (looped(base, LOOPS[length] if not bench.quick else length, bench.folder) for length in (1, minutes))
    frames = count_frames(long) - count_frames(short)
    for kind in KINDS:
        peaks = [analyze(clip, bench.folder / f"memory_{kind}", kind).peak_mb for clip in (short, long)]
        for length, peak in zip((1, minutes), peaks, strict=True):
            yield Row("memory", f"{kind}: {length} min", peak, "MB", note=base.stem)
        growth = peaks[1] - peaks[0]
        yield Row("memory", f"{kind}: growth", 1000 * growth / frames, "kB a frame")
        whole = growth * 59 / (minutes - 1)
        note = "" if bench.hour else f"extrapolated from {minutes} minutes"
        yield Row("memory", f"{kind}: an hour over a minute", whole, "MB", goal=GOAL, note=note)
