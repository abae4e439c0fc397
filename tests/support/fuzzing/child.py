"""The child: reads recipes from its input, analyses each mutant as `emo analyze` does, and says what came of it.

A line of input is a recipe as JSON, a line of output its outcome. The networks are loaded once.
"""

import json
import os
import re
import resource
import shutil
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from emo_utils.errors import OutputError, VideoError
from emo_utils.inference.options import AnalysisOptions
from emo_utils.results_folder import DONE, INCOMPLETE, read_listing
from emo_utils.timeline import STATUSES
from emo_utils.workflows.analyze import analyze_clip
from emo_utils.workflows.analyzer import Analyzer
from fuzzing.mutations import make_mutant

QUICK = ("timeline", "segments", "summary", "elan", "webvtt")
MORE = {10: ("apex", "annotated"), 100: ("charts", "report")}
"""Further outputs of one in so many mutants: they take longer than the analysis of twelve frames."""

MEMORY = 6 << 30
"""Bytes of data that a child may hold: what needs more has no limit of its own."""

LARGEST_FILE = 1 << 30

VALID, NAMED, UNNAMED, HALF, INVALID, STRAY = (
    "valid timeline", "named error", "unnamed exception", "half output", "invalid timeline", "stray file",
)  # fmt: skip


UNEXPECTED = re.compile(r"\((\w+Error|\w*Exception): ")
"""How the reason of a missing output begins where the cause is no named error; see `errors.in_words`."""


@dataclass(frozen=True)
class Outcome:
    """What came of a mutant."""

    outcome: str
    what: str = ""
    """The class of the error, or what is wrong."""
    message: str = ""
    done: tuple[str, ...] = ()
    seconds: float = 0.0
    missing: tuple[str, ...] = ()
    """Outputs that are missing although the timeline is there."""


def limit_memory() -> None:
    """Set the limits of this process: memory, size of a file, no core file."""
    for kind, most in (
        (resource.RLIMIT_DATA, MEMORY),
        (resource.RLIMIT_FSIZE, LARGEST_FILE),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))


def judge(recipe: tuple[str, int], seeds: dict[str, bytes], analyzer: Analyzer, place: Path) -> Outcome:
    """Analyse a mutant in an empty folder; what is neither a valid timeline nor a named error is a fault."""
    seed, number = recipe
    mutant = make_mutant(seed, number, seeds)
    clip, out = place / os.fsdecode(mutant.name), place / "out"
    clip.write_bytes(mutant.data)
    started = time.perf_counter()
    outcome = judge_clip(clip, out, analyzer, outputs_of(number))
    if outcome.outcome in (VALID, NAMED) and (stray := {path.name for path in place.iterdir()} - {clip.name, "out"}):
        outcome = Outcome(STRAY, ", ".join(sorted(stray)))
    return Outcome(**{**asdict(outcome), "done": mutant.done, "seconds": round(time.perf_counter() - started, 2)})


def outputs_of(number: int) -> tuple[str, ...]:
    """The outputs that are written of a mutant."""
    return QUICK + tuple(name for every, names in MORE.items() if number % every == every - 1 for name in names)


def judge_clip(clip: Path, out: Path, analyzer: Analyzer, outputs: tuple[str, ...] = QUICK) -> Outcome:
    """The outcome of one file."""
    try:
        result = analyze_clip(clip, out, analyzer, outputs, progress=False)
    except (VideoError, OutputError) as error:
        left = [path.name for path in out.rglob("*")] if out.exists() else []
        kept = [name for name in left if not name.startswith(".emo") or ".part" in name]
        name = type(error).__name__
        return Outcome(HALF, name, str(kept)) if kept else Outcome(NAMED, name, str(error))
    except Exception as error:
        import traceback

        return Outcome(UNNAMED, type(error).__name__, "".join(traceback.format_exception(error)[-4:]))
    if wrong := _faults_of(out):
        return Outcome(INVALID, wrong)
    if any(UNEXPECTED.search(reason) for reason in result.missing):
        return Outcome(UNNAMED, "in an output", "\n".join(result.missing))
    return Outcome(VALID, missing=result.missing)


def _faults_of(out: Path) -> str:
    """What is wrong with results; empty if they are whole and make sense."""
    import pandas as pd

    listing = read_listing(out)
    if listing is None or listing.status not in (DONE, INCOMPLETE) or not listing.present(out):
        return f"listing {listing and listing.status}"
    if left := [path.name for path in out.rglob("*") if ".part" in path.name]:
        return f"left {left}"
    table = pd.read_csv(out / "timeline.csv")
    times = table.drop_duplicates("frame_index")["time_s"].to_numpy()
    pictures = len(times) == 1 and np.isnan(times).all()
    columns = [name for name in table if name.startswith("p_")]
    sums = table[columns].dropna().sum(axis=1)
    boxes = table[["x1", "y1", "x2", "y2"]].dropna()
    checks = {
        "no row": len(table) == 0,
        "times": not pictures and not (np.isfinite(times).all() and times[0] >= 0 and (np.diff(times) > 0).all()),
        "frames": not (np.diff(table["frame_index"]) >= 0).all(),
        "statuses": not set(table["status"]) <= set(STATUSES),
        "probabilities": not np.allclose(sums, 1, atol=0.01),
        "boxes": not np.isfinite(boxes.to_numpy()).all() or (boxes["x2"] < boxes["x1"]).any(),
        "summary": not json.loads((out / "summary.json").read_text()),
    }
    return ", ".join(name for name, wrong in checks.items() if wrong)


def main() -> None:
    """Answer recipes until the input ends."""
    import faulthandler

    faulthandler.enable()
    folder = Path(sys.argv[1])
    seeds = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what libraries print goes to standard error
    analyzer = Analyzer(options=AnalysisOptions(identity_weights="none"))
    limit_memory()
    answers.write("ready\n")
    for line in sys.stdin:
        place = Path(tempfile.mkdtemp(prefix="emo-mutant-"))
        os.chdir(place)
        try:
            outcome = judge(tuple(json.loads(line)), seeds, analyzer, place)
        finally:
            os.chdir("/")
            shutil.rmtree(place, ignore_errors=True)
        answers.write(json.dumps(asdict(outcome)) + "\n")


if __name__ == "__main__":
    main()
