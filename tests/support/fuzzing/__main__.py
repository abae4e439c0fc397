"""`make fuzz`: mutants of clips and pictures, each analysed in a child process; prints how many ended how.

    PYTHONPATH=tests/support python -m fuzzing [--mutants 2000] [--seed 0] [--children 2]
    PYTHONPATH=tests/support python -m fuzzing --recipe h264.mp4:17     # one mutant again, with what came of it
    PYTHONPATH=tests/support python -m fuzzing --recipe h264.mp4:17 --keep a.mp4

Every mutant must end with a valid timeline or a named error. Exit code 1 if one did not; the recipes of those are in
`output/fuzz.json`. The same seed gives the same mutants with the same versions of FFmpeg's encoders and of NumPy.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path

from fuzzing.child import NAMED, VALID, Outcome
from fuzzing.mutations import make_mutant
from fuzzing.pool import Recipe, outcomes
from fuzzing.seeds import write_seeds

ROOT = Path(__file__).resolve().parents[3]
PER_SEED = 1_000_000
"""Numbers of one `--seed`; so two seeds share no mutant."""


def recipes_of(names: list[str], mutants: int, seed: int) -> list[Recipe]:
    """Recipes that take the seed clips in turn."""
    return [(names[number % len(names)], seed * PER_SEED + number) for number in range(mutants)]


def counts_text(found: dict[Recipe, Outcome]) -> str:
    """A line per outcome, and below it one per class of error."""
    lines = [f"{len(found)} mutants"]
    for outcome, number in Counter(one.outcome for one in found.values()).most_common():
        lines.append(f"{number:6} {outcome}")
        what = Counter(one.what for one in found.values() if one.outcome == outcome and one.what)
        lines += [f"{times:13} {name}" for name, times in what.most_common()]
    missing = sum(bool(one.missing) for one in found.values())
    slowest = max(one.seconds for one in found.values())
    lines += [f"{missing:6} of the valid timelines lack an output, which is named", f"slowest: {slowest} s"]
    return "\n".join(lines)


def report(found: dict[Recipe, Outcome], options: argparse.Namespace, seconds: float) -> dict:
    """Counts and faults as plain values."""
    bad = {recipe: one for recipe, one in found.items() if one.outcome not in (VALID, NAMED)}
    return {
        "mutants": len(found),
        "seed": options.seed,
        "seconds": round(seconds),
        "outcomes": dict(Counter(one.outcome for one in found.values())),
        "errors": dict(Counter(one.what for one in found.values() if one.outcome == NAMED)),
        "faults": [{"recipe": f"{name}:{number}", **asdict(one)} for (name, number), one in sorted(bad.items())],
    }


def run(options: argparse.Namespace, seeds: Path) -> int:
    """Try the mutants; returns the exit code."""
    shared = Path(options.shared) if options.shared else None
    names = sorted(write_seeds(seeds, shared))
    started = time.perf_counter()
    if options.recipe:
        recipes = [(name, int(number)) for name, _, number in (one.rpartition(":") for one in options.recipe)]
    else:
        recipes = recipes_of(names, options.mutants, options.seed)
    if options.keep:
        Path(options.keep).write_bytes(make_mutant(*recipes[0], {p.name: p.read_bytes() for p in seeds.iterdir()}).data)
    found = {}
    for recipe, outcome in outcomes(recipes, seeds, options.children, options.limit):
        found[recipe] = outcome
        if options.recipe or outcome.outcome not in (VALID, NAMED):
            print(f"{recipe[0]}:{recipe[1]} {'+'.join(outcome.done)}: {outcome.outcome} {outcome.what}", flush=True)
            print(outcome.message, *outcome.missing, sep="\n", flush=True)
        if len(found) % 100 == 0:
            so_far = dict(Counter(one.outcome for one in found.values()))
            print(f"{len(found)} of {len(recipes)}, {time.perf_counter() - started:.0f} s: {so_far}", flush=True)
    result = report(found, options, time.perf_counter() - started)
    place = ROOT / "output" / "fuzz.json"
    place.parent.mkdir(exist_ok=True)
    place.write_text(json.dumps(result, indent=1) + "\n")
    print(f"{len(names)} seed clips\n{counts_text(found)}")
    print(f"{result['seconds']} s in all; faults: {len(result['faults'])}")
    return 1 if result["faults"] else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("mutants", 2000), ("seed", 0), ("children", 2)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--limit", type=float, default=30, help="seconds after which a mutant is a hang")
    parser.add_argument("--recipe", action="append", help="only this mutant")
    parser.add_argument("--keep", help="write the first mutant of --recipe to this file")
    parser.add_argument("--shared", default=os.environ.get("EMO_SHARED_DIR"), help="folder of real clips")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="emo-seeds-") as place:
        sys.exit(run(options, Path(place) / "seeds"))


if __name__ == "__main__":
    main()
