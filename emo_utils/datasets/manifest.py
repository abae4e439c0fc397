"""The manifest of a prepared corpus: `manifest.csv`, one row per clip with its result, written last."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from emo_utils.datasets.prepare_clip import PreparedClip
from emo_utils.errors import CorpusError
from emo_utils.structures import Clip

MANIFEST = "manifest.csv"

BETWEEN = ";"
"""Separates samples, and their hashes, in one cell."""


@dataclass(frozen=True)
class Row:
    """One clip.

    Attributes:
        clip_id, path, subject_id, emotion, intensity: of the clip; `intensity` may be empty.
        status: `ok` or `failed`.
        reason: why it failed; for a good clip a remark, usually empty.
        samples: files relative to the prepared folder, in time order.
        sha256: hash of each sample file.
        coverage: share, 0 to 1, of the analysed frames in which a face was found; None if the clip failed.
        frames: number of frames read; None if the clip failed.
    """

    clip_id: str
    path: str
    subject_id: str
    emotion: str
    intensity: str
    status: str
    reason: str
    samples: tuple[str, ...]
    sha256: tuple[str, ...]
    coverage: float | None
    frames: int | None


COLUMNS = tuple(field.name for field in fields(Row))


@dataclass(frozen=True)
class Manifest:
    """A prepared corpus.

    Attributes:
        folder: where `manifest.csv`, `spec.json` and the samples lie.
        rows: one per clip, in the corpus's order.
        made_now: clips worked on in the run that returned this; 0 means there was nothing to do.
    """

    folder: Path
    rows: tuple[Row, ...]
    made_now: int = 0

    @property
    def ok(self) -> tuple[Row, ...]:
        """Rows of the clips that gave samples."""
        return tuple(row for row in self.rows if row.status == "ok")

    @property
    def failed(self) -> tuple[Row, ...]:
        """Rows of the clips that gave none."""
        return tuple(row for row in self.rows if row.status != "ok")

    def __repr__(self) -> str:
        return f"Manifest({len(self.ok)} clips ok, {len(self.failed)} failed, in {self.folder})"


def make_rows(clips: Sequence[Clip], results: Mapping[str, PreparedClip]) -> tuple[Row, ...]:
    """Join clips, in their order, with their results by clip id."""
    rows = []
    for clip in clips:
        result = results[clip.clip_id]
        person = (clip.subject_id, clip.emotion, clip.intensity or "")
        outcome = (result.status, result.reason, result.samples, result.sha256, result.coverage, result.frames)
        rows.append(Row(clip.clip_id, clip.path.as_posix(), *person, *outcome))
    return tuple(rows)


def manifest_text(rows: Sequence[Row]) -> str:
    """Rows as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: _cell(value) for key, value in asdict(row).items()})
    return text.getvalue()


def read_manifest(folder: Path | str) -> Manifest:
    """Read a prepared folder's manifest.

    Raises:
        CorpusError: there is none, so the folder is not finished; or its columns are not ours.
    """
    path = Path(folder) / MANIFEST
    if not path.exists():
        raise CorpusError(f"{folder}: expected a prepared corpus, found no {MANIFEST}; run `emo prepare` (again)")
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise CorpusError(f"{path}: expected the columns {', '.join(COLUMNS)}, found {reader.fieldnames}")
        return Manifest(Path(folder), tuple(_row(cells) for cells in reader))


def _cell(value) -> str:
    if isinstance(value, tuple):
        return BETWEEN.join(value)
    return "" if value is None else str(value)


def _row(cells: dict[str, str]) -> Row:
    lists = {key: tuple(filter(None, cells.pop(key).split(BETWEEN))) for key in ("samples", "sha256")}
    coverage, frames = cells.pop("coverage"), cells.pop("frames")
    return Row(**cells, **lists, coverage=float(coverage) if coverage else None, frames=int(frames) if frames else None)
