"""Figures of predictions after each person's baseline is subtracted."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from emo_utils.errors import EmoError
from emo_utils.evaluation.measure import measure
from emo_utils.evaluation.predictions import arrays, prediction_table
from emo_utils.inference.baseline import PersonBaseline, centred_profiles, estimate_baselines, take_off
from emo_utils.inference.weights import Weights

KEPT = ("accuracy", "accuracy_interval_95", "uar", "uar_interval_95", "macro_f1", "recall", "confusion")
"""Figures that are reported with a baseline."""

NOTE = "transductive: estimated from the clips that are measured, without their labels"


def baseline_report(
    table: pd.DataFrame,
    classes: Sequence[str],
    logs: np.ndarray,
    frames: Sequence[int],
    kind: str,
    weights: Weights,
) -> dict:
    """Figures of a prediction table after subtracting a baseline: the entry `baseline` of a report.

    Args:
        table: see `evaluation.predictions`; `subject_id` is the person whose baseline is subtracted.
        classes: C names, the order of classes in the report.
        logs: float (N, C), `inference.baseline.log_quartile` of the frames of each row of the table.
        frames: number of frames of each row.
        kind: `people` or `collection`.
        weights: the weights, with their profiles.

    Returns:
        `kind`, the figures in `KEPT`, `people` (the clips and frames behind each baseline), `warnings`, `note`.

    Raises:
        EmoError: see `inference.baseline.estimate_baselines`; or each clip counts as a person of its own.
    """
    people = table["subject_id"].tolist()
    if kind == "people" and len(table) > 1 and len(set(people)) == len(table):
        raise EmoError(
            "baseline 'people': expected several clips of a person, found a person of its own for each clip; give "
            "--subject PATTERN, whose first group tells people apart, or --baseline collection"
        )
    profiles = centred_profiles(weights.profiles, classes) if weights.profiles else None
    found = estimate_baselines(kind, logs, people, frames, profiles)
    offsets = np.stack([found[person].offset for person in people])
    labels, _ = arrays(table, tuple(classes))
    corrected = np.concatenate([take_off(np.exp(row)[None], offset) for row, offset in zip(logs, offsets, strict=True)])
    after = prediction_table(table["clip_id"].tolist(), people, labels, classes, corrected, classes)
    report = measure(after, classes)
    return {
        "kind": kind,
        **{name: report[name] for name in KEPT},
        "people": {person: _about(one, classes) for person, one in found.items()},
        "warnings": [one.warning for one in found.values() if one.warning],
        "note": NOTE,
    }


def _about(one: PersonBaseline, classes: Sequence[str]) -> dict:
    shares = {name: round(float(share), 3) for name, share in zip(classes, one.shares, strict=False)}
    return {"clips": one.clips, "frames": one.frames, "shares": shares}
