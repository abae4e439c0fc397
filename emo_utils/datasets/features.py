"""Feature tables: numbers per clip, such as the mean of each facial action unit; the videos are not needed.

The table is a CSV: one column with the clip's id, and columns of numbers. Person and emotion are taken from the clip's
name if the corpus encodes them there (RAVDESS, CREMA-D: `clip_named`), else from the columns `subject_id` and `label`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

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
)
from emo_utils.datasets.registry import corpora
from emo_utils.labels import ALL_EMOTIONS
from emo_utils.structures import Clip


@dataclass(frozen=True)
class FeatureTable:
    """Numbers of N clips.

    Attributes:
        corpus: name of the corpus.
        clips: N, in order of their ids; a clip's path is its name alone, since no file needs to be there.
        values: float64 (N, F), finite.
        names: the F columns.
    """

    corpus: str
    clips: tuple[Clip, ...] = field(repr=False)
    values: np.ndarray = field(repr=False)
    names: tuple[str, ...] = field(repr=False)

    def __post_init__(self):
        expected = (len(self.clips), len(self.names))
        if self.values.shape != expected:
            raise ValueError(f"FeatureTable.values: expected shape {expected}, found {self.values.shape}")

    @property
    def classes(self) -> tuple[str, ...]:
        """Emotions of the clips, in the order of `labels.ALL_EMOTIONS`."""
        there = {clip.emotion for clip in self.clips}
        return tuple(emotion for emotion in ALL_EMOTIONS if emotion in there)

    def rows_of(self, clips: Iterable[Clip]) -> np.ndarray:
        """Positions int (M,) of M clips.

        Raises:
            TableError: a clip is not in the table.
        """
        place = {clip.clip_id: row for row, clip in enumerate(self.clips)}
        wanted = [clip.clip_id for clip in clips]
        absent = [clip_id for clip_id in wanted if clip_id not in place]
        if absent:
            raise TableError(
                f"expected features of every clip, found none of {absent[0]!r} ({len(absent)} of {len(wanted)} clips)"
            )
        return np.array([place[clip_id] for clip_id in wanted], int)

    def labels_of(self, rows: np.ndarray) -> np.ndarray:
        """Emotions of rows as positions in `classes`, int (M,)."""
        return pd.Index(self.classes).get_indexer([self.clips[row].emotion for row in rows])


def load_features(corpus: str, path: Path | str) -> FeatureTable:
    """Read a CSV of numbers per clip.

    Args:
        corpus: a registered corpus. Where it cannot read its clips' names, the file needs the columns `subject_id` and
            `label`; where it can and the columns are there, they must agree with the names.
        path: the CSV; every column but clip, subject and label is a feature.

    Raises:
        UnknownNameError: no such corpus.
        CorpusError: a name or a label is none of the corpus's.
        TableError: no clip column, a clip twice, no features, or a cell that is no finite number.
    """
    kind = corpora.get(corpus)
    facts = kind.facts
    table = read_table(path)
    clip_column = need_column(path, table, CLIP, "the clip's id")
    person_column, label_column = find_column(table, SUBJECT), find_column(table, LABEL)
    labels = None if label_column is None else [_emotion(facts, name) for name in table[label_column]]
    clips = [kind.clip_named(name) for name in table[clip_column]]
    if None in clips:
        if person_column is None or labels is None:
            raise TableError(
                f"{path}: {facts.title} does not tell person and emotion in its clips' names, so expected the columns "
                f"subject_id and label; found {', '.join(table.columns[:8])} ... Add them"
            )
        rows = zip(table[clip_column], table[person_column], labels, strict=True)
        clips = [Clip(clip_id, Path(clip_id), corpus, person, emotion) for clip_id, person, emotion in rows]
    refuse_doubles(path, pd.Series([clip.clip_id for clip in clips]))
    _refuse_other_labels(path, clips, labels)
    names = [c for c in table.columns if c not in (clip_column, person_column, label_column)]
    if not names:
        raise TableError(f"{path}: expected columns of numbers beside {clip_column}, found none")
    values = numbers(path, table, names, table[clip_column])
    order = sorted(range(len(clips)), key=lambda row: clips[row].clip_id)
    return FeatureTable(corpus, tuple(clips[row] for row in order), values[order], tuple(names))


def _emotion(facts, label: str) -> str:
    """A canonical noun, or the corpus's own label."""
    return label if label in ALL_EMOTIONS else facts.emotion(label)


def _refuse_other_labels(path, clips: list[Clip], labels: list[str] | None) -> None:
    wrong = [(clip, label) for clip, label in zip(clips, labels or (), strict=False) if clip.emotion != label]
    if wrong:
        clip, label = wrong[0]
        raise TableError(
            f"{path}: {clip.clip_id} is {clip.emotion} by its name, but {label} by the column ({len(wrong)} such "
            "rows); correct the column or leave it out"
        )
