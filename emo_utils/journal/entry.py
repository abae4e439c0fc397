"""The types of the journal: an entry, its clip, its analysis, the pictures of its apexes."""

from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import numpy as np

from emo_utils.errors import JournalError
from emo_utils.labels import ALL_EMOTIONS

STORED, REFERENCED, ABSENT = "stored", "referenced", "absent"
"""The clip is copied into the journal; it stays where it is; the journal has none, as after an import without clips."""

LONGEST_NOTE = 20_000
"""Largest length of a note, in characters."""


@dataclass(frozen=True)
class ClipFile:
    """The clip of an entry.

    Attributes:
        name: its file name when it was added.
        kind: `STORED`, `REFERENCED` or `ABSENT`.
        path: where it lies; None if absent. A referenced clip may have been moved since.
        sha256: of its bytes when it was added.
        size: in bytes.
    """

    name: str
    kind: str
    path: Path | None
    sha256: str
    size: int


@dataclass(frozen=True)
class EntryAnalysis:
    """What was predicted for the writer's face in a clip.

    Attributes:
        classes: C emotions.
        probabilities: float (C,), mean over the frames.
        shares: float (C,), share of the time in which each emotion was the most probable one.
        log_mean: float (C,), mean log-probability over the frames, centred; see `inference.baseline.log_mean`.
        frames: number of frames with a prediction.
        seen_s: time on screen in seconds.
        person_id: which person of the clip is the writer.
        people: number of people in the clip.
        weights, weights_sha256, prior: what predicted it; see `inference.weights`.
        version: of this package.
    """

    classes: tuple[str, ...]
    probabilities: np.ndarray = field(repr=False)
    shares: np.ndarray = field(repr=False)
    log_mean: np.ndarray = field(repr=False)
    frames: int
    seen_s: float
    person_id: int
    people: int
    weights: str
    weights_sha256: str
    prior: str
    version: str

    def __post_init__(self) -> None:
        unknown = set(self.classes) - set(ALL_EMOTIONS)
        if unknown or not self.classes:
            raise JournalError(f"expected emotions of {', '.join(ALL_EMOTIONS)}; found {', '.join(self.classes)}")
        for name in ("probabilities", "shares", "log_mean"):
            values = np.asarray(getattr(self, name), float)
            if values.shape != (len(self.classes),) or not np.isfinite(values).all():
                raise JournalError(f"{name}: expected {len(self.classes)} finite numbers, found {values.tolist()}")
            if name != "log_mean" and not (values.min() >= 0 and values.max() <= 1):
                raise JournalError(f"{name}: expected numbers from 0 to 1, found {values.tolist()}")

    @property
    def emotion(self) -> str:
        """The emotion with the largest share of the time; of equal shares the more probable one."""
        return self.classes[np.lexsort((self.probabilities, self.shares))[-1]]


@dataclass(frozen=True)
class Apex:
    """The face at the apex of an expression.

    Attributes:
        time_s: in the clip, in seconds.
        emotion: predicted there; empty if none was.
        strength: see `structures.Segment`.
        picture: a JPEG file.
    """

    time_s: float
    emotion: str
    strength: float
    picture: bytes = field(repr=False)


@dataclass(frozen=True)
class Entry:
    """One entry of a journal.

    Attributes:
        entry_id: 32 hexadecimal digits.
        day: of the entry, given by the writer.
        note: a text of the writer.
        clip, analysis: see there.
        revision: 1; one more after each edit.
        created, changed: UTC.
    """

    entry_id: str
    day: date
    note: str
    clip: ClipFile
    analysis: EntryAnalysis
    revision: int
    created: datetime
    changed: datetime

    @property
    def short_id(self) -> str:
        """The first eight digits of the id, enough to name an entry on the command line."""
        return self.entry_id[:8]


def check_note(note: str) -> str:
    """The note without trailing space.

    Raises:
        JournalError: it is too long, or cannot be stored as UTF-8.
    """
    if len(note) > LONGEST_NOTE:
        raise JournalError(f"note: expected at most {LONGEST_NOTE} characters, found {len(note)}")
    try:
        note.encode()
    except UnicodeEncodeError as error:
        raise JournalError(f"note: expected text that can be stored as UTF-8 ({error.reason})") from None
    return note.rstrip()


def check_day(day: date | str) -> date:
    """A day, from a date or from text of the form 2026-11-28.

    Raises:
        JournalError: another form, or no such day.
    """
    if isinstance(day, datetime):
        return day.date()
    if isinstance(day, date):
        return day
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise JournalError(f"date: expected a day such as 2026-11-28, found {day!r}") from None
