"""Standardisation of features by the person's own clips: a baseline that needs no labels.

Mean and deviation of a person come from all clips of that person, those of the test part too: the labels stay unseen,
but the method is transductive. It is for a collection in which each person is seen in several expressions.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from emo_utils.datasets.features import FeatureTable
from emo_utils.datasets.samples import Samples
from emo_utils.errors import EmoError
from emo_utils.inference.person_features import normal_scores, scale_of, standardised

TRANSDUCTIVE = "uses unlabelled clips of test people"
"""What a report says of a figure for which features were standardised by person."""


def normalised(parts: Mapping[str, Samples], how: str) -> dict[str, Samples]:
    """Samples of features as `Experiment.normalise` asks: `none`, `person` (`by_person`), `ranks` (`ranked`)."""
    return {"none": dict, "person": by_person, "ranks": ranked}[how](parts)


def ranked(parts: Mapping[str, Samples]) -> dict[str, Samples]:
    """Features as normal scores of their ranks among those of all clips of a person in all parts.

    Ranks do not depend on the scale of a feature, nor on outliers.

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


def _items_of_people(parts: Mapping[str, Samples]) -> dict[str, list[np.ndarray]]:
    found: dict[str, list[np.ndarray]] = {}
    for samples in parts.values():
        for row, person in enumerate(samples.subject_ids):
            found.setdefault(person, []).append(samples.items[row])
    return found


def _standardised(samples: Samples, scales: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Samples:
    pairs = zip(samples.items, samples.subject_ids, strict=True)
    return samples.with_items([standardised([item], *scales[person])[0] for item, person in pairs])
