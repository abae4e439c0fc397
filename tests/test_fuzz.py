"""The fuzzer itself, and past failures by their recipe; `make fuzz` tries 2,000 mutants."""

import pytest
from fuzzing.child import NAMED, VALID, Outcome, judge, judge_clip
from fuzzing.mutations import MUTATIONS, make_mutant
from fuzzing.pool import CRASH, HANG, Child, outcomes
from fuzzing.seeds import write_seeds

from emo_utils.inference.options import AnalysisOptions
from emo_utils.workflows.analyzer import Analyzer

PAST = [
    ("still.jpg", 7_000_103),  # a side of 32,767 pixels ended the process
    ("still.jpg", 47),  # a picture like a line: 232 GB of border
    ("mpeg4.mp4", 240),  # the first frame before the start of the file
    ("exif.jpg", 7_000_082),
    ("anim.gif", 3),
    ("h264.mp4", 12),
    ("h264.mkv", 9),
    ("mpeg4.avi", 21),
    ("anim.webp", 5),
]
"""Recipes of `make fuzz` that once failed, and one for each kind of container."""

STUB = """
import json, os, sys, time
print("ready", flush=True)
for line in sys.stdin:
    name, number = json.loads(line)
    if name == "crash":
        os.abort()
    if name == "hang":
        time.sleep(60)
    print(json.dumps({"outcome": "valid timeline", "what": str(os.getpid())}), flush=True)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzz") / "seeds"
    write_seeds(folder)
    return folder


@pytest.fixture(scope="module")
def seeds(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def analyzer():
    return Analyzer(options=AnalysisOptions(identity_weights="none"))


@pytest.mark.parametrize(("seed", "number"), PAST, ids=[f"{seed}:{number}" for seed, number in PAST])
def test_past_failures_end_with_a_valid_timeline_or_a_named_error(seed, number, seeds, analyzer, tmp_path):
    found = judge((seed, number), seeds, analyzer, tmp_path)
    assert found.outcome in (VALID, NAMED), found


def test_an_unchanged_seed_is_a_valid_timeline(folder, analyzer, tmp_path):
    assert judge_clip(folder / "h264.mp4", tmp_path / "out", analyzer) == Outcome(VALID)


def test_half_output_and_a_broken_timeline_are_seen(folder, analyzer, tmp_path):
    import fuzzing.child as child

    out = tmp_path / "out"
    judge_clip(folder / "h264.mp4", out, analyzer)
    (out / "timeline.csv").write_text("frame_index,time_s,status,x1,y1,x2,y2\n1,0.5,ok,1,1,0,0\n0,0.4,odd,1,1,2,2\n")
    assert child._faults_of(out) == "times, frames, statuses, probabilities, boxes"
    (out / "timeline.csv").unlink()
    assert child._faults_of(out).startswith("listing")


def test_a_recipe_always_makes_the_same_mutant_and_others_make_others(seeds):
    made = [make_mutant("h264.mp4", number, seeds) for number in range(40)]
    assert made == [make_mutant("h264.mp4", number, seeds) for number in range(40)]
    assert len({mutant.data for mutant in made}) > 30


def test_mutations_change_every_kind_of_file_without_an_error_of_their_own(seeds):
    import random

    for name, data in seeds.items():
        changed = [mutation(bytearray(data), random.Random(name), seeds) != data for mutation in MUTATIONS.values()]
        assert sum(changed) >= len(MUTATIONS) // 2, name


class Stub(Child):
    """A child that dies and hangs when told to."""

    def command(self):
        return ["-c", STUB]


def test_the_parent_survives_children_that_die_and_hang(tmp_path):
    recipes = [("a", 1), ("crash", 2), ("b", 3), ("hang", 4), ("c", 5)]
    found = dict(outcomes(recipes, tmp_path, 1, 1.0, Stub))
    assert {name: one.outcome for (name, _), one in found.items()} == {
        "a": VALID,
        "crash": CRASH,
        "b": VALID,
        "hang": HANG,
        "c": VALID,
    }
    assert found["crash", 2].what == "SIGABRT"
    processes = [found[recipe].what for recipe in (("a", 1), ("b", 3), ("c", 5))]
    assert len(set(processes)) == 3, "a child that died or hung is replaced"
