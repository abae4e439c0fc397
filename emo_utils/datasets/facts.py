"""Metadata of a corpus, independent of its files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from emo_utils.errors import CorpusError
from emo_utils.labels import ALL_EMOTIONS
from emo_utils.structures import Clip


@dataclass(frozen=True)
class Facts:
    """Metadata of a corpus; its files need not be on this machine.

    Attributes:
        name: the name in the registry.
        title: the name people know.
        labels: the corpus's own label to the canonical noun, in the corpus's own class order.
        licence, citation, homepage: as published.
        obtain: one sentence: how a person gets the files.
        synthetic: made by a program; figures from it are never offered as accuracy.
        people_known: False where the corpus does not tell who is in a clip; then no split by person can be made.
        person_folds: the folds of people used in the literature, each a tuple of `subject_id`s; empty where none are.
        official_part: names the part (`train`, `validation`, `test`) a clip has in the published split; None where
            none is published.
        prepared_with: options that suit this corpus's files when samples are made of it; a user's own win.
        notes: what a user of the figures must know.
    """

    name: str
    title: str
    labels: Mapping[str, str]
    licence: str
    citation: str
    homepage: str
    obtain: str
    synthetic: bool = False
    people_known: bool = True
    person_folds: tuple[tuple[str, ...], ...] = field(default=(), repr=False)
    official_part: Callable[[Clip], str] | None = None
    prepared_with: Mapping[str, object] = field(default_factory=dict)
    notes: str = ""

    def __post_init__(self):
        unknown = {noun for noun in self.labels.values() if noun not in ALL_EMOTIONS}
        if unknown or not self.labels:
            raise ValueError(f"{self.name}: labels must map to {', '.join(ALL_EMOTIONS)}; found {sorted(unknown)}")

    @property
    def classes(self) -> tuple[str, ...]:
        """Canonical emotions of this corpus, each once, in the corpus's own order."""
        return tuple(dict.fromkeys(self.labels.values()))

    def emotion(self, label: str) -> str:
        """Canonical noun of the corpus's own label.

        Raises:
            CorpusError: the label is in no published list of this corpus.
        """
        if label not in self.labels:
            raise CorpusError(
                f"{self.title}: {label!r} is not a label of this corpus; known: {', '.join(self.labels)}. Move the "
                "file away, or add the label to the corpus's file"
            )
        return self.labels[label]
