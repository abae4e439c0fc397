"""Export and import: the same journal comes back, and an archive of a stranger does no harm."""

import json
import stat
import zipfile

import pytest

from emo_utils.errors import JournalError
from emo_utils.journal.archive import export_journal
from emo_utils.journal.encryption import is_encrypted
from emo_utils.journal.journal import Journal
from emo_utils.journal.restore import import_journal


@pytest.fixture
def full(journal, clip, analysed, apexes):
    """Two entries: a stored clip with pictures, a referenced clip."""
    journal.add(clip, analysed("fear"), apexes, day="2026-11-03", note="=SUM(1)")
    journal.add(clip, analysed("anger"), day="2026-11-04", store=False)
    return journal


@pytest.fixture
def other(tmp_path):
    with Journal(tmp_path / "other") as opened:
        yield opened


def described(journal):
    return [
        (entry.entry_id, entry.day, entry.note, entry.revision, entry.changed, entry.clip.name, entry.clip.sha256,
         entry.analysis.log_mean.tolist(), [one.picture for one in journal.apexes(entry)])
        for entry in journal.entries()
    ]  # fmt: skip


@pytest.mark.parametrize("passphrase", [None, "correct horse"])
def test_an_export_is_imported_as_the_same_journal(full, other, tmp_path, clip, passphrase):
    path = tmp_path / "diary.zip"
    assert export_journal(full, path, passphrase=passphrase) == 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert is_encrypted(path) == (passphrase is not None)
    done = import_journal(other, path, passphrase=passphrase)
    assert (done.added, done.known) == (2, 0)
    assert described(other) == described(full)
    assert all(entry.clip.path.read_bytes() == clip.read_bytes() for entry in other.entries())
    assert other.problems() == []
    again = import_journal(other, path, passphrase=passphrase)
    assert (again.added, again.known) == (0, 2)
    assert [one.name for one in tmp_path.iterdir() if "part" in one.name] == []


def test_an_encrypted_export_shows_nothing_and_opens_with_its_passphrase_only(full, other, tmp_path, clip):
    path = tmp_path / "diary.zip"
    export_journal(full, path, passphrase="correct horse")
    data = path.read_bytes()
    assert clip.read_bytes()[:100] not in data
    assert b"holiday" not in data
    for wrong in ("wrong horse", ""):
        with pytest.raises(JournalError, match="cannot be decrypted"):
            import_journal(other, path, passphrase=wrong)
    with pytest.raises(JournalError, match="expected a passphrase"):
        import_journal(other, path)
    broken = bytearray(data)
    broken[-300] ^= 1  # in the encrypted part, before the directory of the zip
    path.write_bytes(broken)
    with pytest.raises(JournalError, match="damaged"):
        import_journal(other, path, passphrase="correct horse")
    assert len(other) == 0
    with pytest.raises(JournalError, match="at least 8 characters"):
        export_journal(full, tmp_path / "weak.zip", passphrase="short")
    assert not (tmp_path / "weak.zip").exists()


def test_an_export_without_clips_gives_entries_without_clips(full, other, tmp_path):
    export_journal(full, tmp_path / "small.zip", clips=False)
    import_journal(other, tmp_path / "small.zip")
    assert {(entry.clip.kind, entry.clip.path) for entry in other.entries()} == {("absent", None)}


def test_the_table_of_an_export_holds_no_formula_and_no_path_of_this_machine(full, tmp_path):
    export_journal(full, tmp_path / "diary.zip")
    with zipfile.ZipFile(tmp_path / "diary.zip") as archive:
        table, index = archive.read("entries.csv").decode(), archive.read("journal.json").decode()
    assert "'=SUM(1)" in table
    assert str(tmp_path) not in table + index


def rewritten(path, change=lambda index: None, members=lambda files: None, infos=lambda info: None):
    """Write an archive again with changes to its index, its members, or what a member says of itself."""
    with zipfile.ZipFile(path) as archive:
        files = {info.filename: archive.read(info) for info in archive.infolist()}
    index = json.loads(files["journal.json"])
    change(index)
    files["journal.json"] = json.dumps(index).encode()
    members(files)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            infos(info)
            archive.writestr(info, data)


def first(index):
    return index["entries"][0]


def make_links(info):
    if info.filename.startswith("clips/"):
        info.external_attr = (stat.S_IFLNK | 0o777) << 16


def fill_clip(files):
    name = next(name for name in files if name.startswith("clips/"))
    files[name] = bytes(50_000_000)


def damage_clip(files):
    name = next(name for name in files if name.startswith("clips/"))
    files[name] = files[name][:-1] + b"?"


HOSTILE = {
    "no id": {"change": lambda index: first(index).update(entry_id="../../../etc/cron.d/x")},
    "id of another length": {"change": lambda index: first(index).update(entry_id="ab" * 17)},
    "no numbers": {"change": lambda index: first(index)["analysis"].update(probabilities=[float("nan")] * 8)},
    "unknown emotion": {"change": lambda index: first(index)["analysis"]["classes"].__setitem__(0, "<script>")},
    "another attribute": {"change": lambda index: first(index)["analysis"].update(evil=1)},
    "another version": {"change": lambda index: index.update(version=7)},
    "no list": {"change": lambda index: index.update(entries=5)},
    "a long note": {"change": lambda index: first(index).update(note="x" * 30_000)},
    "no day": {"change": lambda index: first(index).update(day="2026-13-01")},
    "no time": {"change": lambda index: first(index).update(created="now")},
    "links": {"infos": make_links},
    "a bomb": {"members": fill_clip},
    "a damaged clip": {"members": damage_clip},
    "a missing clip": {"members": lambda files: [files.pop(name) for name in list(files) if "clips" in name]},
    "no picture": {"members": lambda files: files.update({n: b"<svg onload=1>" for n in files if "apexes" in n})},
    "no index": {"members": lambda files: files.pop("journal.json")},
    "deep nesting": {"members": lambda files: files.update({"journal.json": b"[" * 200_000})},
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_archive_is_refused_and_the_journal_is_unchanged(full, other, tmp_path, kind):
    path = tmp_path / "diary.zip"
    export_journal(full, path)
    rewritten(path, **HOSTILE[kind])
    before = sorted(one for one in tmp_path.rglob("*") if "other" not in str(one))
    with pytest.raises(JournalError):
        import_journal(other, path)
    assert len(other) == 0
    assert list(other.clips.iterdir()) == []
    assert sorted(one for one in tmp_path.rglob("*") if "other" not in str(one)) == before


@pytest.mark.parametrize("name", ["../out.txt", "/etc/out.txt", "clips/../../out.txt", "C:\\out.txt"])
def test_members_that_no_export_has_are_never_written(full, other, tmp_path, name):
    path = tmp_path / "diary.zip"
    export_journal(full, path)
    rewritten(path, members=lambda files: files.update({name: b"evil"}))
    import_journal(other, path)
    assert not [one for one in tmp_path.rglob("*") if "out.txt" in one.name]
    assert len(list(other.clips.iterdir())) == 2


def test_the_name_of_a_clip_is_cut_to_its_last_part(full, other, tmp_path):
    path = tmp_path / "diary.zip"
    export_journal(full, path, clips=False)
    rewritten(path, change=lambda index: first(index)["clip"].update(name="/root/../x.mp4"))
    import_journal(other, path)
    assert other.entries()[0].clip.name == "x.mp4"


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04" + bytes(100)])
def test_a_file_that_is_no_archive_is_refused(other, tmp_path, content):
    path = tmp_path / "diary.zip"
    path.write_bytes(content)
    with pytest.raises(JournalError, match="diary.zip"):
        import_journal(other, path)
