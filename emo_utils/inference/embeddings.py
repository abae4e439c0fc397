"""Embeddings: the features of each face before the network's last layer, kept while a clip is read."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from emo_utils.arrays_file import load_arrays, save_arrays
from emo_utils.inference.observe import ObservedFrame

CHUNK = 4096
"""Faces after which the log joins its rows into one array."""

LARGEST = float(np.finfo(np.float16).max)


@dataclass(frozen=True)
class Embeddings:
    """The embeddings of a clip, a row per face that was read, in time order.

    Faces in filled gaps have a row in the timeline but none here: no crop was read there.

    Attributes:
        frame_index: int64 (N,), the frame.
        track_id: int64 (N,), as in the timeline.
        person_id: int64 (N,), as in the timeline.
        values: float16 (N, F).
    """

    frame_index: np.ndarray
    track_id: np.ndarray
    person_id: np.ndarray
    values: np.ndarray = field(repr=False)

    def __len__(self) -> int:
        return len(self.values)

    def save(self, path: Path) -> None:
        """Write the four arrays as a compressed .npz file."""
        save_arrays(self, path)

    @classmethod
    def load(cls, path: Path | str) -> "Embeddings":
        """Read a file of `save`.

        Raises:
            EmoError: it is no such file.
        """
        return load_arrays(cls, path, "embeddings as `emo analyze --embeddings` writes them")


class EmbeddingLog:
    """Collects the embeddings of all faces of a clip while it is read: 2 bytes a number."""

    def __init__(self) -> None:
        self._open: list[tuple[int, int, np.ndarray]] = []
        self._packed: list[tuple[np.ndarray, ...]] = []

    def add(self, frame: ObservedFrame, values: np.ndarray) -> None:
        """Keep the embeddings float32 (faces, F) of a frame's faces."""
        halves = np.clip(values, -LARGEST, LARGEST).astype(np.float16)
        self._open += [(frame.frame_index, face.tracklet, row) for face, row in zip(frame.faces, halves, strict=True)]
        if len(self._open) >= CHUNK:
            self._pack()

    def finish(self, faces: pd.DataFrame, features: int) -> Embeddings:
        """The embeddings of the faces that are kept, from rows with `tracklet`, `track_id` and `person_id`."""
        self._pack()
        if not self._packed:
            none = np.empty(0, np.int64)
            return Embeddings(none, none, none, np.empty((0, features), np.float16))
        frame_index, tracklet, values = (np.concatenate(column) for column in zip(*self._packed, strict=True))
        ids = faces.drop_duplicates("tracklet").set_index("tracklet")[["track_id", "person_id"]].astype("int64")
        kept = np.isin(tracklet, ids.index)
        track, person = ids.loc[tracklet[kept]].to_numpy().T
        return Embeddings(frame_index[kept], track, person, values[kept])

    def _pack(self) -> None:
        if self._open:
            frame_index, tracklet, values = zip(*self._open, strict=True)
            self._packed.append((np.array(frame_index, np.int64), np.array(tracklet, np.int64), np.stack(values)))
            self._open = []
