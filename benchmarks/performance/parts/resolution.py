"""Cost against the size of the picture."""

from collections.abc import Iterator

from children import analyze
from clips import one_frame, scaled
from registered import Bench, part
from rows import Row
from turns import each, in_turn

from parts.ratio import decoding_s

HEIGHTS = (360, 720, 1080, 2160)


@part
def resolution(bench: Bench) -> Iterator[Row]:
    """Decoding and timeline only, start-up taken off."""
    base, out, frames = bench.base, bench.folder / "resolution", bench.size(120, 4)
    clips = {height: scaled(base, height, frames, bench.folder) for height in HEIGHTS}
    start = one_frame(base, bench.folder)
    cases = {"decoding": lambda: decoding_s(start), "timeline": lambda: analyze(start, out / "0", "timeline").wall_s}
    for height, clip in clips.items():
        cases[f"decoding {height}"] = lambda clip=clip: decoding_s(clip)
        cases[f"timeline {height}"] = lambda clip=clip, n=height: analyze(clip, out / str(n), "timeline").wall_s
    seconds = in_turn(cases, bench.repeats)
    for height in HEIGHTS:
        net = {
            kind: each(lambda a, b: 1000 * (a - b) / frames, seconds[f"{kind} {height}"], seconds[kind])
            for kind in ("decoding", "timeline")
        }
        for kind, values in net.items():
            yield Row.of("resolution", f"{height}p {kind}", values, "ms a frame")
        yield Row.of(
            "resolution", f"{height}p timeline over decoding", each(lambda d, t: t / d, *net.values()), "times"
        )
