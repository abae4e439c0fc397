"""The timeline contract: one row per frame and face; the same for notebook, command line and web page.

Probabilities assume a prior: the class shares of the training corpus of the weights, or equal shares. `summary.json`
names it as `prior`; `inference.prior` converts one into the other.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from emo_utils.errors import EmoError, MissingPackageError
from emo_utils.extras import is_installed, missing
from emo_utils.provenance import Provenance
from emo_utils.table_text import number

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

VERSION = 3
"""Version of the contract; raised when a column is added, removed or renamed, or changes its meaning.

2: `smoothed_p_<emotion>` was added. 3: `baseline_emotion`, `baseline_confidence` and `b_<emotion>` were added.
"""

COLUMNS = {
    "frame_index": "index of the frame in the file, from 0",
    "time_s": "presentation time in seconds on the clip's own clock",
    "track_id": "one continuous appearance of a face, from 1; empty if there is no face",
    "person_id": "one person, across all their tracks; empty if there is no face",
    "status": "see STATUSES",
    "x1": "left edge of the face box, pixels of the upright frame",
    "y1": "top edge of the face box, pixels",
    "x2": "right edge of the face box, pixels",
    "y2": "bottom edge of the face box, pixels",
    "detection_confidence": "confidence of the face detector, 0 to 1",
    "emotion": "the most probable expression of this frame alone",
    "confidence": "its probability",
    "smoothed_emotion": "the most probable expression after smoothing over time",
    "smoothed_confidence": "its smoothed probability",
    "baseline_emotion": "the most probable expression after the person's baseline is taken off; empty without one",
    "baseline_confidence": "its probability after the baseline is taken off; empty without one",
}
"""The columns without those per class.

The columns `p_<emotion>`, probabilities of this frame, come before `smoothed_emotion`. The columns
`smoothed_p_<emotion>`, the same after smoothing over time, come after `smoothed_confidence`. The columns `b_<emotion>`,
the smoothed probabilities after the person's baseline is taken off, come after `baseline_confidence`; they are empty
where no baseline was requested. Each set adds up to 1. The columns of the requested measures come last.
"""

STATUSES = {
    "ok": "a face was found and its expression predicted",
    "no_face": "no face in this frame; all other values are empty",
    "interpolated": "the box is interpolated between two detections of the track; the expression is predicted there",
    "low_quality": "the face is too small, or its detection confidence too low, for a reliable prediction; where pose "
    "or quality is measured, also a face turned more than 45 degrees away from the camera, or without landmarks",
    "uncertain": "the highest smoothed probability is below the threshold of the weights",
    "short_window": "the face is tracked for too short a time for a network over time; it has no prediction",
}
"""The status of a row. If several apply, the last one in this table is used."""


PARQUET_ROWS = 16_384
"""Rows of a group in a Parquet file; they are converted one group after the other, to save memory."""


@dataclass(frozen=True)
class Timeline:
    """A validated timeline.

    Attributes:
        table: a pandas DataFrame with the columns of the contract, ordered by frame and track.
        classes: the emotions, in the order of the `p_<emotion>` columns.
        provenance: how the clip was read; empty for a timeline from a file.
    """

    table: "pd.DataFrame" = field(repr=False)
    classes: tuple[str, ...]
    provenance: Provenance = field(default=Provenance(), repr=False)

    def __post_init__(self) -> None:
        expected = columns(self.classes)
        found = list(self.table.columns)
        if found[: len(expected)] != expected:
            older = "; it is of an older contract: analyse the clip again" if "smoothed_confidence" in found else ""
            raise EmoError(
                f"not a timeline (contract {VERSION}): expected the columns {expected}, found {found}{older}"
            )
        unknown = set(self.table["status"]) - set(STATUSES)
        if unknown:
            raise EmoError(f"unknown status {sorted(unknown)}; known: {', '.join(STATUSES)}")

    @property
    def faces(self) -> "pd.DataFrame":
        """The rows that hold a face."""
        found = self.table["status"] != "no_face"
        return self.table.copy(deep=False) if found.all() else self.table[found]

    @property
    def frames(self) -> "pd.DataFrame":
        """A row per frame with its index and its time."""
        return self.table[["frame_index", "time_s"]].drop_duplicates("frame_index")

    def person(self, person_id: int, names: Sequence[str] | None = None) -> "pd.DataFrame":
        """The rows of one person, in time order, with the columns of these names; None: all."""
        table = self.table if names is None else self.table[list(names)]
        return table[(self.table["person_id"] == person_id).fillna(False)]

    @property
    def people(self) -> list[int]:
        """Ids of the persons, in order of appearance."""
        people = self.table["person_id"][self.table["status"] != "no_face"]
        return [int(person) for person in people.drop_duplicates()]

    @property
    def measures(self) -> list[str]:
        """The columns of measures, after those of the contract."""
        return list(self.table.columns[len(columns(self.classes)) :])

    def probabilities(self, person_id: int, prefix: str = "p_") -> "np.ndarray":
        """One person's probabilities, float (T, C), in time order; `prefix` is one of `PREFIXES`."""
        return self.person(person_id)[[f"{prefix}{name}" for name in self.classes]].to_numpy(float)

    def save(self, folder: Path | str) -> tuple[Path, ...]:
        """Write `timeline.csv`, and `timeline.parquet` if pyarrow is installed; returns the paths written.

        The folder is made if it is absent.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        csv = self.save_csv(folder / "timeline.csv")
        return (csv, self.save_parquet(folder / "timeline.parquet")) if is_installed("pyarrow") else (csv,)

    def save_csv(self, path: Path | str) -> Path:
        """Write the table as CSV, numbers as in `table_text.number`; returns the path."""
        self.table.to_csv(path, index=False, float_format=number, lineterminator="\n")
        return Path(path)

    def save_parquet(self, path: Path | str) -> Path:
        """Write the table as Parquet; returns the path.

        Raises:
            MissingPackageError: pyarrow is not installed.
        """
        if not is_installed("pyarrow"):
            raise MissingPackageError(missing(Path(path).name, "pyarrow"))
        import pyarrow
        from pyarrow.parquet import ParquetWriter

        schema = pyarrow.Schema.from_pandas(self.table, preserve_index=False)
        with Path(path).open("wb") as file, ParquetWriter(file, schema) as writer:  # pyarrow accepts only UTF-8 names
            for start in range(0, max(1, len(self.table)), PARQUET_ROWS):
                part = self.table.iloc[start : start + PARQUET_ROWS]
                writer.write_table(pyarrow.Table.from_pandas(part, schema, preserve_index=False))
        return Path(path)

    @classmethod
    def load(cls, path: Path | str | os.PathLike) -> "Timeline":
        """Read a timeline from CSV or Parquet.

        Raises:
            EmoError: the file does not follow the contract.
            MissingPackageError: a Parquet file, and pyarrow is not installed.
        """
        import pandas as pd

        path = Path(path)
        if path.suffix == ".parquet" and not is_installed("pyarrow"):
            raise MissingPackageError(f"{missing(f'{path}: Parquet', 'pyarrow')}; or read the timeline.csv beside it")
        table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
        classes = tuple(name.removeprefix("p_") for name in table.columns if name.startswith("p_"))
        return cls(table.astype({key: kind for key, kind in TYPES.items() if key in table}), classes)

    def __repr__(self) -> str:
        frames = self.table["frame_index"].nunique()
        end_s = self.table["time_s"].max() if len(self.table) else 0.0
        people, faces = counted(len(self.people), "person", "people"), counted(len(self.faces), "face")
        return f"Timeline({counted(frames, 'frame')} over {end_s:.2f} s, {people}, {faces})"

    def _repr_html_(self) -> str:
        short = self.table.drop(columns=[f"{prefix}{name}" for prefix in PREFIXES for name in self.classes])
        return f"<p>{self!r}</p>" + short.head(8).round(3).to_html(index=False, na_rep="")


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun: "1 person", "2 people"."""
    return f"{number} {one if number == 1 else many or one + 's'}"


SETS = {"p_": "smoothed_emotion", "smoothed_p_": "baseline_emotion", "b_": None}
"""Prefixes of the columns with one per class, and the column of `COLUMNS` before which each set stands; None: last."""

PREFIXES = tuple(SETS)
"""The prefixes alone."""

TYPES = {"frame_index": "int64", "track_id": "Int64", "person_id": "Int64", "baseline_emotion": "object"}
"""Types of columns with whole numbers, of which ids may be empty, and of a name that may be empty throughout."""


def columns(classes: Sequence[str]) -> list[str]:
    """The contract's columns in order, for these classes."""
    names: list[str] = []
    for name in [*COLUMNS, None]:
        names += [f"{prefix}{one}" for prefix, before in SETS.items() if before == name for one in classes]
        names += [name] if name else []
    return names
