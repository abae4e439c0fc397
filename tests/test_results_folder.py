"""Folders of results: what this package wrote is replaced, what anybody else wrote is not, whenever a process dies."""

import os
from pathlib import Path

import pytest

from emo_utils.errors import OutputError
from emo_utils.locks import LOCK, only_process
from emo_utils.results_folder import (
    DONE,
    LANDING,
    LISTING,
    Listing,
    SourceFile,
    land,
    new_part,
    read_listing,
    sweep,
)


@pytest.fixture
def clip(tmp_path) -> Path:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"a clip")
    return path


@pytest.fixture
def out(tmp_path) -> Path:
    return tmp_path / "results" / "clip"


def put(out: Path, clip: Path, files: dict[str, str], request: str = "first") -> list[str]:
    """Land files as a run would."""
    out.parent.mkdir(exist_ok=True)
    part = new_part(out.parent, out.name)
    for name, text in files.items():
        (part / name).parent.mkdir(parents=True, exist_ok=True)
        (part / name).write_text(text)
    return land(part, out, Listing(SourceFile.of(clip), request))


def held(out: Path) -> dict[str, str]:
    files = (path for path in out.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(out).as_posix(): path.read_text() for path in files}


def test_new_results_replace_old_ones_and_what_is_no_longer_written_goes(out, clip):
    put(out, clip, {"timeline.csv": "1", "apex/1_01.png": "1", "apex/1_02.png": "1", "charts/line.png": "1"})
    put(out, clip, {"timeline.csv": "2", "apex/1_01.png": "2"})
    assert held(out) == {"timeline.csv": "2", "apex/1_01.png": "2"}
    assert not (out / "charts").exists()
    assert read_listing(out).status == DONE
    assert [path.name for path in out.parent.iterdir()] == ["clip"]


def test_files_of_the_user_stay_and_a_corrected_one_keeps_its_name(out, clip):
    put(out, clip, {"timeline.csv": "1", "segments.csv": "1", "apex/1_01.png": "1"})
    (out / "notes.txt").write_text("mine")
    (out / "apex" / "best.png").write_text("mine")
    (out / "segments.csv").write_text("corrected")
    (out / "annotated.mp4").write_text("mine, cut")
    files = {"timeline.csv": "2", "segments.csv": "2", "annotated.mp4": "2"}
    assert put(out, clip, files) == ["annotated.new.mp4", "segments.new.csv"]
    expected = {
        "timeline.csv": "2",
        "segments.csv": "corrected",
        "segments.new.csv": "2",
        "annotated.mp4": "mine, cut",
        "annotated.new.mp4": "2",
        "notes.txt": "mine",
        "apex/best.png": "mine",
    }
    assert held(out) == expected
    put(out, clip, files)
    assert held(out) == expected, "ours beside it is replaced, and they do not pile up"
    (out / "segments.new.csv").write_text("corrected too")
    put(out, clip, files)
    assert held(out) == expected | {"segments.new.csv": "corrected too", "segments.new2.csv": "2"}


@pytest.mark.parametrize("steps", range(6))
def test_a_process_that_dies_while_results_land_leaves_what_can_be_landed_again(out, clip, monkeypatch, steps):
    put(out, clip, {"timeline.csv": "1", "charts/line.png": "1", "charts/bar.png": "1"})
    (out / "notes.txt").write_text("mine")
    new = {"timeline.csv": "2", "charts/line.png": "2", "segments.csv": "2"}
    left, move, remove = [steps], os.replace, Path.unlink

    def counted(function):
        def one(*arguments, **options):
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            return function(*arguments, **options)

        return one

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", counted(move))
        patch.setattr(Path, "unlink", counted(remove))
        with pytest.raises(KeyboardInterrupt):
            put(out, clip, new)
    assert read_listing(out).status in (DONE, LANDING)
    assert {"1", "2", "mine"} >= set(held(out).values())
    sweep(out.parent)
    assert put(out, clip, new) == [], "a file of the first attempt was taken for the user's"
    assert held(out) == {**new, "notes.txt": "mine"}


def test_what_killed_processes_left_is_removed_and_nothing_else(out, clip):
    put(out, clip, {"timeline.csv": "1"})
    stale = [
        new_part(out.parent, "other"),
        out.parent / ".manifest.csv.0123abcd.part.csv",
        out / f".{LISTING}.0123abcd.part",
    ]
    stale[0].mkdir()
    for path in stale[1:]:
        path.write_text("half")
    kept = [out.parent / "my.part", out.parent / ".hidden", out.parent / ".movie.part", out / "b.0123abcd.part"]
    for path in kept:
        path.write_text("mine")
    sweep(out.parent)
    assert not any(path.exists() for path in stale)
    assert all(path.exists() for path in kept)


def test_a_file_is_the_same_by_its_bytes_wherever_it_is(clip, tmp_path):
    source = SourceFile.of(clip)
    os.utime(clip, (1, 1))
    assert source.unchanged(clip)
    assert source.same_clip(clip)
    moved = tmp_path / "elsewhere" / "clip.mp4"
    moved.parent.mkdir()
    moved.write_bytes(b"a clip")
    assert source.same_clip(moved)
    moved.write_bytes(b"b clip")
    assert not source.same_clip(moved), "as long, other bytes"
    clip.write_bytes(b"another version")
    assert source.same_clip(clip)
    assert not source.unchanged(clip)


def test_the_second_process_is_told_who_the_first_is_and_a_lock_left_over_does_no_harm(tmp_path):
    out = tmp_path / "new" / "out"
    with only_process(out, "emo analyze"):
        said = rf"being written by emo analyze, process {os.getpid()} on"
        with pytest.raises(OutputError, match=said), only_process(out, "emo analyze"):
            pass
        (out / "timeline.csv").write_text("1")
    assert [path.name for path in out.iterdir()] == ["timeline.csv"]
    (out / LOCK).write_text("emo analyze, process 1, killed long ago")
    with only_process(out, "emo analyze"):
        pass
    with only_process(tmp_path / "a" / "b", "emo analyze"):
        pass
    assert not (tmp_path / "a").exists(), "nothing was written, nothing is left"
    with pytest.raises(OutputError, match="cannot be written"), only_process(Path("/proc/out"), "emo analyze"):
        pass
