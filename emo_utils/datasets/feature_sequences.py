"""Feature sequences: a folder of per-frame tables, one CSV per clip, as OpenFace and Py-Feat write them.

The name of a file is the id of its clip. Columns that count frames or time, or that say how sure a detector was, are no
features. Rows without a face (`success` 0, or a cell that is no number) are left out.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from emo_utils.datasets.csv_tables import TableError, read_table, shown
from emo_utils.datasets.registry import corpora
from emo_utils.labels import ALL_EMOTIONS
from emo_utils.structures import Clip

COUNTS = {"frame", "frame_index", "timestamp", "time", "time_s", "approx_time"}
WHICH_FACE = {"face_id", "person_id", "track_id", "identity", "input"}
DETECTION = {"confidence", "success", "facescore", "facerectx", "facerecty", "facerectwidth", "facerectheight"}
NOT_FEATURES = COUNTS | WHICH_FACE | DETECTION
"""Columns of OpenFace, Py-Feat and this package, in small letters, that do not describe an expression."""

SUCCESS = "success"


@dataclass(frozen=True)
class FeatureSequences:
    """Numbers of each frame of N clips.

    Attributes:
        corpus: name of the corpus.
        clips: N, in order of their ids; a clip's path is its table.
        values: N arrays float32 (T, F), finite, T of 1 or more.
        names: the F columns.
    """

    corpus: str
    clips: tuple[Clip, ...] = field(repr=False)
    values: tuple[np.ndarray, ...] = field(repr=False)
    names: tuple[str, ...] = field(repr=False)

    @property
    def classes(self) -> tuple[str, ...]:
        """Emotions of the clips, in the order of `labels.ALL_EMOTIONS`."""
        there = {clip.emotion for clip in self.clips}
        return tuple(emotion for emotion in ALL_EMOTIONS if emotion in there)


def load_feature_sequences(corpus: str, folder: Path | str) -> FeatureSequences:
    """Read a folder of per-frame tables.

    Args:
        corpus: a registered corpus that tells person and emotion in its clips' names.
        folder: CSV files, each named by its clip's id.

    Raises:
        UnknownNameError: no such corpus.
        CorpusError: a name is none of the corpus's.
        TableError: no tables, tables of different columns, or one without a face.
    """
    folder = Path(folder)
    paths = sorted(folder.glob("*.csv"))
    if not paths:
        raise TableError(f"{folder}: expected a CSV file per clip, found none; give the folder of the tables")
    clips = [_clip(corpus, path) for path in paths]
    names = _names(paths[0], read_table(paths[0]))
    return FeatureSequences(corpus, tuple(clips), tuple(_values(path, names) for path in paths), names)


def _clip(corpus: str, path: Path) -> Clip:
    clip = corpora.get(corpus).clip_named(path.stem)
    if clip is None:
        title = corpora.get(corpus).facts.title
        raise TableError(
            f"{path}: {title} does not tell person and emotion in its clips' names, so tables of frames cannot be "
            "labelled; take a corpus whose names do, such as ravdess or cremad"
        )
    return Clip(clip.clip_id, path, corpus, clip.subject_id, clip.emotion)


def _names(path: Path, table: pd.DataFrame) -> tuple[str, ...]:
    names = tuple(name for name in table if name.lower() not in NOT_FEATURES)
    if not names:
        raise TableError(f"{path}: expected columns of numbers, found {shown(table.columns)}")
    return names


def _values(path: Path, names: tuple[str, ...]) -> np.ndarray:
    """Features float32 (T, F) of the frames with a face."""
    table = read_table(path)
    if _names(path, table) != names:
        raise TableError(
            f"{path}: expected the columns of the first table, {shown(names)}; found {shown(_names(path, table))}. "
            "Keep the tables of one program in one folder"
        )
    values = table[list(names)].apply(pd.to_numeric, errors="coerce").to_numpy(float)
    there = np.isfinite(values).all(axis=1)
    success = next((name for name in table if name.lower() == SUCCESS), None)
    if success is not None:
        there &= pd.to_numeric(table[success], errors="coerce").to_numpy(float) > 0
    if not there.any():
        raise TableError(f"{path}: expected a frame with a face, found none; leave this clip's table out")
    return values[there].astype(np.float32)
