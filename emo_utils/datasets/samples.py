"""Labelled samples of one part of a split: the input of the training loop, for every representation."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from emo_utils.datasets.corpus import PARTS, FaceCorpus
from emo_utils.datasets.manifest import Manifest
from emo_utils.datasets.splits import Split
from emo_utils.errors import CorpusError, SampleError
from emo_utils.faces.detector import DEFAULT
from emo_utils.faces.pictures import crops_of_faces
from emo_utils.representations.sequence import item_of, load_sequence, pad_sequences
from emo_utils.representations.stack import load_stack
from emo_utils.structures import Clip, FaceImages, InputSpec

MEMORY_SHARE = 0.25
"""Share of the machine's memory for decoded samples; samples that do not fit are read again each time."""


class Files:
    """Samples on disk, read on access and kept in memory while there is room.

    Args:
        paths: one per sample.
        read: returns the array of a sample.
        budget_bytes: memory limit; None takes `MEMORY_SHARE` of the machine's memory.
    """

    def __init__(self, paths: Sequence[Path], read: Callable[[Path], np.ndarray], budget_bytes: int | None = None):
        self.paths, self._read = tuple(paths), read
        self._left = _memory_bytes() * MEMORY_SHARE if budget_bytes is None else budget_bytes
        self._kept: dict[int, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> np.ndarray:
        if (sample := self._kept.get(index)) is None:
            sample = self._read(self.paths[index])
            if sample.nbytes <= self._left:
                self._left -= sample.nbytes
                self._kept[index] = sample
        return sample


@dataclass(frozen=True)
class Samples:
    """Labelled samples in a fixed order.

    Attributes:
        items: N arrays: pictures uint8 (C, S, S), sequences uint8 (T, C, S, S), features float32 (F,), or features of
            each frame, float32 (T, F).
        clip_ids, subject_ids: of each sample; a clip that gave several windows appears several times.
        targets: float32 (N, K), a distribution over `classes` each.
        labels: int64 (N,), index into `classes`.
        classes: K emotions, in the corpus's own order.
    """

    items: Sequence[np.ndarray] = field(repr=False)
    clip_ids: tuple[str, ...] = field(repr=False)
    subject_ids: tuple[str, ...] = field(repr=False)
    targets: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    classes: tuple[str, ...]

    def __post_init__(self):
        counts = {len(self.items), len(self.clip_ids), len(self.subject_ids), len(self.targets), len(self.labels)}
        if len(counts) != 1:
            raise ValueError(f"Samples: expected as many items as ids, targets and labels, found {sorted(counts)}")

    def __len__(self) -> int:
        return len(self.items)

    @property
    def clip_rows(self) -> np.ndarray:
        """The number of each sample's clip, int64 (N,), in the order of first appearance."""
        return pd.factorize(np.array(self.clip_ids, object))[0]

    def batch(self, rows: Iterable[int]) -> tuple[np.ndarray, np.ndarray | None]:
        """Stack samples; sequences are padded to the longest, and come with their mask bool (n, T)."""
        items = [self.items[int(row)] for row in rows]
        return pad_sequences(items) if items[0].ndim in (2, 4) else (np.stack(items), None)

    @property
    def in_channels(self) -> int:
        """Channels of a picture, or of one picture of a sequence; for features, how many numbers (a frame)."""
        shape = self.items[0].shape
        return shape[0] if len(shape) in (1, 3) else shape[1]

    def with_items(self, items: Sequence[np.ndarray]) -> "Samples":
        """Other items under the same labels, for a control."""
        return replace(self, items=items)

    def __add__(self, other: "Samples") -> "Samples":
        """These samples, then others of the same classes, in memory."""
        return Samples(
            [*self.items, *other.items],
            self.clip_ids + other.clip_ids,
            self.subject_ids + other.subject_ids,
            np.concatenate([self.targets, other.targets]),
            np.concatenate([self.labels, other.labels]),
            self.classes,
        )

    def of(self, rows: np.ndarray) -> "Samples":
        """Some of these samples, by position."""
        chosen = [int(row) for row in rows]
        ids = tuple(self.clip_ids[row] for row in chosen), tuple(self.subject_ids[row] for row in chosen)
        items = [self.items[row] for row in chosen]
        return Samples(items, *ids, self.targets[chosen], self.labels[chosen], self.classes)

    def with_labels(self, labels: np.ndarray) -> "Samples":
        """The same items under other labels, for a control."""
        return replace(self, labels=labels, targets=np.eye(len(self.classes), dtype=np.float32)[labels])


def parts_of_prepared(
    manifest: Manifest,
    split: Split,
    classes: tuple[str, ...],
    read: Callable[[Path], np.ndarray] | None = None,
) -> dict[str, Samples]:
    """Samples of a prepared corpus, by part. Clips that could not be prepared are left out; the manifest lists them.

    Args:
        manifest: of the corpus.
        split: its clips by part.
        classes: K emotions in order.
        read: makes an item of a sample's file; None takes `read_sample`.

    Raises:
        CorpusError: no training sample is left, or the manifest has none of the split's clips.
    """
    rows = {row.clip_id: row for row in manifest.ok}
    parts = {}
    for part, clips in split.parts().items():
        found = [
            (clip, manifest.folder / name)
            for clip in clips
            if clip.clip_id in rows
            for name in rows[clip.clip_id].samples
        ]
        parts[part] = _samples(
            [clip for clip, _ in found], Files([path for _, path in found], read or read_sample), classes
        )
    if not len(parts["train"]):
        raise CorpusError(
            f"{split.name}: none of its {len(split.train)} training clips has a sample in {manifest.folder}; prepare "
            "the corpus, and look into its manifest.csv for the reasons of failures"
        )
    return parts


def parts_of_table(values: np.ndarray, clips: Sequence[Clip], split: Split, classes: tuple[str, ...]):
    """Rows of a table of features, float (N, F), one per clip, by part."""
    row_of = {clip.clip_id: row for row, clip in enumerate(clips)}
    parts = {}
    for part, chosen in split.parts().items():
        rows = [row_of[clip.clip_id] for clip in chosen]
        parts[part] = _samples(chosen, values[rows].astype(np.float32), classes)
    return parts


def parts_of_sequences(
    values: Sequence[np.ndarray], clips: Sequence[Clip], split: Split, classes: tuple[str, ...]
) -> dict[str, Samples]:
    """Features of frames, an array float32 (T, F) per clip, by part."""
    items = {clip.clip_id: item for clip, item in zip(clips, values, strict=True)}
    return {
        part: _samples(chosen, [items[clip.clip_id] for clip in chosen], classes)
        for part, chosen in split.parts().items()
    }


def parts_of_faces(
    corpus: FaceCorpus, spec: InputSpec, faces: str = "asis", detector: str = DEFAULT
) -> dict[str, Samples]:
    """The official parts of a corpus of still faces; see `samples_of_faces`."""
    return {part: samples_of_faces(corpus.load(part), spec, faces, detector) for part in PARTS}


def samples_of_faces(images: FaceImages, spec: InputSpec, faces: str = "asis", detector: str = DEFAULT) -> Samples:
    """Still gray faces as samples (1, S, S) of the size that `spec` asks; each face counts as a person of its own.

    Args:
        images: N of them.
        spec: of the crops.
        faces: one of `faces.pictures.FACES`. With `both` there are 2 N samples: for each picture the whole picture,
            then the detected face. Without a detected face the whole picture is used.
        detector: a registered one, for `detect` and `both`.
    """
    crops = crops_of_faces(images.pixels, spec, faces, detector)
    rows = np.repeat(np.arange(len(images)), [len(framed) for framed in crops])
    names = tuple(images.names[row] for row in rows)
    pixels = np.stack([crop for framed in crops for crop in framed])
    return Samples(pixels[:, None], names, names, images.votes[rows], images.labels[rows], images.classes)


def read_sample(path: Path) -> np.ndarray:
    """One file of `emo prepare` as uint8 (C, S, S), or a sequence's (T, C, S, S).

    Raises:
        SampleError: it is missing, damaged, or of another kind.
    """
    if path.suffix == ".tiff":
        return load_stack(path).pixels
    if path.suffix == ".npz":
        return item_of(load_sequence(path))
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise SampleError(f"{path}: expected a sample as `emo prepare` writes it, found none that can be read")
    return picture[None] if picture.ndim == 2 else np.ascontiguousarray(picture[:, :, ::-1].transpose(2, 0, 1))


def _samples(clips: Sequence[Clip], items, classes: tuple[str, ...]) -> Samples:
    position = {name: index for index, name in enumerate(classes)}
    labels = np.array([position[clip.emotion] for clip in clips], np.int64)
    ids = tuple(clip.clip_id for clip in clips), tuple(clip.subject_id for clip in clips)
    return Samples(items, *ids, np.eye(len(classes), dtype=np.float32)[labels], labels, classes)


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 8 << 30
