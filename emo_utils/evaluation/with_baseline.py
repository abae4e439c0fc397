"""Figures of predictions after each person's baseline is subtracted."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from emo_utils.errors import EmoError
from emo_utils.evaluation.measure import measure
from emo_utils.evaluation.predictions import arrays, prediction_table
from emo_utils.inference.baseline import PersonBaseline, centred_profiles, estimate_baselines, take_off
from emo_utils.inference.person_windows import read_person
from emo_utils.inference.sample_engine import SampleEngine
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
    if kind == "people":
        _refuse_single_clips(people)
    profiles = centred_profiles(weights.profiles, classes) if weights.profiles else None
    found = estimate_baselines(kind, logs, people, frames, profiles)
    offsets = np.stack([found[person].offset for person in people])
    corrected = np.concatenate([take_off(np.exp(row)[None], offset) for row, offset in zip(logs, offsets, strict=True)])
    return {
        "kind": kind,
        **_figures(table, classes, corrected),
        "people": {person: _about(one, classes) for person, one in found.items()},
        "warnings": [one.warning for one in found.values() if one.warning],
        "note": NOTE,
    }


def person_report(
    table: pd.DataFrame,
    classes: Sequence[str],
    windows: Sequence[np.ndarray],
    frames: Sequence[int],
    weights: Weights,
    prior: str,
) -> dict:
    """As `baseline_report` for people, with a network whose features are normalised by person.

    A clip's prediction is the mean log-probability of its windows, read with the statistics of all clips of the person.

    Args:
        table: see `baseline_report`.
        classes: C names, the order of classes in the report.
        windows: the features float32 (W, P) of the windows of each row of the table.
        frames: number of frames of each row.
        weights: with a `person_rule`.
        prior: see `inference.prior`.
    """
    people, rule = np.array(table["subject_id"].tolist(), object), weights.person_rule
    if rule is None:
        raise ValueError(f"{weights.name}: expected weights with a person_rule")
    _refuse_single_clips(people.tolist())
    engine = SampleEngine(weights, threads=1, prior=prior)
    columns = [weights.classes.index(name) for name in classes]
    likely, about, warnings = np.empty((len(table), len(classes))), {}, []
    for person in dict.fromkeys(people.tolist()):
        rows = np.flatnonzero(people == person)
        reading = read_person(person, {str(row): windows[row] for row in rows}, rule, engine)
        for row in rows:
            likely[row] = np.exp(reading.logs[str(row)][:, columns].mean(axis=0))
        about[person] = {"clips": len(rows), "frames": int(np.sum([frames[row] for row in rows]))}
        warnings += [reading.warning] if reading.warning else []
    figures = _figures(table, classes, likely / likely.sum(axis=1, keepdims=True))
    return {"kind": "people", "normalise": rule.how, **figures, "people": about, "warnings": warnings, "note": NOTE}


def _refuse_single_clips(people: Sequence[str]) -> None:
    if len(people) > 1 and len(set(people)) == len(people):
        raise EmoError(
            "baseline 'people': expected several clips of a person, found a person of its own for each clip; give "
            "--subject PATTERN, whose first group tells people apart, or --baseline collection"
        )


def _figures(table: pd.DataFrame, classes: Sequence[str], probabilities: np.ndarray) -> dict:
    labels, _ = arrays(table, tuple(classes))
    ids = table["clip_id"].tolist(), table["subject_id"].tolist()
    report = measure(prediction_table(*ids, labels, classes, probabilities, classes), classes)
    return {name: report[name] for name in KEPT}


def _about(one: PersonBaseline, classes: Sequence[str]) -> dict:
    shares = {name: round(float(share), 3) for name, share in zip(classes, one.shares, strict=False)}
    return {"clips": one.clips, "frames": one.frames, "shares": shares}
