"""A journal: entries of short clips with a day, a note, and the writer's emotions in the clip.

A journal is a folder that only its owner can read. `journal.db` holds the entries and the pictures of their apexes;
`clips/` holds the stored clips. A change is made whole or not at all, also if the process is killed. Any number of
processes can use a journal at once; a change waits for that of another process. The folder must not lie on a network
file system, on which SQLite's log does not work.
"""

import re
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType

from emo_utils.errors import JournalError
from emo_utils.file_names import as_text
from emo_utils.hashing import sha256_of_file
from emo_utils.journal import rows
from emo_utils.journal.clip_files import copy_in, erase, stored_name, strays
from emo_utils.journal.entry import (
    REFERENCED,
    STORED,
    Apex,
    ClipFile,
    Entry,
    EntryAnalysis,
    check_day,
    check_note,
)
from emo_utils.journal.schema import open_database, writing
from emo_utils.settings import load_settings

DATABASE, CLIPS = "journal.db", "clips"


class Journal:
    """An open journal; use it in a `with` block, or call `close`. A connection belongs to one thread.

    Args:
        folder: of the journal; None takes `EMO_JOURNAL_DIR`, else the user's data folder. It is made if it is absent.

    Raises:
        JournalError: the folder cannot be written, or holds no journal of this package.

    Example:
        >>> with Journal("diary") as journal:
        ...     [entry.analysis.emotion for entry in journal.entries()]
    """

    def __init__(self, folder: Path | str | None = None):
        self.folder = Path(folder) if folder is not None else load_settings().journal_dir
        self.clips = self.folder / CLIPS
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.clips.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise JournalError(f"{self.folder}: cannot be used as a journal ({error.strerror})") from error
        self.connection = open_database(self.folder / DATABASE)
        self._clear_strays()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self.connection.close()

    def __len__(self) -> int:
        return self.connection.execute("SELECT count(*) FROM entries").fetchone()[0]

    def add(
        self,
        clip: Path | str,
        analysis: EntryAnalysis,
        apexes: Sequence[Apex] = (),
        *,
        day: date | str | None = None,
        note: str = "",
        store: bool = True,
    ) -> Entry:
        """Add an entry.

        Args:
            clip: the file.
            analysis: of the writer's face; see `workflows.journal_entries` for one from a clip.
            apexes: pictures of the strongest expressions.
            day: of the entry; None: today.
            note: any text.
            store: copy the clip into the journal; otherwise its path is kept, and the file stays yours.

        Raises:
            JournalError: the clip cannot be read, or the disk is full; nothing is added then.
        """
        clip = Path(clip)
        try:
            sha256, size = sha256_of_file(clip), clip.stat().st_size
        except OSError as error:
            raise JournalError(f"{clip}: cannot be read ({error.strerror})") from error
        if not store and as_text(clip.absolute()) != str(clip.absolute()):
            raise JournalError(
                f"{as_text(clip)}: a path that is not UTF-8 cannot be referenced; store the clip, or rename it"
            )
        entry_id, now = uuid.uuid4().hex, datetime.now(UTC)
        name = as_text(clip.name)
        place = self.clips / stored_name(entry_id, name) if store else clip.absolute()
        file = ClipFile(name, STORED if store else REFERENCED, place, sha256, size)
        entry = Entry(entry_id, check_day(day or date.today()), check_note(note), file, analysis, 1, now, now)
        self.insert(entry, apexes, lambda target: copy_in(clip, target))
        return entry

    def insert(self, entry: Entry, apexes: Sequence[Apex], copy: Callable[[Path], None]) -> None:
        """Insert a complete entry; `copy` writes the bytes of a stored clip to the path that it is given.

        Inside `writing(journal.connection)` several entries are inserted together; the caller then removes the copied
        clips if the transaction fails.
        """
        if self.connection.in_transaction:
            self._insert(entry, apexes, copy)
            return
        try:
            with writing(self.connection):
                self._insert(entry, apexes, copy)
        except BaseException:
            self.discard([entry])
            raise

    def _insert(self, entry: Entry, apexes: Sequence[Apex], copy: Callable[[Path], None]) -> None:
        rows.insert(self.connection, entry, apexes)
        if entry.clip.kind == STORED and entry.clip.path:
            copy(entry.clip.path)

    def discard(self, entries: Sequence[Entry]) -> None:
        """Erase the stored clips of entries that are not in the database."""
        for entry in entries:
            if entry.clip.kind == STORED and entry.clip.path and not self.has(entry.entry_id):
                erase(entry.clip.path)

    def has(self, entry_id: str) -> bool:
        """Whether there is an entry with this id, given in full."""
        found = self.connection.execute("SELECT 1 FROM entries WHERE entry_id = ?", (entry_id,)).fetchone()
        return found is not None

    def entries(self, start: date | str | None = None, end: date | str | None = None) -> list[Entry]:
        """Entries by day, from `start` to `end`, both included; None: without a limit."""
        limits = [("day >= ?", start), ("day <= ?", end)]
        given = [(text, check_day(day).isoformat()) for text, day in limits if day is not None]
        condition = " AND ".join(text for text, _ in given) or "1"
        return rows.select(self.connection, self.clips, condition, [day for _, day in given])

    def entry(self, entry_id: str) -> Entry:
        """The entry with an id, or with an id that begins so; four digits are enough if no other entry has them.

        Raises:
            JournalError: none, or several.
        """
        if not re.fullmatch("[0-9a-f]{4,32}", entry_id):
            raise JournalError(f"entry: expected 4 to 32 hexadecimal digits, found {entry_id!r}; `emo journal list`")
        found = rows.select(self.connection, self.clips, "entries.entry_id GLOB ?", [f"{entry_id}*"])
        if len(found) != 1:
            raise JournalError(f"entry {entry_id}: expected one, found {len(found)}; `emo journal list` shows the ids")
        return found[0]

    def apexes(self, entry: Entry) -> list[Apex]:
        """The pictures of an entry's apexes."""
        return rows.select_apexes(self.connection, entry.entry_id)

    def edit(
        self, entry_id: str, *, day: date | str | None = None, note: str | None = None, revision: int | None = None
    ) -> Entry:
        """Change day or note of an entry; what is None stays.

        Args:
            entry_id: see `entry`.
            day: the new one.
            note: the new one.
            revision: that of the entry as it was shown; if another process has changed it since, the edit is refused.
                None: the edit is made in any case.

        Raises:
            JournalError: no such entry, or another revision.
        """
        new = {"day": None if day is None else check_day(day).isoformat(), "note": note and check_note(note)}
        new = {name: value for name, value in new.items() if value is not None}
        with writing(self.connection):
            old = self.entry(entry_id)
            if revision is not None and old.revision != revision:
                raise JournalError(
                    f"entry {old.short_id}: was changed meanwhile (revision {old.revision}, expected {revision}); "
                    "look at it again, then repeat the edit"
                )
            values = {**new, "revision": old.revision + 1, "changed": datetime.now(UTC).isoformat()}
            assignments = ", ".join(f"{name} = ?" for name in values)
            self.connection.execute(
                f"UPDATE entries SET {assignments} WHERE entry_id = ?", [*values.values(), old.entry_id]
            )
        self._empty_log()
        return self.entry(old.entry_id)

    def delete(self, entry_id: str) -> Entry:
        """Delete an entry for good: rows and stored clip are overwritten with zeros, the log is emptied.

        A referenced clip is a file of the user and stays.

        Returns:
            The entry as it was.

        Raises:
            JournalError: no such entry.
        """
        with writing(self.connection):
            old = self.entry(entry_id)
            self.connection.execute("DELETE FROM entries WHERE entry_id = ?", (old.entry_id,))
        self.discard([old])
        self._empty_log()
        return old

    def problems(self) -> list[str]:
        """What is wrong with this journal, a sentence each: the database, clips that are missing or damaged."""
        found = [text for (text,) in self.connection.execute("PRAGMA integrity_check") if text != "ok"]
        found += [f"row of no entry in {row[0]}" for row in self.connection.execute("PRAGMA foreign_key_check")]
        incomplete = "SELECT entry_id FROM entries WHERE entry_id NOT IN (SELECT entry_id FROM emotions)"
        found += [f"entry {entry_id[:8]}: has no emotions" for (entry_id,) in self.connection.execute(incomplete)]
        for entry in self.entries():
            path = entry.clip.path
            if path is not None and not path.is_file():
                found.append(f"entry {entry.short_id}: the clip {path} is missing")
            elif path is not None and sha256_of_file(path) != entry.clip.sha256:
                found.append(f"entry {entry.short_id}: the clip {path} was changed")
        return found

    def _empty_log(self) -> None:
        """Move all changes from the log into the database, whose freed parts SQLite overwrites with zeros."""
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _clear_strays(self) -> None:
        """Erase clips without an entry, if no process is writing: they were left by one that was killed."""
        if not strays(self.clips, self._stored_names()):
            return
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            with writing(self.connection):
                for path in strays(self.clips, self._stored_names()):
                    erase(path)
        except JournalError:  # another process is writing, perhaps this very clip
            return
        finally:
            self.connection.execute("PRAGMA busy_timeout = 60000")

    def _stored_names(self) -> set[str]:
        found = self.connection.execute("SELECT clip_place FROM entries WHERE clip_kind = ?", (STORED,))
        return {name for (name,) in found}
