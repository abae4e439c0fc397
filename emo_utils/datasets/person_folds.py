"""Folds of people: those of the literature, cut to the people who are there, or balanced groups."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from emo_utils.datasets.facts import Facts
from emo_utils.errors import CorpusError
from emo_utils.structures import Clip

FOLDS = 5
"""Default number of folds: one fifth is the test part, as in the 80/20 splits of the sources."""


def person_groups(clips: Sequence[Clip], folds: int | None, seed: int, facts: Facts | None) -> list[frozenset[str]]:
    """The people of each fold's test part.

    Args:
        clips: of one corpus.
        folds: how many; None takes the folds of the literature, or `FOLDS`, or one per person where there are fewer.
        seed: of balanced groups.
        facts: of the corpus; None for clips of no registered corpus.

    Raises:
        CorpusError: a person is in none of the literature's folds, or there are fewer people than folds.
    """
    people = people_of(clips)
    here = _cut(facts.person_folds, people, clips[0].corpus) if facts and facts.person_folds else []
    if len(here) > 1 and folds in (None, len(here)):
        return here
    return balanced_groups(clips, folds or min(FOLDS, len(people)), seed)


def folds_note(clips: Sequence[Clip], folds: int | None, facts: Facts | None) -> str:
    """What differs from the folds of the literature because people are absent; empty if nothing does."""
    published = facts.person_folds if facts else ()
    people, known = people_of(clips), {person for fold in published for person in fold}
    if not published or known <= people:
        return ""
    here = _cut(published, people, clips[0].corpus)
    said = f"{len(people)} of the {len(known)} people of {facts.title} are here"
    if len(here) > 1 and folds in (None, len(here)):
        sizes = ", ".join(str(len(fold)) for fold in here)
        return f"{said}: the {len(published)} folds of the literature are cut to {len(here)}, of {sizes} people"
    return f"{said}: balanced groups of people take the place of the {len(published)} folds of the literature"


def _cut(published: Sequence[Sequence[str]], people: set[str], corpus: str) -> list[frozenset[str]]:
    """The published folds without the people who are absent; folds of nobody are left out."""
    stray = sorted(people - {person for fold in published for person in fold})
    if stray:
        raise CorpusError(f"{corpus}: {stray[0]} is in none of the {len(published)} published folds of people")
    return [here for fold in published if (here := frozenset(fold) & people)]


def balanced_groups(clips: Sequence[Clip], count: int, seed: int) -> list[frozenset[str]]:
    """Divide people into groups of similar size and similar emotions.

    People are placed in order of their number of clips, largest first, each into the group with the least of the same
    emotions.

    Raises:
        CorpusError: there are fewer people than groups, or fewer than one group is wanted.
    """
    people = sorted(people_of(clips))
    if not 1 <= count <= len(people):
        raise CorpusError(f"expected 1 to {len(people)} groups for {len(people)} people, found {count}")
    table = pd.crosstab([clip.subject_id for clip in clips], [clip.emotion for clip in clips]).loc[people].to_numpy()
    shuffled = np.random.default_rng(seed).permutation(len(people))
    order = shuffled[np.argsort(-table[shuffled].sum(axis=1), kind="stable")]
    share = table / table.sum(axis=0)
    held, sizes = np.zeros((count, table.shape[1])), np.zeros(count, int)
    groups: list[set[str]] = [set() for _ in range(count)]
    for person in order:
        crowding = (held @ share[person]).round(12)
        place = np.lexsort((sizes, crowding))[0]
        held[place] += share[person]
        sizes[place] += table[person].sum()
        groups[place].add(people[person])
    return [frozenset(group) for group in groups]


def people_of(clips: Iterable[Clip]) -> set[str]:
    """Ids of the people in these clips."""
    return {clip.subject_id for clip in clips}
