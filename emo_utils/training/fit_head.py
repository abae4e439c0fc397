"""Fit a head that is fitted exactly: logistic regression on statistics over time of embeddings.

No epoch is chosen, so the training and the validation part are learnt from together. The strength of the
regularisation and the temperature are chosen by leaving out each training person in turn (each of ten random groups
of clips under the random protocol); the test part has no influence on them.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from emo_utils.datasets.samples import Samples
from emo_utils.inference.person_features import pool_frames
from emo_utils.models.embedding_heads import SMALLEST_DEVIATION, OverEmbeddings, StatisticsHead
from emo_utils.output import make_folder, write_text_whole
from emo_utils.run_folder import RunFolder
from emo_utils.training.experiment import Experiment, code_commit
from emo_utils.training.logistic import (
    calibrated_loss,
    choose_strength,
    cross_validated,
    fit_logistic,
    standardised_by,
)
from emo_utils.training.weights_file import save_weights

RANDOM_GROUPS = 10


def statistics_of(head: StatisticsHead, parts: dict[str, Samples]) -> dict[str, Samples]:
    """Samples (T, F) as statistics over time (P,), in memory."""
    return {
        part: samples.with_items([pool_frames(samples.items[row], head.quantiles) for row in range(len(samples))])
        for part, samples in parts.items()
    }


def fit_head(
    experiment: Experiment, model: OverEmbeddings, parts: dict[str, Samples], folder: Path
) -> tuple[OverEmbeddings, Samples, torch.Tensor]:
    """Fit the last layer of `model`, and write it as `run_folder` lists the files of a run.

    Args:
        experiment: its seed and its protocol decide the groups.
        model: with a `StatisticsHead`.
        parts: statistics (P,) by part, normalised by person if so wished.
        folder: of the run.

    Returns:
        The fitted network; the samples it was fitted on; their cross-validated logits float32 (N, K), calibrated.
    """
    samples = parts["train"] + parts["validation"]
    values, labels = np.stack(samples.items).astype(np.float64), samples.labels
    classes, groups = len(samples.classes), groups_of(samples, experiment)
    least = SMALLEST_DEVIATION
    strength, logits = choose_strength(lambda c: cross_validated(values, labels, classes, groups, c, least), labels)
    _, temperature = calibrated_loss(logits, labels)
    weights, biases = fit_logistic(standardised_by(values, values, least), labels, classes, strength)
    with torch.no_grad():
        model.head.standardise_by(torch.from_numpy(values))
        model.head.last.weight.copy_(torch.from_numpy(weights.T / temperature))
        model.head.last.bias.copy_(torch.from_numpy(biases / temperature))
    _write(experiment, model, folder, {"strength": strength, "temperature": temperature})
    return model.eval(), samples, torch.from_numpy(logits / temperature).float()


def groups_of(samples: Samples, experiment: Experiment) -> np.ndarray:
    """What is left out in turn, int (N,): each person, or under the random protocol each of ten groups of clips."""
    if experiment.protocol != "random":
        return pd.factorize(np.array(samples.subject_ids, object))[0]
    order = np.random.default_rng(experiment.seed).permutation(samples.clip_rows.max() + 1)
    return order[samples.clip_rows] % RANDOM_GROUPS


def _write(experiment: Experiment, model: OverEmbeddings, folder: Path, chosen: dict) -> None:
    make_folder(folder)
    run = RunFolder(folder)
    write_text_whole(run.experiment_file, json.dumps(experiment.to_dict(), indent=1))
    save_weights(run.network_file, model)
    numbers = {"epoch": 1, "best_epoch": 0, "commit": code_commit(), **chosen}
    write_text_whole(run.checkpoint_file, json.dumps(numbers, indent=1))
