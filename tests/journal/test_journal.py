"""A journal: what is added stays, what is deleted is gone, and processes do not disturb each other."""

import json
import os
import resource
import sqlite3
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from emo_utils.errors import JournalError
from emo_utils.journal.journal import Journal
from emo_utils.journal.schema import MIGRATIONS, open_database

ROOT = Path(__file__).resolve().parents[2]


def test_an_entry_comes_back_as_it_was_given(journal, clip, analysed, apexes):
    added = journal.add(clip, analysed("sadness"), apexes, day="2026-11-03", note="rain, für Elise \N{UMBRELLA} \n")
    with Journal(journal.folder) as again:
        (entry,) = again.entries()
        shown = again.apexes(entry)
    assert (entry.day, entry.note) == (date(2026, 11, 3), "rain, für Elise \N{UMBRELLA}")
    assert (entry.clip.name, entry.clip.kind, entry.clip.size) == ("holiday.MP4", "stored", clip.stat().st_size)
    assert entry.clip.path.read_bytes() == clip.read_bytes()
    assert entry.analysis.emotion == "sadness"
    np.testing.assert_array_equal(entry.analysis.log_mean, added.analysis.log_mean)
    assert [one.picture for one in shown] == [one.picture for one in apexes]
    assert (shown[0].strength, np.isnan(shown[1].strength)) == (1.25, True)


def test_entries_are_in_order_of_their_days_and_cut_to_a_span(journal, clip, analysed):
    for day in ("2026-11-03", "2026-10-30", "2026-11-01"):
        journal.add(clip, analysed(), day=day)
    assert [str(entry.day) for entry in journal.entries()] == ["2026-10-30", "2026-11-01", "2026-11-03"]
    assert [str(entry.day) for entry in journal.entries("2026-11-01", "2026-11-02")] == ["2026-11-01"]


def test_a_referenced_clip_stays_where_it_is_also_after_its_entry_was_deleted(journal, clip, analysed):
    entry = journal.add(clip, analysed(), store=False)
    assert (entry.clip.kind, entry.clip.path) == ("referenced", clip)
    assert list(journal.clips.iterdir()) == []
    journal.delete(entry.entry_id)
    assert clip.exists()


def test_a_name_that_is_not_utf8_is_stored_as_text_and_not_referenced(journal, clip, analysed):
    strange = clip.with_name(os.fsdecode(b"caf\xe9.mp4"))
    clip.rename(strange)
    with pytest.raises(JournalError, match="store the clip, or rename it"):
        journal.add(strange, analysed(), store=False)
    journal.add(strange, analysed())
    (entry,) = journal.entries()
    assert entry.clip.name == "caf\\udce9.mp4"
    assert journal.problems() == []


def test_only_the_owner_can_read_a_journal(journal, clip, analysed, apexes):
    journal.add(clip, analysed(), apexes)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (journal.folder, *journal.folder.rglob("*"))}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_what_was_deleted_is_in_no_byte_of_the_journal(journal, clip, analysed, apexes):
    note = "a secret that nobody may read"
    kept = journal.add(clip, analysed(), note="another day")
    gone = journal.add(clip, analysed(), apexes, note=note * 200)
    linked = Path(f"{journal.folder}-link")
    os.link(gone.clip.path, linked)
    assert note.encode() in bytes_of(journal.folder)
    journal.delete(gone.entry_id)
    left = bytes_of(journal.folder)
    assert note.encode() not in left
    assert gone.entry_id.encode() not in left
    assert apexes[0].picture not in left
    assert set(linked.read_bytes()) == {0}, "the clip's own blocks were overwritten, not only unlinked"
    assert [entry.entry_id for entry in journal.entries()] == [kept.entry_id]


def test_an_edited_note_leaves_nothing_of_the_old_one(journal, clip, analysed):
    entry = journal.add(clip, analysed(), day="2026-11-03", note="the old secret")
    edited = journal.edit(entry.entry_id[:6], note="new")
    assert (edited.note, edited.day, edited.revision) == ("new", entry.day, 2)
    assert b"the old secret" not in bytes_of(journal.folder)
    assert journal.edit(entry.entry_id, note="").note == ""


def test_an_edit_of_what_another_process_changed_meanwhile_is_refused(journal, clip, analysed):
    entry = journal.add(clip, analysed(), note="mine")
    with Journal(journal.folder) as other:
        other.edit(entry.entry_id, note="theirs", revision=entry.revision)
    with pytest.raises(JournalError, match="changed meanwhile"):
        journal.edit(entry.entry_id, note="mine too", revision=entry.revision)
    assert journal.entry(entry.entry_id).note == "theirs"


@pytest.mark.parametrize("wanted", ["ffff", "", "zz", "' OR 1", "*", "[0-9][0-9][0-9][0-9]"])
def test_an_id_that_is_none_is_refused(journal, clip, analysed, wanted):
    journal.add(clip, analysed())
    with pytest.raises(JournalError, match="entry"):
        journal.delete(wanted)
    assert len(journal) == 1


@pytest.mark.parametrize(
    ("name", "value"), [("day", "yesterday"), ("day", "2026-02-30"), ("note", "x" * 20_001), ("note", "\ud800")]
)
def test_a_wrong_day_or_note_is_refused_and_nothing_is_added(journal, clip, analysed, name, value):
    with pytest.raises(JournalError, match=f"{'date' if name == 'day' else name}: expected"):
        journal.add(clip, analysed(), **{name: value})
    assert bytes_of(journal.clips) == b""
    assert len(journal) == 0


def test_an_entry_that_does_not_fit_on_the_disk_leaves_nothing(journal, clip, analysed):
    journal.add(clip, analysed(), note="before")
    clip.write_bytes(b"x" * 3_000_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        with pytest.raises(JournalError, match="cannot be copied into the journal"):
            journal.add(clip, analysed())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [entry.note for entry in journal.entries()] == ["before"]
    assert len(list(journal.clips.iterdir())) == 1
    assert journal.problems() == []


def test_a_file_that_is_no_journal_is_refused_and_left_alone(tmp_path):
    for name, content in (("text", b"no database" * 100), ("other", None)):
        folder = tmp_path / name
        folder.mkdir()
        path = folder / "journal.db"
        if content is None:
            with sqlite3.connect(path) as other:
                other.execute("CREATE TABLE theirs (x)")
        else:
            path.write_bytes(content)
        before = path.read_bytes()
        with pytest.raises(JournalError, match="expected a journal, found"):
            Journal(folder)
        assert path.read_bytes() == before


def test_a_journal_of_a_newer_version_is_refused(journal):
    journal.connection.execute("PRAGMA user_version = 99")
    with pytest.raises(JournalError, match="version 99.*update emo-utils"):
        Journal(journal.folder)


def test_a_migration_is_applied_once_and_one_that_fails_changes_nothing(journal, clip, analysed):
    entry = journal.add(clip, analysed(), note="kept")
    path = journal.folder / "journal.db"
    broken = (*MIGRATIONS, ("ALTER TABLE entries ADD COLUMN place TEXT", "ALTER TABLE absent ADD COLUMN x"))
    with pytest.raises(JournalError, match="no such table: absent"):
        open_database(path, broken)
    assert journal.connection.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)
    better = (*MIGRATIONS, ("ALTER TABLE entries ADD COLUMN place TEXT NOT NULL DEFAULT 'here'",))
    for _ in range(2):
        opened = open_database(path, better)
        assert opened.execute("SELECT note, place FROM entries").fetchall() == [("kept", "here")]
        opened.close()
    assert entry.entry_id


def test_threads_with_journals_of_their_own_lose_no_entry(tmp_path, clip, analysed):
    """Each opens the journal at the same moment, while it does not exist yet."""

    def write(number: int) -> list[str]:
        with Journal(tmp_path / "shared") as own:
            return [own.add(clip, analysed(), note=f"{number}").entry_id for _ in range(5)]

    with ThreadPoolExecutor(4) as pool:
        added = [entry_id for ids in pool.map(write, range(4)) for entry_id in ids]
    with Journal(tmp_path / "shared") as journal:
        assert {entry.entry_id for entry in journal.entries()} == set(added)
        assert journal.problems() == []


def test_a_clip_without_an_entry_is_cleared_but_not_while_another_process_writes(journal):
    stray = journal.clips / ("0" * 32 + ".mp4")
    stray.write_bytes(b"half")
    journal.connection.execute("BEGIN IMMEDIATE")
    Journal(journal.folder).close()
    assert stray.exists()
    journal.connection.execute("ROLLBACK")
    Journal(journal.folder).close()
    assert not stray.exists()


def test_problems_name_a_clip_that_is_missing_or_changed(journal, clip, analysed):
    first, second = (journal.add(clip, analysed()) for _ in range(2))
    first.clip.path.unlink()
    second.clip.path.write_bytes(b"other")
    assert [text.split(":")[0] for text in journal.problems()] == [f"entry {one.short_id}" for one in journal.entries()]


def test_a_journal_killed_while_entries_are_added_loses_none_and_has_no_half_one():
    command = [sys.executable, ROOT / "benchmarks" / "journal_kills.py", "--kills", "5"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert (found["kills"], found["lost"], found["problems"]) == (10, 0, 0)
    assert found["entries"] >= 10
