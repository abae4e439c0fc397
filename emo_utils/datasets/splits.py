"""Splits into training, validation and test parts, by one of three protocols.

`random`, as in the source systems: clips are shuffled, 80 % train and 20 % test, and most people are in both parts.
`subject`: each person is in one part only. `official`: the published split of the corpus.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from emo_utils.datasets.corpus import PARTS
from emo_utils.datasets.facts import Facts
from emo_utils.datasets.person_folds import FOLDS, balanced_groups, folds_note, people_of, person_groups
from emo_utils.datasets.registry import corpora
from emo_utils.errors import CorpusError, UnknownNameError
from emo_utils.labels import ALL_EMOTIONS
from emo_utils.registry import unknown_name
from emo_utils.structures import Clip

VALIDATION_SHARE = 1 / 8
"""Share of the validation part in all clips outside the test part. Five folds: 70 % train, 10 % validate, 20 % test."""


@dataclass(frozen=True)
class Split:
    """One fold. Each clip is in one part; under `subject` each person is too.

    Attributes:
        corpus, protocol: names.
        fold, folds: which fold of how many, from 0.
        seed: of every random choice.
        train, validation, test: clips in order of their ids; a part that a published split does not have is empty.
        note: what differs from the folds of the literature because people are absent; empty if nothing does.

    Raises:
        CorpusError: a clip is in two parts, nobody trains, or (under `subject`) a person is in two parts.
    """

    corpus: str
    protocol: str
    fold: int
    folds: int
    seed: int
    train: tuple[Clip, ...] = field(repr=False)
    validation: tuple[Clip, ...] = field(repr=False)
    test: tuple[Clip, ...] = field(repr=False)
    note: str = field(default="", repr=False, compare=False)

    def __post_init__(self):
        seen: dict[str, str] = {}
        for part, clips in self.parts().items():
            for clip in clips:
                if clip.clip_id in seen:
                    raise CorpusError(f"{self.name}: clip {clip.clip_id} is in {seen[clip.clip_id]} and in {part}")
                seen[clip.clip_id] = part
        if not self.train:
            raise CorpusError(
                f"{self.name}: no clip is left to train on, of {len(seen)}; use fewer folds or more clips"
            )
        check_people(self)

    def parts(self) -> dict[str, tuple[Clip, ...]]:
        """The three parts by name."""
        return {part: getattr(self, part) for part in PARTS}

    @property
    def name(self) -> str:
        """For messages and file names, such as `ravdess-subject-0of6-seed0`."""
        return f"{self.corpus}-{self.protocol}-{self.fold}of{self.folds}-seed{self.seed}"

    def balance(self) -> pd.DataFrame:
        """Clips per emotion (rows) and part (columns); the last row counts people, where the corpus tells them."""
        counts = {part: Counter(clip.emotion for clip in clips) for part, clips in self.parts().items()}
        emotions = [emotion for emotion in ALL_EMOTIONS if any(emotion in count for count in counts.values())]
        table = {part: [count[emotion] for emotion in emotions] for part, count in counts.items()}
        table = pd.DataFrame(table, index=emotions, dtype=int)
        if check_people(self).known:
            table.loc["people"] = [len(people_of(clips)) for clips in self.parts().values()]
        return table

    def _repr_html_(self) -> str:
        note = f"; {self.note}" if self.note else ""
        return f"<b>{self.name}</b>: {check_people(self)}{note}{self.balance().to_html()}"


def lost_emotions(splits: Sequence[Split]) -> list[str]:
    """One warning for each emotion that only one person shows, in folds by person.

    If this person is in the test part, the emotion is not trained; if in the training part, it is not tested.
    """
    clips = {clip.clip_id: clip for split in splits for part in split.parts().values() for clip in part}.values()
    warnings = []
    for emotion in ALL_EMOTIONS:
        people = people_of([clip for clip in clips if clip.emotion == emotion])
        if len(people) != 1 or not all(split.protocol == "subject" for split in splits):
            continue
        unlearnt = [split.fold for split in splits if all(clip.emotion != emotion for clip in split.train)]
        untested = [split.fold for split in splits if all(clip.emotion != emotion for clip in split.test)]
        lost = [f"not learnt in fold {_joined(unlearnt)}"] if unlearnt else []
        lost += [f"not tested in fold {_joined(untested)}"] if untested else []
        warnings.append(f"{emotion} is shown by one person alone ({next(iter(people))}): {' and '.join(lost)}")
    return warnings


def _joined(folds: Sequence[int]) -> str:
    return ", ".join(map(str, folds))


@dataclass(frozen=True)
class PeopleReport:
    """The people who are in more than one part of a split.

    Attributes:
        people: number of people in the split.
        leaking: ids of the people in two or three parts, sorted.
        known: False if the corpus does not identify the people in its clips; then `leaking` has no meaning.
    """

    people: int
    leaking: tuple[str, ...]
    known: bool = True

    def __str__(self) -> str:
        if not self.known:
            return "the corpus does not tell who is in its clips, so the same person may be in two parts"
        if not self.leaking:
            return f"none of {self.people} people is in two parts"
        return f"{len(self.leaking)} of {self.people} people are in two parts: figures flatter what is learnt"


def check_people(split: Split) -> PeopleReport:
    """Say which people are in more than one part.

    Raises:
        CorpusError: under `subject`, naming the person and the parts.
    """
    where: dict[str, list[str]] = {}
    for part, clips in split.parts().items():
        for person in people_of(clips):
            where.setdefault(person, []).append(part)
    leaking = tuple(sorted(person for person, parts in where.items() if len(parts) > 1))
    if leaking and split.protocol == "subject":
        raise CorpusError(
            f"{split.name}: {leaking[0]} is in {' and in '.join(where[leaking[0]])}"
            f"{f', and {len(leaking) - 1} more people are in two parts' if leaking[1:] else ''}; under the protocol "
            "'subject' each person is in one part. Make the split anew with make_split"
        )
    facts = _facts(split.corpus)
    return PeopleReport(len(where), leaking, known=facts is None or facts.people_known)


def make_split(clips: Iterable[Clip], protocol: str, fold: int = 0, folds: int | None = None, seed: int = 0) -> Split:
    """Divide the clips of one corpus. The result does not depend on the clips' order.

    Args:
        clips: what `index()` gives, or a selection of it.
        protocol: `random`, `subject`, `official`.
        fold: from 0; its people (or clips) test.
        folds: how many; by default those of the literature (RAVDESS 6, CREMA-D 5) without the people who are absent,
            else 5; `official` has one. Another number makes groups of people balanced in emotions and size.
        seed: of the shuffle, the balanced groups, and the choice of who validates.

    Raises:
        UnknownNameError: the protocol is not known.
        CorpusError: no clips, clips of several corpora, no such fold, too few people, people that the corpus does not
            tell, or no published split.
    """
    ordered = sorted(clips, key=lambda clip: clip.clip_id)
    if protocol not in PROTOCOLS:
        raise UnknownNameError(unknown_name("protocol", protocol, PROTOCOLS))
    names = sorted({clip.corpus for clip in ordered})
    if len(names) != 1:
        raise CorpusError(
            f"expected the clips of one corpus, found {len(ordered)} clips of {', '.join(names) or 'none'}"
        )
    facts = _facts(names[0])
    groups = PROTOCOLS[protocol](ordered, folds, seed, facts)
    if not 0 <= fold < len(groups):
        raise CorpusError(f"{names[0]}, {protocol}: expected a fold from 0 to {len(groups) - 1}, found {fold}")
    note = folds_note(ordered, folds, facts) if protocol == "subject" else ""
    return Split(names[0], protocol, fold, len(groups), seed, *groups[fold](), note)


def make_folds(clips: Iterable[Clip], protocol: str, folds: int | None = None, seed: int = 0) -> list[Split]:
    """All folds of a protocol; see `make_split`."""
    clips = list(clips)
    first = make_split(clips, protocol, 0, folds, seed)
    return [first] + [make_split(clips, protocol, fold, folds, seed) for fold in range(1, first.folds)]


Parts = tuple[tuple[Clip, ...], tuple[Clip, ...], tuple[Clip, ...]]


def _random(clips: list[Clip], folds: int | None, seed: int, facts: Facts | None) -> list[Callable[[], Parts]]:
    """Clips shuffled and cut into folds; a person may be in several folds."""
    folds = folds or FOLDS
    if not 2 <= folds <= len(clips):
        raise CorpusError(f"random: expected 2 to {len(clips)} folds for {len(clips)} clips, found {folds}")
    shuffled = [clips[i] for i in np.random.default_rng(seed).permutation(len(clips))]

    def parts(fold: int) -> Parts:
        chosen = {clip.clip_id for clip in shuffled[fold::folds]}
        rest = [clip for clip in shuffled if clip.clip_id not in chosen]
        validating = {clip.clip_id for clip in rest[: max(1, round(len(rest) * VALIDATION_SHARE))]}
        return _three(clips, lambda clip: _part(clip.clip_id, chosen, validating))

    return [lambda fold=fold: parts(fold) for fold in range(folds)]


def _subject(clips: list[Clip], folds: int | None, seed: int, facts: Facts | None) -> list[Callable[[], Parts]]:
    """People divided into folds; who validates is drawn from the people who do not test."""
    if facts and not facts.people_known:
        raise CorpusError(
            f"{facts.title} does not tell who is in its clips, so they cannot be split by person; use 'random' or "
            "'official', and say so beside the figures"
        )
    groups = person_groups(clips, folds, seed, facts)

    def parts(fold: int) -> Parts:
        testing = groups[fold]
        rest = [clip for clip in clips if clip.subject_id not in testing]
        people = len(people_of(rest))
        if people < 2 or len(rest) == len(clips):
            raise CorpusError(
                f"{clips[0].corpus}, fold {fold} of {len(groups)}: expected at least one person to test, two to train "
                f"and validate, found {len(people_of(clips)) - people} and {people}; fetch more, or take another fold"
            )
        validating = balanced_groups(rest, min(round(1 / VALIDATION_SHARE), people), seed)[0]
        return _three(clips, lambda clip: _part(clip.subject_id, testing, validating))

    return [lambda fold=fold: parts(fold) for fold in range(len(groups))]


def _official(clips: list[Clip], folds: int | None, seed: int, facts: Facts | None) -> list[Callable[[], Parts]]:
    """What the corpus publishes; nothing is drawn."""
    if facts is None or facts.official_part is None:
        raise CorpusError(f"{clips[0].corpus} publishes no split; use 'subject' (people kept apart) or 'random'")
    if folds not in (None, 1):
        raise CorpusError(f"{facts.title}: the official split is one fold, found folds={folds}")
    return [lambda: _three(clips, facts.official_part)]


PROTOCOLS = {"random": _random, "subject": _subject, "official": _official}


def _part(key: str, testing: Iterable[str], validating: Iterable[str]) -> str:
    return "test" if key in testing else "validation" if key in validating else "train"


def _three(clips: list[Clip], part_of: Callable[[Clip], str]) -> Parts:
    named = [(part_of(clip), clip) for clip in clips]
    return tuple(tuple(clip for part, clip in named if part == wanted) for wanted in PARTS)


def _facts(corpus: str) -> Facts | None:
    """Facts of a registered corpus; None where the clips come from elsewhere."""
    return corpora.get(corpus).facts if corpus in corpora else None
