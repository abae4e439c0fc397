"""`emo analyze` over decoding alone: the main figures."""

from collections.abc import Iterator
from pathlib import Path

from children import KINDS, analyze, script
from clips import count_frames, looped, one_frame
from registered import Bench, part
from rows import Goal, Row
from turns import each, in_turn

TIMES = 10
GOALS = {"timeline": Goal(2.0), "segments": Goal(3.0), "everything": Goal(6.0)}


def decoding_s(clip: Path) -> float:
    """Seconds to decode a clip to RGB with PyAV, with the start of the interpreter."""
    return script("decode.py", clip).wall_s


@part
def ratio(bench: Bench) -> Iterator[Row]:
    """Start-up taken off: that of decoding from decoding, that of the timeline from all three analyses."""
    base, out = bench.base, bench.folder / "ratio"
    clip, start = looped(base, bench.size(TIMES, 1), bench.folder), one_frame(base, bench.folder)
    cpu_s: dict[str, list[float]] = {}

    def analysis_s(name: str, which: Path, kind: str) -> float:
        ended = analyze(which, out / name, kind)
        cpu_s.setdefault(name, []).append(ended.cpu_s)
        return ended.wall_s

    cases = {"start of decoding": lambda: decoding_s(start), "decoding": lambda: decoding_s(clip)}
    cases["start"] = lambda: analysis_s("start", start, "timeline")
    cases |= {kind: lambda kind=kind: analysis_s(kind, clip, kind) for kind in KINDS}
    wall_s, frames = in_turn(cases, bench.repeats), count_frames(clip)
    where = f"{base.stem}, {frames} frames"

    def a_frame(whole: list[float], begin: list[float]) -> list[float]:
        return each(lambda one, two: 1000 * (one - two) / frames, whole, begin)

    decoding = a_frame(wall_s["decoding"], wall_s["start of decoding"])
    yield Row.of("ratio", "decoding to RGB", decoding, "ms a frame", note=where)
    net = {kind: a_frame(wall_s[kind], wall_s["start"]) for kind in KINDS}
    for kind in KINDS:
        yield Row.of("ratio", kind, net[kind], "ms a frame", note=where)
        yield Row.of("ratio", f"{kind}, processor time", a_frame(cpu_s[kind], cpu_s["start"]), "ms a frame")
        written = sum(path.stat().st_size for path in (out / kind).rglob("*") if path.is_file())
        yield Row("ratio", f"{kind}, written", written / frames, "bytes a frame")
    for kind in KINDS:
        yield Row.of(
            "ratio",
            f"{kind} over decoding",
            each(lambda ours, plain: ours / plain, net[kind], decoding),
            "times",
            GOALS[kind],
        )
