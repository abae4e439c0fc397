"""All figures of a prediction table, from the table alone; see `evaluation.predictions` for its columns."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from emo_utils.datasets.csv_tables import TableError
from emo_utils.evaluation.calibration import (
    cross_fit,
    expected_calibration_error,
    fit_temperature,
    groups_of_people,
    negative_log_likelihood,
    scale,
)
from emo_utils.evaluation.predictions import arrays, classes_of
from emo_utils.evaluation.resampling import count, interval_95, resampled_figures


def measure(
    table: pd.DataFrame,
    classes: Sequence[str] | None = None,
    seed: int = 0,
    validation: pd.DataFrame | None = None,
) -> dict:
    """All figures of a prediction table, as plain values.

    Accuracy is also called WAR in this field; UAR is the mean of the classes' recalls. Classes without a clip are not
    part of UAR and macro-F1. Intervals are 95 % percentile bootstraps over people (`evaluation.resampling`). ECE has 15
    bins of equal width. `ece_after` and `nll_after` are those after temperature scaling (`evaluation.calibration`);
    the temperature is never fitted on the rows that it is measured on.

    Args:
        table: see `evaluation.predictions`.
        classes: the order of classes in the report; by default that of the columns.
        seed: of the resamples.
        validation: predictions of other clips of other people, to fit the temperature on. Without it the temperature
            is cross-fitted over people within `table`.

    Returns:
        `n`, `people` (also as `subjects`), `accuracy`, `uar`, `macro_f1`, `..._interval_95` of each, `ece`, `nll`,
        `ece_after`, `nll_after`, `temperature`, per class `recall`, `precision`, `f1`, `support`; `per_person`,
        `confusion` (rows are true classes), `classes`.

    Raises:
        TableError: the table breaks the contract, or `validation` shares clips with it.
    """
    classes = tuple(classes or classes_of(table))
    labels, probabilities = arrays(table, classes)
    named = probabilities.argmax(axis=1)
    people, names = pd.factorize(table["subject_id"], sort=True)
    counts = count(people, labels, named, len(classes))
    drawn = resampled_figures(counts, seed)
    whole = counts.drawn(np.ones((1, len(names)))).figures()
    report = {"n": len(table), "people": len(names), "subjects": len(names)}
    for name, value in whole.items():
        report |= {name: float(value[0]), f"{name}_interval_95": interval_95(drawn[name])}
    report |= _calibration(table, labels, probabilities, validation, classes)
    report |= _per_class(classes, counts)
    report["per_person"] = _per_person(names, counts)
    confusion = np.bincount(labels * len(classes) + named, minlength=len(classes) ** 2)
    report["confusion"] = confusion.reshape(len(classes), -1).tolist()
    return report | {"classes": list(classes)}


def _per_class(classes: Sequence[str], counts) -> dict[str, dict]:
    support, right, named = (values.sum(axis=0) for values in (counts.support, counts.right, counts.named))
    values = {
        "recall": right / np.maximum(support, 1),
        "precision": right / np.maximum(named, 1),
        "f1": 2 * right / np.maximum(support + named, 1),
        "support": support.astype(int),
    }
    return {what: dict(zip(classes, each.tolist(), strict=True)) for what, each in values.items()}


def _per_person(names: pd.Index, counts) -> dict[str, dict]:
    """Clips and accuracy of each person; empty if no person has two clips, such as in a corpus without people's ids."""
    clips = counts.support.sum(axis=1)
    if clips.max() < 2:
        return {}
    accuracy = counts.figures()["accuracy"]
    rows = zip(names, clips, accuracy, strict=True)
    return {str(name): {"n": int(n), "accuracy": float(share)} for name, n, share in rows}


def _calibration(table, labels, probabilities, validation, classes) -> dict:
    """ECE and NLL before and after temperature scaling, and how the temperature was fitted."""
    if validation is None:
        groups, what = groups_of_people(table)
        fitted = cross_fit(probabilities, labels, groups)
        after, values = fitted or (None, [])
        source = "cross-fitted" if fitted else "none"
        note = f"fitted for each of {what} on all the others" if fitted else "one person: not fitted"
    else:
        _refuse_shared_clips(table, validation)
        values = [fit_temperature(*reversed(arrays(validation, classes)))]
        after, source = scale(probabilities, values[0]), "validation"
        others = set(validation["subject_id"])
        shared = len(others & set(table["subject_id"]))
        note = f"fitted on {len(validation)} validation clips of {len(others)} people, {shared} of them measured too"
    mean = float(np.exp(np.mean(np.log(values)))) if values else None
    return {
        **_errors(probabilities, labels),
        **{f"{name}_after": value for name, value in _errors(after, labels).items()},
        "temperature": {"value": mean, "values": values, "source": source, "note": note},
    }


def _errors(probabilities: np.ndarray | None, labels: np.ndarray) -> dict[str, float | None]:
    if probabilities is None:
        return {"ece": None, "nll": None}
    correct = probabilities.argmax(axis=1) == labels
    return {
        "ece": expected_calibration_error(probabilities.max(axis=1), correct),
        "nll": negative_log_likelihood(probabilities, labels),
    }


def _refuse_shared_clips(table: pd.DataFrame, validation: pd.DataFrame) -> None:
    shared = sorted(set(table["clip_id"]) & set(validation["clip_id"]))
    if shared:
        raise TableError(
            f"expected validation predictions of other clips than those measured, found {len(shared)} in both, the "
            f"first is {shared[0]!r}; without a validation file the temperature is cross-fitted over people"
        )
