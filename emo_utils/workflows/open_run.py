"""Load a trained run with its samples, to inspect the network."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch

from emo_utils.datasets.corpus import PARTS
from emo_utils.datasets.samples import Samples
from emo_utils.datasets.splits import make_split
from emo_utils.errors import RunError
from emo_utils.models import embeddings
from emo_utils.run_folder import RunFolder
from emo_utils.training.batches import normalise, read_batches, to_network
from emo_utils.training.experiment import Experiment
from emo_utils.training.networks import load_run
from emo_utils.workflows.sources import Data, find_source

BATCH = 64

UNASKED = ("name", "version", "scorer", "encoders")
"""Entries of an experiment's representation that are no options of it."""


@dataclass(frozen=True)
class OpenedRun:
    """One fold of a run.

    Attributes:
        model: with its best weights, in evaluation mode, on the CPU.
        experiment: its settings.
        samples: of one part.
    """

    model: torch.nn.Module = field(repr=False)
    experiment: Experiment
    samples: Samples = field(repr=False)

    @property
    def emotions(self) -> np.ndarray:
        """The true emotion of each sample, (N,)."""
        return np.array(self.samples.classes)[self.samples.labels]

    def one_each(self) -> np.ndarray:
        """Rows of one sample of each emotion, in the order of the classes, from different persons if possible."""
        people = sorted(set(self.samples.subject_ids))
        rows = []
        for label in np.unique(self.samples.labels):
            candidates = np.flatnonzero(self.samples.labels == label)
            turn = people[len(rows) % len(people)]
            rows.append(next((row for row in candidates if self.samples.subject_ids[row] == turn), candidates[0]))
        return np.array(rows)

    def inputs(self, rows: np.ndarray) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Samples as network input, and the mask of sequences."""
        items, mask = self.samples.batch(rows)
        x = normalise(to_network(torch.from_numpy(items), torch.device("cpu")), self.experiment.input_spec)
        return x, None if mask is None else torch.from_numpy(mask)

    @torch.no_grad()
    def named(self, rows: np.ndarray) -> np.ndarray:
        """The predicted emotion of each sample, (N,)."""
        x, mask = self.inputs(rows)
        logits = self.model(x) if mask is None else self.model(x, mask)
        return np.array(self.samples.classes)[logits.argmax(1).numpy()]

    def faces(self, rows: np.ndarray) -> list[np.ndarray]:
        """The middle face of each sample, uint8 (S, S) gray or (S, S, 3) RGB."""
        return [_middle(self.samples.items[int(row)], self.experiment.input_spec.colour) for row in rows]

    def features(self) -> np.ndarray:
        """Features before the last layer of the network, float32 (N, D); see `models.explain`."""
        rows = np.split(np.arange(len(self.samples)), range(BATCH, len(self.samples), BATCH))
        spec, cpu = self.experiment.input_spec, torch.device("cpu")
        found = []
        for _, items, mask in read_batches(self.samples, rows):
            found.append(embeddings(self.model, normalise(to_network(items, cpu), spec), mask))
        return torch.cat(found).numpy()


def open_run(folder: Path, part: str | None = None, corpus_options: dict | None = None) -> OpenedRun:
    """Load one fold of a run; its clips are prepared again if the samples are gone.

    Args:
        folder: of one fold, or of a run, whose first finished fold is taken.
        part: `train`, `validation` or `test`, of the split that the run was trained on; by default the last that has
            samples.
        corpus_options: of the corpus, such as `root`, if it was trained with any.

    Raises:
        RunError: not the folder of a run, no finished fold, or no network with pictures as input.
        EmoError: its corpus is absent.
    """
    run = RunFolder(folder).network()
    experiment = Experiment.from_dict(run.experiment())
    if experiment.representation["name"] == "features":
        raise RunError(f"{run.path}: expected a network that reads pictures, found one on a table of features")
    parts = parts_again(experiment, corpus_options)
    samples = parts[part or next(name for name in reversed(PARTS) if len(parts[name]))]
    model, _ = load_run(run.path, samples)
    return OpenedRun(model, experiment, samples)


def parts_again(experiment: Experiment, corpus_options: dict | None = None) -> dict[str, Samples]:
    """The samples of a run by part, as in training; see `open_run`."""
    # the scorer is stored as a description only; the representation creates it again
    kept = {key: value for key, value in experiment.representation.items() if key not in UNASKED}
    name = experiment.representation["name"]
    options = kept | {"size": experiment.input_spec.size} if name == "frame" else kept
    encoders = tuple(one["weights"] for one in experiment.representation.get("encoders", ()))
    source = find_source(Data(experiment.corpus, name, options, corpus_options or {}, encoders=encoders))
    split = make_split(source.clips, experiment.protocol, experiment.fold, experiment.folds, experiment.seed)
    return source.parts(split)


def _middle(item: np.ndarray, colour: str) -> np.ndarray:
    picture = item[len(item) // 2] if item.ndim == 4 else item
    if colour == "rgb" and len(picture) == 3:
        return picture.transpose(1, 2, 0)
    return picture[len(picture) // 2]
