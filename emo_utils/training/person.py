"""Standardisation of features by the person's own clips: a baseline that needs no labels.

Mean and deviation of a person come from all clips of that person, those of the test part too: the labels stay unseen,
but the method is transductive. It is for a collection in which each person is seen in several expressions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from emo_utils.datasets.features import FeatureTable
from emo_utils.datasets.samples import Samples
from emo_utils.errors import EmoError

TRANSDUCTIVE = "uses unlabelled clips of test people"
"""What a report says of a figure for which features were standardised by person."""

SMALLEST_DEVIATION = 1e-6


def normalised(parts: Mapping[str, Samples], how: str) -> dict[str, Samples]:
    """Samples of features as `Experiment.normalise` asks: `none`, `person` (`by_person`), `ranks` (`ranked`)."""
    return {"none": dict, "person": by_person, "ranks": ranked}[how](parts)


def ranked(parts: Mapping[str, Samples]) -> dict[str, Samples]:
    """Features as normal scores of their ranks among those of all clips of a person in all parts.

    Ranks do not depend on the scale of a feature, nor on outliers: the least of n values becomes the quantile
    0.5 / n of the normal distribution, and so on; equal values have equal ranks.

    Raises:
        EmoError: see `by_person`.
    """
    _refuse_single_clips(parts)
    scores = {person: normal_scores(items) for person, items in _items_of_people(parts).items()}
    places = dict.fromkeys(scores, 0)
    done = {}
    for part, samples in parts.items():
        items = []
        for person in samples.subject_ids:
            items.append(scores[person][places[person]])
            places[person] += 1
        done[part] = samples.with_items(items)
    return done


def normal_scores(items: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Items (F,), or (T, F), as normal scores of their ranks among all of them, feature by feature."""
    rows = [np.atleast_2d(item) for item in items]
    values = np.concatenate(rows)
    scores = ndtri((rankdata(values, axis=0) - 0.5) / len(values)).astype(np.float32)
    pieces = np.split(scores, np.cumsum([len(row) for row in rows])[:-1])
    return [piece.reshape(item.shape) for piece, item in zip(pieces, items, strict=True)]


def by_person(parts: Mapping[str, Samples]) -> dict[str, Samples]:
    """Samples of features standardised by person.

    The mean and the deviation of each feature are taken over all clips of a person in all parts; for features of
    frames (T, F) over the frames of all these clips.

    Raises:
        EmoError: a person has one clip only, of which standardisation would leave nothing.
    """
    _refuse_single_clips(parts)
    scales = {person: scale_of(items) for person, items in _items_of_people(parts).items()}
    return {part: _standardised(samples, scales) for part, samples in parts.items()}


def _refuse_single_clips(parts: Mapping[str, Samples]) -> None:
    alone = [person for person, rows in _items_of_people(parts).items() if len(rows) < 2]
    if alone:
        raise EmoError(
            f"normalise person: expected several clips of each person, found one of {', '.join(sorted(alone)[:5])} "
            f"({len(alone)} such people); leave them out, or take normalise none"
        )


def normalised_table(table: FeatureTable, how: str) -> FeatureTable:
    """A table of features, normalised; see `normalised`."""
    people = tuple(clip.subject_id for clip in table.clips)
    none = np.zeros(len(people), np.int64)
    samples = Samples(list(table.values), people, people, none, none, ())
    return replace(table, values=np.stack(normalised({"all": samples}, how)["all"].items).astype(np.float64))


def scale_of(items: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation float32 (F,) of items (F,) or of all frames of items (T, F)."""
    values = np.concatenate([np.atleast_2d(item) for item in items]).astype(np.float64)
    deviation = np.maximum(values.std(axis=0), SMALLEST_DEVIATION)
    return values.mean(axis=0).astype(np.float32), deviation.astype(np.float32)


def _items_of_people(parts: Mapping[str, Samples]) -> dict[str, list[np.ndarray]]:
    found: dict[str, list[np.ndarray]] = {}
    for samples in parts.values():
        for row, person in enumerate(samples.subject_ids):
            found.setdefault(person, []).append(samples.items[row])
    return found


def _standardised(samples: Samples, scales: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Samples:
    items = []
    for row, person in enumerate(samples.subject_ids):
        mean, deviation = scales[person]
        items.append(((samples.items[row] - mean) / deviation).astype(np.float32))
    return samples.with_items(items)
