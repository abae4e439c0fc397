"""Start-up: the command alone, and a clip of one frame."""

from collections.abc import Iterator

from children import EMO, analyze, run_child
from clips import one_frame
from registered import Bench, part
from rows import Goal, Row
from turns import in_turn


@part
def startup(bench: Bench) -> Iterator[Row]:
    """Seconds until `emo --version` ends, and until the shortest clip is analysed."""
    clip = one_frame(bench.base, bench.folder)
    out = bench.folder / "startup"
    cases = {
        "emo --version": lambda: run_child([*EMO, "--version"]).wall_s,
        "import emo_utils": lambda: run_child([EMO[0], "-c", "import emo_utils"]).wall_s,
        "shortest clip, timeline only": lambda: analyze(clip, out, "timeline").wall_s,
        "shortest clip, everything": lambda: analyze(clip, out, "everything").wall_s,
    }
    for case, seconds in in_turn(cases, bench.repeats).items():
        goal = Goal(1.2) if case.endswith("only") else None
        yield Row.of("startup", case, seconds, "s", goal)
