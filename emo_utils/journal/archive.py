"""A journal as one file: a zip with every entry, its pictures, its clips, and a table for people.

| member | holds |
|---|---|
| `journal.json` | format, version, the entries; of each file its size and SHA-256 |
| `entries.csv` | a row per entry: day, note, clip, emotions |
| `clips/<id>.<suffix>` | the clips, if they were asked for |
| `apexes/<id>_<n>.jpg` | the faces at the apexes |

An import trusts none of it; see `emo_utils.journal.restore`.
"""

import csv
import io
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from emo_utils import __version__
from emo_utils.errors import JournalError, in_words
from emo_utils.hashing import sha256_of_file
from emo_utils.journal.clip_files import stored_name
from emo_utils.journal.encryption import encrypt_file
from emo_utils.journal.entry import ABSENT, STORED, Apex, Entry
from emo_utils.journal.journal import Journal
from emo_utils.output import whole_file

FORMAT, VERSION = "emo-utils journal", 1

INDEX, TABLE = "journal.json", "entries.csv"

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a formula to a spreadsheet; an apostrophe before it makes it text."""


def export_journal(journal: Journal, path: Path | str, *, clips: bool = True, passphrase: str | None = None) -> int:
    """Write all entries into one file, which only its owner can read.

    Args:
        journal: an open one.
        path: the file; an existing one is replaced when the new one is complete.
        clips: include the clips, also referenced ones that still exist.
        passphrase: encrypt the file; see `emo_utils.journal.encryption`.

    Returns:
        The number of entries.

    Raises:
        JournalError: the file cannot be written.
        MissingPackageError: a passphrase was given, and the package for it is not installed.
    """
    path = Path(path)
    try:
        with whole_file(path) as part:
            with _private(part) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                count = _write(journal, archive, clips)
            if passphrase is not None:
                encrypt_file(part, passphrase)
    except OSError as error:
        raise JournalError(f"{path}: cannot be written ({in_words(error)})") from error
    return count


@contextmanager
def _private(path: Path) -> Iterator[io.BufferedWriter]:
    with os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        yield file


def _write(journal: Journal, archive: zipfile.ZipFile, clips: bool) -> int:
    entries = journal.entries()
    values = []
    for entry in entries:
        apexes = journal.apexes(entry)
        for number, apex in enumerate(apexes, start=1):
            archive.writestr(apex_name(entry.entry_id, number), apex.picture, zipfile.ZIP_STORED)
        clip = _write_clip(entry, archive) if clips else None
        values.append(entry_values(entry, apexes, clip))
    index = {"format": FORMAT, "version": VERSION, "made_by": f"emo_utils {__version__}", "entries": values}
    archive.writestr(INDEX, json.dumps(index, indent=1))
    archive.writestr(TABLE, entries_table(entries))
    return len(entries)


def _write_clip(entry: Entry, archive: zipfile.ZipFile) -> str | None:
    """Write the clip if it still is the file that was analysed; returns its name in the archive."""
    path = entry.clip.path
    if path is None or not path.is_file():
        return None
    if entry.clip.kind != STORED and sha256_of_file(path) != entry.clip.sha256:
        return None
    name = clip_name(entry)
    archive.write(path, name, zipfile.ZIP_STORED)
    return name


def clip_name(entry: Entry) -> str:
    """The name of an entry's clip in the archive."""
    return f"clips/{stored_name(entry.entry_id, entry.clip.name)}"


def apex_name(entry_id: str, number: int) -> str:
    """The name of a picture in the archive, counted from 1."""
    return f"apexes/{entry_id}_{number}.jpg"


def entry_values(entry: Entry, apexes: list[Apex], clip: str | None) -> dict[str, Any]:
    """An entry as plain values for JSON; the place of a clip on this machine is not among them."""
    analysis = asdict(entry.analysis)
    for name in ("probabilities", "shares", "log_mean"):
        analysis[name] = [float(value) for value in analysis[name]]
    return {
        "entry_id": entry.entry_id,
        "day": entry.day.isoformat(),
        "note": entry.note,
        "revision": entry.revision,
        "created": entry.created.isoformat(),
        "changed": entry.changed.isoformat(),
        "clip": {
            "name": entry.clip.name,
            "kind": STORED if clip else ABSENT,
            "sha256": entry.clip.sha256,
            "size": entry.clip.size,
        },
        "analysis": {**analysis, "classes": list(entry.analysis.classes)},
        "apexes": [
            {"time_s": one.time_s, "emotion": one.emotion, "strength": one.strength if one.strength == one.strength
             else None, "size": len(one.picture)}
            for one in apexes
        ],
    }  # fmt: skip


def entries_table(entries: list[Entry]) -> str:
    """The entries as CSV for a spreadsheet."""
    emotions = list(dict.fromkeys(name for entry in entries for name in entry.analysis.classes))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["entry_id", "day", "clip", "note", "emotion", *(f"p_{name}" for name in emotions)])
    for entry in entries:
        found = dict(zip(entry.analysis.classes, entry.analysis.probabilities, strict=True))
        figures = ("" if name not in found else f"{found[name]:.6g}" for name in emotions)
        texts = (entry.clip.name, entry.note, entry.analysis.emotion)
        writer.writerow([entry.entry_id, entry.day.isoformat(), *map(as_cell, texts), *figures])
    return text.getvalue()


def as_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text
