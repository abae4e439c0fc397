"""Cost against the length of the clip."""

from collections.abc import Iterator

from children import analyze
from clips import count_frames, looped, one_frame
from registered import Bench, part
from rows import Row
from turns import each, in_turn

TIMES = (1, 2, 4)


@part
def length(bench: Bench) -> Iterator[Row]:
    """Timeline only, start-up taken off: a figure that stays means that the cost grows with the frames alone."""
    base, out = bench.base, bench.folder / "length"
    clips = {times: looped(base, times, bench.folder) for times in TIMES}
    start = one_frame(base, bench.folder)
    cases = {0: lambda: analyze(start, out / "0", "timeline").wall_s}
    cases |= {n: lambda n=n, clip=clip: analyze(clip, out / str(n), "timeline").wall_s for n, clip in clips.items()}
    seconds = in_turn(cases, bench.repeats)
    for times, clip in clips.items():
        frames = count_frames(clip)
        values = each(lambda whole, begin, n=frames: 1000 * (whole - begin) / n, seconds[times], seconds[0])
        yield Row.of("length", f"{frames} frames", values, "ms a frame", note=base.stem)
