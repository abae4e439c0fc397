r"""Tables of predictions: the contract of our own, and a reader for tables made elsewhere.

The contract of `predictions.csv`, one row per clip, in this order of columns:

| column | holds |
|---|---|
| `clip_id` | the clip, once |
| `subject_id` | the person in the clip; in a corpus without people's ids, the clip itself |
| `label` | the true class, one of the classes below |
| `fold` | optional: which fold's model made the row; each row is predicted by a model that did not train on it |
| `p_<class>` ... | probability of each class; a row sums to 1 |

All figures (`measure`, `compare`, `reliability`) are computed from such tables alone.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import softmax

from emo_utils.datasets.corpora.folder import SYNONYMS
from emo_utils.datasets.csv_tables import (
    CLIP,
    LABEL,
    SUBJECT,
    TableError,
    find_column,
    need_column,
    numbers,
    read_table,
    refuse_doubles,
    shown,
)
from emo_utils.labels import ALL_EMOTIONS
from emo_utils.output import whole_file

CODES = {
    "ang": "anger",
    "cal": "calm",
    "con": "contempt",
    "dis": "disgust",
    "fea": "fear",
    "hap": "happiness",
    "neu": "neutral",
    "sad": "sadness",
    "sur": "surprise",
}
NOUNS = {noun: noun for noun in ALL_EMOTIONS} | SYNONYMS | CODES | {"scared": "fear", "contemptuous": "contempt"}
"""Class names of tables made elsewhere: adjectives and codes to canonical nouns, case ignored. Any other name is kept,
so that tables of other classes can be measured too; a label that is no class is an error."""

PREFIXES = ("p_", "prob_", "probability_", "logit_")
"""Prefixes of the columns per class; the first one found is used. Without any, columns with a class's name are used."""
LOGITS = "logit_"
SUM_TOLERANCE = 0.02
"""How far from 1 a row's sum may be: eight probabilities rounded to two digits may differ by 0.02."""
SMALLEST = 1e-12
"""Lower limit of probabilities before a logarithm: an ensemble of trees can give 0."""


def prediction_table(
    clip_ids, subject_ids, labels, label_classes: Sequence[str], probabilities, classes: Sequence[str], fold=None
) -> pd.DataFrame:
    """A table that keeps the contract.

    Args:
        clip_ids: N.
        subject_ids: N.
        labels: N positions in `label_classes`.
        label_classes: names of the true classes.
        probabilities: (N, C).
        classes: the C names of the columns.
        fold: the fold of all rows, or N folds; None leaves the column out.
    """
    table = pd.DataFrame({"clip_id": clip_ids, "subject_id": subject_ids})
    table["label"] = [label_classes[label] for label in labels]
    if fold is not None:
        table["fold"] = fold
    table[[f"p_{name}" for name in classes]] = probabilities
    return table


def write_predictions(table: pd.DataFrame, path: Path) -> None:
    """Write a table as `predictions.csv`, with six significant digits, atomically."""
    with whole_file(path) as part:
        table.to_csv(part, index=False, float_format="%.6g", lineterminator="\n")


def classes_of(table: pd.DataFrame) -> tuple[str, ...]:
    """Names of the classes, in the order of the `p_` columns.

    Raises:
        TableError: there are fewer than two.
    """
    classes = tuple(column.removeprefix("p_") for column in table.columns if column.startswith("p_"))
    if len(classes) < 2:
        raise TableError(f"expected columns p_<class> of two or more classes, found {shown(table.columns)}")
    return classes


def arrays(table: pd.DataFrame, classes: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """True classes int (N,) as positions in `classes`, and probabilities float64 (N, C).

    Raises:
        TableError: no rows, a class without its column, a label that is no class, or a probability that is NaN.
    """
    absent = [name for name in classes if f"p_{name}" not in table.columns]
    if absent or not len(table):
        found = f"no column p_{absent[0]}" if absent else "no rows"
        raise TableError(f"expected predictions of {', '.join(classes)}; found {found}")
    labels = pd.Index(classes).get_indexer(table["label"])
    if (labels < 0).any():
        raise TableError(f"expected labels of {', '.join(classes)}; found {table['label'].iloc[labels.argmin()]!r}")
    probabilities = table[[f"p_{name}" for name in classes]].to_numpy(float)
    if not np.isfinite(probabilities).all():
        clip = table["clip_id"].iloc[np.argwhere(~np.isfinite(probabilities))[0][0]]
        raise TableError(f"expected finite probabilities, found NaN or infinity for {clip!r}")
    return labels, probabilities


def read_predictions(path: Path | str, people: str | None = None) -> pd.DataFrame:
    r"""Read a table of predictions, ours or one made elsewhere, into the contract above.

    Columns may have other usual names (`datasets.csv_tables`), and classes other usual words (`NOUNS`). The numbers may
    be logits, to which the softmax is applied. Under `logit_` they are logits, under other prefixes probabilities.
    Under bare class names they are probabilities if at least half of the rows are not negative with a sum of 1, else
    logits.

    Args:
        path: a CSV.
        people: a regular expression, searched in the clip's id; its first group, or the whole match, is the person.
            For RAVDESS names: `(\d\d)$`. Without it the file must have a column of people.

    Raises:
        TableError: what was expected, what was found, and what to do.
    """
    table = read_table(path)
    clip = need_column(path, table, CLIP, "the clip's id")
    refuse_doubles(path, table[clip])
    label = need_column(path, table, LABEL, "the true class")
    columns, logits = _class_columns(path, table, clip, label)
    values = numbers(path, table, list(columns.values()), table[clip])
    predictions = pd.DataFrame({"clip_id": table[clip], "subject_id": _people(path, table, clip, people)})
    predictions["label"] = [_noun(name) for name in table[label]]
    unknown = predictions[~predictions["label"].isin(list(columns))]
    if len(unknown):
        raise TableError(
            f"{path}: expected labels of the classes {', '.join(columns)}; found {table[label][unknown.index[0]]!r} "
            f"for {unknown['clip_id'].iloc[0]!r} ({len(unknown)} such rows). Name it as the class's column is named"
        )
    fold = find_column(table, ("fold",))
    if fold:
        predictions["fold"] = table[fold]
    predictions[[f"p_{name}" for name in columns]] = _probabilities(path, values, logits, table[clip])
    return predictions


def _class_columns(path, table: pd.DataFrame, clip: str, label: str) -> tuple[dict[str, str], bool | None]:
    """Class to column in the file's order; and whether the numbers are logits, None if the names do not say it."""
    for prefix in PREFIXES:
        found = [column for column in table.columns if column.lower().startswith(prefix)]
        if found:
            names, logits = [column[len(prefix) :] for column in found], prefix == LOGITS
            break
    else:
        known = set(NOUNS) | set(table[label].str.lower())
        found = [column for column in table.columns if column not in (clip, label) and column.lower() in known]
        names, logits = found, None
    classes = [_noun(name) for name in names]
    doubled = [name for name in classes if classes.count(name) > 1]
    if doubled or len(classes) < 2:
        both = ", ".join(column for column, name in zip(found, classes, strict=True) if doubled and name == doubled[0])
        raise TableError(
            f"{path}: expected one column per class and two classes or more, named p_<class>, prob_<class>, "
            f"logit_<class>, or <class>; found {f'{both}, all {doubled[0]!r}' if doubled else shown(found) or 'none'} "
            f"among {shown(table.columns)}. Rename the columns"
        )
    return dict(zip(classes, found, strict=True)), logits


def _noun(name: str) -> str:
    return NOUNS.get(name.strip().lower(), name.strip())


def _people(path, table: pd.DataFrame, clip: str, people: str | None) -> pd.Series:
    if people is None:
        column = find_column(table, SUBJECT)
        if column is None or (table[column] == "").any():
            raise TableError(
                f"{path}: expected a column {' or '.join(SUBJECT)} that tells the person of each clip; found "
                f"{'none' if column is None else f'empty cells in {column}'}. Give a regular expression that finds the "
                rf"person in the clip's id, such as --people '(\d\d)$' for {table[clip].iloc[0]!r}"
            )
        return table[column]
    try:
        pattern = re.compile(people)
    except re.error as error:
        raise TableError(f"people={people!r} is not a regular expression: {error}") from error
    matches = [pattern.search(name) for name in table[clip]]
    persons = [(match and match[1 if pattern.groups else 0]) or "" for match in matches]
    missed = table[clip][[not person for person in persons]]
    if len(missed):
        raise TableError(
            f"{path}: the pattern {people!r} finds no person in {missed.iloc[0]!r} ({len(missed)} of {len(table)} "
            "clips); change the pattern so that it matches every clip's id"
        )
    return pd.Series(persons, index=table.index)


def _probabilities(path, values: np.ndarray, logits: bool | None, clips: pd.Series) -> np.ndarray:
    """Probabilities float64 (N, C) from the numbers in the file; see `read_predictions`."""
    total = values.sum(axis=1)
    valid = (np.abs(total - 1) <= SUM_TOLERANCE) & (values >= 0).all(axis=1)
    if logits is None:
        logits = valid.mean() < 0.5
    if logits:
        return softmax(values, axis=1)
    if not valid.all():
        row = int(np.argmin(valid))
        raise TableError(
            f"{path}: expected probabilities, 0 or more with a sum of 1 in each row; found a smallest of "
            f"{values[row].min():.4g} and a sum of {total[row]:.4g} for {clips.iloc[row]!r} ({(~valid).sum()} such "
            "rows). If they are logits, name the columns logit_<class>"
        )
    return values / total[:, None]
