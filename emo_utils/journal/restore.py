"""Read the archive of a journal that may be damaged or hostile.

No name of the archive becomes a path: members are looked up by the names that an export gives them, and clips are
written under the id of their entry. Links are refused. Sizes are limited before and while members are read, so that a
small file cannot fill disk or memory. All entries are imported, or none.
"""

import json
import math
import re
import zipfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import numpy as np

from emo_utils.errors import JournalError
from emo_utils.hashing import sha256_of_file
from emo_utils.images import decode_image
from emo_utils.journal.archive import FORMAT, INDEX, VERSION, apex_name
from emo_utils.journal.clip_files import stored_name, write_in
from emo_utils.journal.encryption import decrypted, is_encrypted
from emo_utils.journal.entry import (
    ABSENT,
    STORED,
    Apex,
    ClipFile,
    Entry,
    EntryAnalysis,
    check_day,
    check_note,
)
from emo_utils.journal.journal import Journal
from emo_utils.journal.schema import writing

LARGEST_INDEX = 64 << 20
LARGEST_PICTURE = 4 << 20
LARGEST_CLIP = 4 << 30
MOST_ENTRIES = 100_000
MOST_APEXES = 100
"""Limits of an archive: bytes of the index, of a picture, of a clip; numbers of entries and of pictures per entry."""

LARGEST_RATIO = 200
"""Largest ratio of a member's size to its compressed size; text compresses to a twentieth."""

LINK = 0o120000


@dataclass(frozen=True)
class Imported:
    """Numbers of entries that were added, and of those that the journal had already."""

    added: int
    known: int


def import_journal(journal: Journal, path: Path | str, *, passphrase: str | None = None) -> Imported:
    """Add the entries of an archive to a journal; entries that it has already are left as they are.

    Args:
        journal: an open one.
        path: a file of `archive.export_journal`.
        passphrase: of an encrypted one.

    Raises:
        JournalError: not such a file, damaged, or beyond the limits; the journal is then unchanged.
    """
    path = Path(path)
    with ExitStack() as stack:
        plain = path
        if is_encrypted(path):
            if passphrase is None:
                raise JournalError(f"{path}: is encrypted; expected a passphrase")
            plain = stack.enter_context(decrypted(path, passphrase))
        try:
            archive = stack.enter_context(zipfile.ZipFile(plain))
            return _import(journal, _Members(archive, path))
        except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
            raise JournalError(f"{path}: expected an export of a journal, found a damaged file ({error})") from error
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise JournalError(f"{path}: not an export of a journal ({type(error).__name__}: {error})") from error


@dataclass(frozen=True)
class _Members:
    """The members of an archive by name, each read within a limit."""

    archive: zipfile.ZipFile
    path: Path

    def open(self, name: str, most: int) -> IO[bytes]:
        """Open a member.

        Raises:
            JournalError: it is absent, named twice, a link, larger than `most`, or compressed too much.
        """
        found = [one for one in self.archive.infolist() if one.filename == name]
        if len(found) != 1:
            raise JournalError(f"{self.path}: expected one member {name}, found {len(found)}; export the journal again")
        (one,) = found
        if one.external_attr >> 16 & 0o170000 == LINK:
            raise JournalError(f"{self.path}: {name} is a link; an export holds none")
        if one.file_size > most or one.file_size > LARGEST_RATIO * max(one.compress_size, 1 << 10):
            raise JournalError(
                f"{self.path}: {name} has {one.file_size} bytes, expected at most {most}, and at most {LARGEST_RATIO} "
                "times its compressed size"
            )
        return self.archive.open(one)

    def read(self, name: str, most: int) -> bytes:
        """The bytes of a member; no more than `most` are ever in memory."""
        with self.open(name, most) as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise JournalError(f"{self.path}: {name} is larger than it says")
        return data


def _import(journal: Journal, members: _Members) -> Imported:
    index = json.loads(members.read(INDEX, LARGEST_INDEX))
    if index["format"] != FORMAT or index["version"] != VERSION:
        raise JournalError(f"{members.path}: expected {FORMAT} {VERSION}, found {index['format']} {index['version']}")
    if len(index["entries"]) > MOST_ENTRIES:
        raise JournalError(f"{members.path}: expected at most {MOST_ENTRIES} entries, found {len(index['entries'])}")
    entries = [entry_of(values, journal.clips) for values in index["entries"]]
    copied: list[Entry] = []
    known = 0
    try:
        with writing(journal.connection):
            for entry, values in zip(entries, index["entries"], strict=True):
                if journal.has(entry.entry_id):
                    known += 1
                    continue
                copied.append(entry)
                apexes = _apexes(entry, values["apexes"], members)
                journal.insert(entry, apexes, lambda target, entry=entry: _copy(entry, target, members))
    except BaseException:
        journal.discard(copied)
        raise
    return Imported(len(copied), known)


def entry_of(values: dict[str, Any], clips: Path) -> Entry:
    """An entry from the values of `archive.entry_values`, checked.

    Raises:
        JournalError, KeyError, TypeError, ValueError: a value is missing, or not what an export writes.
    """
    entry_id = values["entry_id"]
    if not re.fullmatch("[0-9a-f]{32}", entry_id):
        raise JournalError(f"entry: expected an id of 32 hexadecimal digits, found {entry_id!r}")
    about = dict(values["analysis"])
    classes = tuple(about.pop("classes"))
    figures = [np.array(about.pop(name), float) for name in ("probabilities", "shares", "log_mean")]
    numbers = {name: _count(about.pop(name)) for name in ("frames", "person_id", "people")}
    texts = {name: _text(about.pop(name), 500) for name in ("weights", "weights_sha256", "prior", "version")}
    analysis = EntryAnalysis(classes, *figures, **numbers, **texts, seen_s=_number(about.pop("seen_s")), **about)
    clip = values["clip"]
    name = _text(clip["name"], 1000).rpartition("/")[2].rpartition("\\")[2]
    stored = clip["kind"] == STORED
    file = ClipFile(
        name,
        STORED if stored else ABSENT,
        clips / stored_name(entry_id, name) if stored else None,
        _text(clip["sha256"], 64),
        _count(clip["size"]),
    )
    times = (datetime.fromisoformat(values[key]).astimezone(UTC) for key in ("created", "changed"))
    note = check_note(_text(values["note"], 1 << 30))
    return Entry(entry_id, check_day(values["day"]), note, file, analysis, _count(values["revision"]), *times)


def _apexes(entry: Entry, values: list[dict[str, Any]], members: _Members) -> list[Apex]:
    if len(values) > MOST_APEXES:
        raise JournalError(f"{members.path}: expected at most {MOST_APEXES} pictures of an entry, found {len(values)}")
    apexes = []
    for number, one in enumerate(values, start=1):
        name = apex_name(entry.entry_id, number)
        picture = members.read(name, LARGEST_PICTURE)
        if not picture.startswith(b"\xff\xd8"):
            raise JournalError(f"{members.path}: {name}: expected a JPEG picture")
        decode_image(picture, name)
        strength = float("nan") if one["strength"] is None else _number(one["strength"])
        apexes.append(Apex(_number(one["time_s"]), _text(one["emotion"], 100), strength, picture))
    return apexes


def _copy(entry: Entry, target: Path, members: _Members) -> None:
    """Write the clip of an entry; its bytes must be those that were analysed."""
    name = f"clips/{target.name}"
    with members.open(name, LARGEST_CLIP) as source:
        write_in(source, target, most=LARGEST_CLIP)
    if sha256_of_file(target) != entry.clip.sha256:
        raise JournalError(f"{members.path}: {name} is damaged (SHA-256 differs); export the journal again")


def _text(value: Any, most: int) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise JournalError(f"expected a text of at most {most} characters, found {str(value)[:40]!r}")
    return value


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 62:
        raise JournalError(f"expected a number from 0 on, found {str(value)[:40]!r}")
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise JournalError(f"expected a finite number, found {str(value)[:40]!r}")
    return float(value)
