"""The database of a journal: its tables, its versions, and how it is opened.

SQLite with a write-ahead log: readers are never blocked, and writers wait for each other. `user_version` of the file
is the version of the schema. Each migration leads from one version to the next, in one transaction.
"""

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from emo_utils.errors import JournalError

APPLICATION_ID = 0x454D4F4A
"""`application_id` of the file, the letters EMOJ: tells a journal from another database."""

WAIT_S = 60.0
"""How long a process waits for another one that is writing."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE entries (
            entry_id TEXT PRIMARY KEY CHECK (length(entry_id) = 32),
            day TEXT NOT NULL CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
            note TEXT NOT NULL,
            clip_name TEXT NOT NULL,
            clip_kind TEXT NOT NULL CHECK (clip_kind IN ('stored', 'referenced', 'absent')),
            clip_place TEXT NOT NULL,
            clip_sha256 TEXT NOT NULL,
            clip_size INTEGER NOT NULL,
            frames INTEGER NOT NULL CHECK (frames > 0),
            seen_s REAL NOT NULL,
            person_id INTEGER NOT NULL,
            people INTEGER NOT NULL,
            weights TEXT NOT NULL,
            weights_sha256 TEXT NOT NULL,
            prior TEXT NOT NULL,
            version TEXT NOT NULL,
            revision INTEGER NOT NULL DEFAULT 1,
            created TEXT NOT NULL,
            changed TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX entries_by_day ON entries (day, created)",
        """CREATE TABLE emotions (
            entry_id TEXT NOT NULL REFERENCES entries ON DELETE CASCADE,
            number INTEGER NOT NULL,
            emotion TEXT NOT NULL,
            probability REAL NOT NULL,
            share REAL NOT NULL,
            log_mean REAL NOT NULL,
            PRIMARY KEY (entry_id, number)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE apexes (
            entry_id TEXT NOT NULL REFERENCES entries ON DELETE CASCADE,
            number INTEGER NOT NULL,
            time_s REAL NOT NULL,
            emotion TEXT NOT NULL,
            strength REAL,
            picture BLOB NOT NULL,
            PRIMARY KEY (entry_id, number)
        ) STRICT""",
    ),
)
"""The statements that lead from version i to i + 1. Never change one that was released; add one."""


def open_database(path: Path, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> sqlite3.Connection:
    """Open the database of a journal, readable by its owner only; make it or bring it to the newest version if needed.

    Args:
        path: the file; its folder exists.
        migrations: see `MIGRATIONS`.

    Returns:
        A connection without implicit transactions; use `writing` for changes.

    Raises:
        JournalError: the file is no journal, was made by a newer version of this package, or cannot be opened.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # SQLite gives its log the same permissions
        connection = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise JournalError(f"{path}: cannot be opened ({error})") from error
    try:
        _check(connection, path, len(migrations))
        _use_log(connection)
        for pragma in ("foreign_keys = ON", "secure_delete = ON", "synchronous = FULL"):
            connection.execute(f"PRAGMA {pragma}")
        _migrate(connection, migrations)
    except sqlite3.Error as error:
        connection.close()
        raise JournalError(f"{path}: cannot be used as a journal ({error}); restore it from an export") from error
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[None]:
    """A transaction that holds the right to write from its beginning; an error takes back all of it.

    Raises:
        JournalError: another process has been writing for `WAIT_S`, or the disk is full.
    """
    try:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
    except sqlite3.OperationalError as error:
        raise JournalError(f"the journal cannot be written ({error}); nothing was changed, try again") from error


def _value(connection: sqlite3.Connection, pragma: str) -> int | str:
    return connection.execute(f"PRAGMA {pragma}").fetchone()[0]


def _check(connection: sqlite3.Connection, path: Path, newest: int) -> None:
    """Refuse a file that is no journal, or a journal of a newer version, before anything is changed in it."""
    try:
        connection.execute("BEGIN")  # one state of the file: another process may be creating the journal now
        version, owner = _value(connection, "user_version"), _value(connection, "application_id")
        tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        connection.execute("COMMIT")
    except sqlite3.DatabaseError as error:
        raise JournalError(f"{path}: expected a journal, found another file ({error}); choose another folder") from None
    if owner != APPLICATION_ID and (tables or version):
        raise JournalError(f"{path}: expected a journal, found the database of another program; choose another folder")
    if version > newest:
        raise JournalError(
            f"{path}: the journal has version {version}, this package knows versions up to {newest}; update emo-utils"
        )


def _use_log(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log; two processes that do so in one moment refuse each other, so it is tried again."""
    give_up = time.monotonic() + WAIT_S
    while _value(connection, "journal_mode") != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.01)


def _migrate(connection: sqlite3.Connection, migrations: Sequence[Sequence[str]]) -> None:
    while _value(connection, "user_version") < len(migrations):
        with writing(connection):
            version = _value(connection, "user_version")  # another process may have been faster
            if version >= len(migrations):
                return
            for statement in migrations[version]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version + 1}")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
