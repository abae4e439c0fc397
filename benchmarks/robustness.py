"""Accuracy of weights on FER+ pictures with corruptions as in video.

    python benchmarks/robustness.py [--weights NAME ...] [--split validation] [--figure FILE.png] [--every N]

Every picture of the split is spoilt once at each level, by the same draws for all weights (`corruptions.py`), and read
by the ONNX file as users run it. `moved` is how far the probabilities went from those of the unspoilt picture, as mean
total variation (0 to 1); `same` is the share of pictures with the same name as before. FER+ comes from
`FERPLUS_ARCHIVE`; without it nothing is measured.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import matplotlib.pyplot as plt
import numpy as np
from corruptions import CORRUPTIONS, Corruption
from matplotlib.axes import Axes

from emo_utils.datasets.corpora.ferplus import SPLITS, FerPlus
from emo_utils.errors import CorpusError, WeightsError
from emo_utils.evaluation.resampling import count
from emo_utils.inference.engines import OnnxEngine
from emo_utils.inference.weights import DEFAULT, find_weights

RESULTS = Path(__file__).parent / "results" / "robustness.json"
SEED = 6
BATCH = 128
CLEAN = Corruption("none", "", (0,), lambda pictures, level, rng: pictures)


@dataclass(frozen=True)
class Cell:
    """Figures of one network at one level; see the docstring of this module.

    Attributes:
        weights, corruption, level: of the measurement.
        n: pictures.
        accuracy, uar, moved, same: shares.
    """

    weights: str
    corruption: str
    level: float
    n: int
    accuracy: float
    uar: float
    moved: float
    same: float


class Reader:
    """A network that gives a corpus's classes in the corpus's order, from pictures of any size."""

    def __init__(self, name: str, classes: Sequence[str]):
        weights = find_weights(name)
        if set(weights.classes) != set(classes):
            raise WeightsError(
                f"{weights.path}: expected the classes {', '.join(classes)}; found {', '.join(weights.classes)}; "
                "name weights that were trained on FER+"
            )
        self.name = name
        self._engine, self._size = OnnxEngine(weights), weights.input_spec.size
        self._order = [weights.classes.index(each) for each in classes]

    def read(self, pictures: np.ndarray) -> np.ndarray:
        """Probabilities float32 (N, C) of pictures uint8 (N, S, S)."""
        batches = np.split(pictures, range(BATCH, len(pictures), BATCH))
        return np.concatenate([self._engine.predict(self._resized(each)) for each in batches])[:, self._order]

    def _resized(self, pictures: np.ndarray) -> np.ndarray:
        if pictures.shape[-1] == self._size:
            return pictures
        return np.stack([cv2.resize(p, (self._size, self._size), interpolation=cv2.INTER_LINEAR) for p in pictures])


def measure_all(readers: Sequence[Reader], pictures: np.ndarray, labels: np.ndarray) -> list[Cell]:
    """All levels of all corruptions, the unspoilt pictures first; prints each row as it is known.

    Args:
        readers: the networks.
        pictures: uint8 (N, S, S).
        labels: int64 (N,), index into the classes that the readers give.
    """
    clean = [reader.read(pictures) for reader in readers]
    cells: list[Cell] = []
    for corruption in (CLEAN, *CORRUPTIONS):
        for level in corruption.levels:
            spoilt = corruption.spoil(pictures, level, np.random.default_rng(SEED))
            for position, reader in enumerate(readers):
                cells.append(_cell(reader, corruption, level, reader.read(spoilt), clean[position], labels))
                print(_line(cells[-1], corruption, cells[position]), flush=True)
    return cells


def _cell(reader: Reader, corruption: Corruption, level: float, read, clean, labels: np.ndarray) -> Cell:
    named = read.argmax(axis=1)
    figures = count(np.zeros(len(labels), np.int64), labels, named, read.shape[1]).figures()
    moved = float(np.abs(read - clean).sum(axis=1).mean() / 2)
    same = float((named == clean.argmax(axis=1)).mean())
    accuracy, uar = float(figures["accuracy"][0]), float(figures["uar"][0])
    return Cell(reader.name, corruption.title, level, len(labels), accuracy, uar, moved, same)


HEAD = "| corruption | level | weights | accuracy | lost | UAR | lost | moved | same |\n" + "|---" * 9 + "|"


def _line(cell: Cell, corruption: Corruption, clean: Cell) -> str:
    level = f"{cell.level:g} {corruption.unit}" if corruption.unit else ""
    shares = [cell.accuracy, clean.accuracy - cell.accuracy, cell.uar, clean.uar - cell.uar]
    numbers = [f"{100 * share:.1f}" for share in shares] + [f"{cell.moved:.3f}", f"{100 * cell.same:.1f}"]
    return f"| {' | '.join([cell.corruption, level, cell.weights, *numbers])} |"


def draw(cells: Sequence[Cell], path: Path) -> None:
    """One panel a corruption, accuracy against severity, the unspoilt pictures at the left of each."""
    several = [corruption for corruption in CORRUPTIONS if len(corruption.levels) > 1]
    figure, panels = plt.subplots(2, (len(several) + 1) // 2, figsize=(10, 5.6), sharey=True, layout="constrained")
    for corruption, panel in zip(several, panels.flat, strict=False):
        _panel(panel, corruption, cells)
    for panel in panels[:, 0]:
        panel.set_ylabel("accuracy, %")
    figure.legend(*panels.flat[0].get_legend_handles_labels(), loc="outside lower center", frameon=False, ncols=4)
    figure.suptitle(f"FER+, {cells[0].n} pictures, spoilt as video spoils faces", fontsize=10)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def _panel(panel: Axes, corruption: Corruption, cells: Sequence[Cell]) -> None:
    for name in dict.fromkeys(cell.weights for cell in cells):
        shown = [cell for cell in cells if cell.weights == name and cell.corruption in (CLEAN.title, corruption.title)]
        panel.plot(range(len(shown)), [100 * cell.accuracy for cell in shown], marker="o", markersize=4, label=name)
    panel.set_xticks(range(len(corruption.levels) + 1), ["none", *(f"{level:g}" for level in corruption.levels)])
    panel.set_title(corruption.title, fontsize=10, loc="left")
    panel.set_xlabel(corruption.unit)
    panel.grid(axis="y", alpha=0.3)
    panel.spines[["top", "right"]].set_visible(False)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", action="append", help="a shipped name, an ONNX file or a run's folder; repeatable")
    parser.add_argument("--split", choices=SPLITS, default="validation", help="nothing is ever chosen on test")
    parser.add_argument("--every", type=int, default=1, help="every so many pictures, for a quick look")
    parser.add_argument("--figure", type=Path, help="accuracy against severity, PNG")
    return parser.parse_args()


def main() -> None:
    arguments = parse_arguments()
    try:
        faces = FerPlus().load(arguments.split)
    except CorpusError as error:
        print(f"robustness: skipped. {error}")
        return
    pictures, labels = faces.pixels[:: arguments.every], faces.labels[:: arguments.every]
    readers = [Reader(name, faces.classes) for name in arguments.weights or [DEFAULT]]
    print(f"FER+ {arguments.split}, {len(labels)} pictures; lost = points below the unspoilt pictures\n\n{HEAD}")
    cells = measure_all(readers, pictures, labels)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(
        json.dumps({"split": arguments.split, "cells": [asdict(cell) for cell in cells]}, indent=1) + "\n"
    )
    print(f"\nwritten to {RESULTS}")
    if arguments.figure:
        draw(cells, arguments.figure)
        print(f"drawn to {arguments.figure}")


if __name__ == "__main__":
    main()
