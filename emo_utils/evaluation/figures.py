"""Predictions and figures of the parts of a split."""

import numpy as np
import pandas as pd

from emo_utils.datasets.samples import Samples
from emo_utils.evaluation.measure import measure
from emo_utils.evaluation.predictions import prediction_table


def predictions_of(probabilities: np.ndarray, samples: Samples) -> pd.DataFrame:
    """Table for `predictions.csv`: a row per clip, the mean of the probabilities (N, C) of its samples.

    A weights file averages logits instead (`inference.engines.joined`), so that the prior can be changed before or
    after the mean. For clips of one sample the two are the same.
    """
    first = pd.Index(samples.clip_ids).drop_duplicates()
    rows = pd.DataFrame(probabilities).groupby(np.array(samples.clip_ids)).mean().loc[first].to_numpy()
    positions = [samples.clip_ids.index(clip_id) for clip_id in first]
    people = [samples.subject_ids[i] for i in positions]
    return prediction_table(list(first), people, samples.labels[positions], samples.classes, rows, samples.classes)


def measure_parts(tables: dict[str, pd.DataFrame], classes: tuple[str, ...]) -> dict:
    """Figures of each part; the temperature for the test part is fitted on the validation part, if there is one."""
    return {
        part: measure(table, classes, validation=tables.get("validation") if part == "test" else None)
        for part, table in tables.items()
    }


def shortened(metrics: dict) -> dict:
    """The figures that are repeated in a sidecar."""
    kept = ("n", "accuracy", "accuracy_interval_95", "uar", "macro_f1", "ece", "nll", "recall")
    return {part: {key: report[key] for key in kept} for part, report in metrics.items()}
