"""Every network on every set: a table for the choice of the network that is shipped.

    python benchmarks/networks_by_sets.py [--weights NAME ...] [--sets NAME ...]

Weights are shipped names, ONNX files or folders of runs. FER+ is read in both framings under the prior of training, by
both label rules; everything else under the uniform prior, one framing, as clips are read. The clips of `javanese` are
named by the mean log-probability of about ten frames a second, of its six emotions: as they are, and with the mean over
all clips of the person taken off, which uses no label. Corruptions: the mean over all levels of `robustness.py`, every
fourth picture of the validation part. Intervals (95 %) are over people, where people are known, else over pictures.

Writes `benchmarks/results/networks_by_sets.csv` and prints a table in markdown. Sets that are absent are left out.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from corruptions import CORRUPTIONS
from robustness import SEED, Reader
from set_readings import Readings, kept, readings_of

from emo_utils.datasets.corpora.ferplus import FerPlus
from emo_utils.errors import EmoError
from emo_utils.evaluation.resampling import count, interval_95, resampled_figures
from emo_utils.inference.prior import UNIFORM, prior_ratio
from emo_utils.inference.weights import Weights, find_weights, known_weights

RESULTS = Path(__file__).parent / "results" / "networks_by_sets.csv"
EVERY = 4


@dataclass(frozen=True)
class Figure:
    """One cell of the table; `low` and `high` bound the UAR, NaN where it has no interval of its own."""

    weights: str
    set: str
    n: int
    accuracy: float
    uar: float
    low: float
    high: float


def figure(title: str, readings: Readings, logs: np.ndarray, counted: np.ndarray | None = None) -> Figure:
    """Figures of items named by the largest of `logs` (N, C), among the emotions that the set has.

    Args:
        title: of the set.
        readings: whose emotions and people are compared with.
        logs: log-probabilities of each item, up to a constant each.
        counted: bool (N,), the items that count; None: all with a face.
    """
    counted = np.bincount(readings.item, minlength=len(logs)) > 0 if counted is None else counted
    classes = readings.weights.classes
    present = [column for column, name in enumerate(classes) if name in set(readings.emotions)]
    labels = np.array([present.index(classes.index(name)) for name in readings.emotions[counted]])
    named = logs[counted][:, present].argmax(axis=1)
    people = np.unique(readings.people[counted], return_inverse=True)[1]
    counts = count(people, labels, named, len(present))
    everything = count(np.zeros_like(people), labels, named, len(present)).figures()
    low, high = interval_95(resampled_figures(counts)["uar"])
    accuracy, uar = (float(everything[name][0]) for name in ("accuracy", "uar"))
    return Figure(readings.weights.name, title, len(labels), accuracy, uar, low, high)


def on_ferplus_test(weights: Weights) -> list[Figure]:
    """By the two label rules."""
    readings = readings_of("ferplus_test", weights)
    logs = readings.log_means()
    figures = [figure("FER+ test, plurality", readings, logs)]
    majority = np.isin(readings.people, FerPlus(rule="majority").load("test").names)
    return [figure("FER+ test, majority", readings, logs, majority), *figures]


def on_ferplus_validation(weights: Weights) -> list[Figure]:
    """Without and with corruptions; the latter in one framing, the unchanged picture."""
    readings = readings_of("ferplus_validation", weights)
    return [figure("FER+ validation", readings, readings.log_means()), corrupted(weights)]


def corrupted(weights: Weights) -> Figure:
    """The mean over all corruptions and levels."""
    faces = FerPlus().load("validation")
    pictures, labels = faces.pixels[::EVERY], faces.labels[::EVERY]

    def named() -> np.ndarray:
        reader = Reader(weights.path, faces.classes)
        levels = [(corruption, level) for corruption in CORRUPTIONS for level in corruption.levels]
        spoilt = (how.spoil(pictures, level, np.random.default_rng(SEED)) for how, level in levels)
        return np.stack([reader.read(each).argmax(axis=1) for each in spoilt])

    cells = [
        count(np.zeros_like(labels), labels, row, len(faces.classes)).figures()
        for row in kept(f"spoilt-{EVERY}", weights, named)
    ]
    accuracy, uar = (float(np.mean([cell[name][0] for cell in cells])) for name in ("accuracy", "uar"))
    return Figure(weights.name, "FER+ validation, spoilt", len(labels), accuracy, uar, np.nan, np.nan)


def on_javanese(weights: Weights) -> list[Figure]:
    """Without a baseline, and with each person's mean subtracted."""
    readings = readings_of("javanese", weights)
    logs = uniform(readings)
    people = np.unique(readings.people, return_inverse=True)[1]
    means = np.stack([logs[people == person].mean(axis=0) for person in range(people.max() + 1)])
    return [figure("javanese", readings, logs), figure("javanese, person's mean off", readings, logs - means[people])]


def on_labelled(weights: Weights) -> list[Figure]:
    """Seven clips: a development set."""
    readings = readings_of("labelled", weights)
    return [figure("labelled clips", readings, uniform(readings))]


def on_sample(weights: Weights) -> list[Figure]:
    """SYNTHETIC."""
    readings = readings_of("sample", weights)
    return [figure("SYNTHETIC sample, apex", readings, uniform(readings))]


def uniform(readings: Readings) -> np.ndarray:
    """Mean log-probabilities (N, C) under the uniform prior, up to a constant."""
    weights = readings.weights
    ratio = prior_ratio(UNIFORM, weights.corpus, weights.prior, weights.classes, weights.sharpness)
    return readings.log_means() + np.log(ratio)


MEASURES = {
    "ferplus_test": on_ferplus_test,
    "ferplus_validation": on_ferplus_validation,
    "javanese": on_javanese,
    "labelled": on_labelled,
    "sample": on_sample,
}
"""Function that measures weights on each set."""


def measure(names: Sequence[str], sets: Sequence[str]) -> pd.DataFrame:
    """A row per network and set; an absent set is reported and left out."""
    rows = []
    for weights in [titled(name) for name in names]:
        for name in sets:
            try:
                rows += MEASURES[name](weights)
            except (EmoError, FileNotFoundError, ValueError) as error:
                print(f"networks_by_sets: {name} left out for {weights.name}. {error}")
    return pd.DataFrame(rows)


def titled(name: str) -> Weights:
    """The weights; those of a run get the name of its folder, since the files of all runs have the same name."""
    weights = find_weights(name)
    return replace(weights, name=Path(name).name) if Path(name).is_dir() else weights


def markdown(table: pd.DataFrame) -> str:
    """A row per network, a column per set: accuracy / UAR and the interval of the UAR, in percent."""

    def cell(row) -> str:
        bounds = "" if np.isnan(row.low) else f" ({100 * row.low:.0f} to {100 * row.high:.0f})"
        return f"{100 * row.accuracy:.1f} / {100 * row.uar:.1f}{bounds}"

    shown = table.assign(
        cell=[cell(row) for row in table.itertuples()], set=table["set"] + ", n=" + table["n"].astype(str)
    )
    wide = shown.pivot_table(index="weights", columns="set", values="cell", aggfunc="first", sort=False)
    lines = [["set", *wide.index], ["---"] * (len(wide) + 1), *([name, *wide[name]] for name in wide)]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", action="append", help="may be given again (default: all shipped)")
    parser.add_argument("--sets", action="append", choices=MEASURES, help="may be given again (default: all)")
    arguments = parser.parse_args()
    table = measure(arguments.weights or known_weights(), arguments.sets or list(MEASURES))
    if table.empty:
        print("networks_by_sets: skipped, no set is there")
        return
    RESULTS.parent.mkdir(exist_ok=True)
    table.to_csv(RESULTS, index=False)
    print(f"accuracy / UAR in percent, 95 % interval of the UAR\n\n{markdown(table)}\n\nwritten to {RESULTS}")


if __name__ == "__main__":
    main()
