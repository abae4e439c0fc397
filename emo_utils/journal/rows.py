"""Entries as rows of the database, and back."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path

import numpy as np

from emo_utils.journal.entry import STORED, Apex, ClipFile, Entry, EntryAnalysis

ABOUT = ("frames", "seen_s", "person_id", "people", "weights", "weights_sha256", "prior", "version")
"""Columns of `entries` that are attributes of `EntryAnalysis`."""

COLUMNS = (
    "entry_id", "day", "note", "clip_name", "clip_kind", "clip_place", "clip_sha256", "clip_size",
    *ABOUT, "revision", "created", "changed",
)  # fmt: skip


def insert(connection: sqlite3.Connection, entry: Entry, apexes: Sequence[Apex]) -> None:
    """Insert an entry into an open transaction."""
    clip, analysis = entry.clip, entry.analysis
    place = "" if clip.path is None else clip.path.name if clip.kind == STORED else str(clip.path)
    values = (
        entry.entry_id, entry.day.isoformat(), entry.note, clip.name, clip.kind, place, clip.sha256, clip.size,
        *(getattr(analysis, name) for name in ABOUT), entry.revision, entry.created.isoformat(),
        entry.changed.isoformat(),
    )  # fmt: skip
    marks = ", ".join("?" * len(COLUMNS))
    connection.execute(f"INSERT INTO entries ({', '.join(COLUMNS)}) VALUES ({marks})", values)
    figures = zip(analysis.classes, analysis.probabilities, analysis.shares, analysis.log_mean, strict=True)
    connection.executemany(
        "INSERT INTO emotions VALUES (?, ?, ?, ?, ?, ?)",
        [(entry.entry_id, number, name, *map(float, row)) for number, (name, *row) in enumerate(figures)],
    )
    connection.executemany(
        "INSERT INTO apexes VALUES (?, ?, ?, ?, ?, ?)",
        [
            (entry.entry_id, number, one.time_s, one.emotion, _plain(one.strength), one.picture)
            for number, one in enumerate(apexes, start=1)
        ],
    )


def select(
    connection: sqlite3.Connection, clips: Path, condition: str = "1", values: Sequence[str] = ()
) -> list[Entry]:
    """Entries that meet a condition, by day and time of creation, in one consistent view of the database.

    Args:
        connection: to the database.
        clips: the folder of stored clips.
        condition: SQL with placeholders, never text of a user.
        values: of the placeholders.
    """
    joined = connection.execute(
        f"SELECT {', '.join(f'entries.{name}' for name in COLUMNS)}, emotion, probability, share, log_mean "
        f"FROM entries JOIN emotions USING (entry_id) WHERE {condition} "
        "ORDER BY day, created, entry_id, emotions.number",
        values,
    ).fetchall()
    by_id: dict[str, list[tuple]] = {}
    for row in joined:
        by_id.setdefault(row[0], []).append(row)
    return [_entry(rows, clips) for rows in by_id.values()]


def _entry(rows: list[tuple], clips: Path) -> Entry:
    own = dict(zip(COLUMNS, rows[0], strict=False))
    names, *figures = zip(*(row[len(COLUMNS) :] for row in rows), strict=True)
    analysis = EntryAnalysis(names, *(np.array(values) for values in figures), **{name: own[name] for name in ABOUT})
    place = own["clip_place"]
    path = None if not place else clips / place if own["clip_kind"] == STORED else Path(place)
    clip = ClipFile(own["clip_name"], own["clip_kind"], path, own["clip_sha256"], own["clip_size"])
    times = (datetime.fromisoformat(own[name]) for name in ("created", "changed"))
    return Entry(own["entry_id"], date.fromisoformat(own["day"]), own["note"], clip, analysis, own["revision"], *times)


def select_apexes(connection: sqlite3.Connection, entry_id: str) -> list[Apex]:
    """The apexes of an entry, in order of their times."""
    found: Iterable[tuple] = connection.execute(
        "SELECT time_s, emotion, strength, picture FROM apexes WHERE entry_id = ? ORDER BY number", (entry_id,)
    )
    return [Apex(time_s, emotion, float("nan") if strength is None else strength, picture)
            for time_s, emotion, strength, picture in found]  # fmt: skip


def _plain(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None
