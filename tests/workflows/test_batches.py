"""Runs over many clips: what is finished is kept, whatever ends the run, and is not read again."""

import csv
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tiny_clips import QUICK, results_of, write_tiny_clips

from emo_utils.errors import EmoError, OutputError, Stopped, VideoError
from emo_utils.inference.options import AnalysisOptions
from emo_utils.video_writer import write_video
from emo_utils.workflows.analyze import analyze_clips
from emo_utils.workflows.analyzer import Analyzer

NOBODY = AnalysisOptions(identity_weights="none", segments=False)


def rows_of(out: Path) -> dict[str, dict]:
    with (out / "manifest.csv").open(newline="") as file:
        return {Path(row["clip"]).name: row for row in csv.DictReader(file)}


def in_folders(results: dict[str, bytes]) -> dict[str, bytes]:
    """The results of single clips, without the tables over all of them."""
    return {name: data for name, data in results.items() if "/" in name}


def leftovers(out: Path) -> list[str]:
    return [path.name for path in out.rglob("*") if ".part" in path.name or path.name == ".emo.lock"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("batch") / "clips"
    write_tiny_clips(folder, 4)
    return folder


@pytest.fixture(scope="module")
def unbroken(folder, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("unbroken") / "out"
    analyze_clips([folder], out, NOBODY, **QUICK)
    return out


def test_each_clip_lands_when_it_is_done_and_the_manifest_says_what_waits(folder, tmp_path):
    seen = []

    def look(result, so_far):
        rows = rows_of(tmp_path / "out")
        seen.append([row["status"] for row in rows.values()])
        assert (result.folder / "timeline.csv").exists()
        assert (so_far.done, so_far.total) == (len(seen), 4)

    analyze_clips([folder], tmp_path / "out", NOBODY, **QUICK, on_result=look)
    assert seen[1] == ["ok", "ok", "waiting", "waiting"]
    assert seen[3] == ["ok"] * 4
    assert leftovers(tmp_path / "out") == []


def test_a_run_that_is_broken_off_goes_on_where_it_was(folder, unbroken, tmp_path):
    out = tmp_path / "out"

    def stop(result, so_far):
        if so_far.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(Stopped, match="2 of 4 clips are finished and kept, 2 remain: give the same command again"):
        analyze_clips([folder], out, NOBODY, **QUICK, on_result=stop)
    assert leftovers(out) == []
    before = {path: path.stat().st_mtime_ns for path in out.glob("*/timeline.csv")}
    results = analyze_clips([folder], out, NOBODY, **QUICK)
    assert [result.read_before for result in results] == [True, True, False, False]
    assert {path: path.stat().st_mtime_ns for path in before} == before, "a finished clip was read twice"
    assert results_of(out) == results_of(unbroken)
    assert {row["status"] for row in rows_of(out).values()} == {"ok"}


RUN = """
import sys
from emo_utils.apps.cli import main
sys.argv = ["emo", "analyze", sys.argv[1], "--out", sys.argv[2], "--outputs", "summary", "--no-segments",
            "--identity-weights", "none"]
main()
"""


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_process_that_is_stopped_leaves_what_is_finished_and_nothing_half(kind, unbroken, tmp_path):
    write_tiny_clips(tmp_path / "clips", 16)
    out = tmp_path / "out"
    command = [sys.executable, "-c", RUN, str(tmp_path / "clips"), str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.readline()  # the first clip is done
        process.send_signal(kind)
        _, errors = process.communicate(timeout=120)
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGKILL: -9}[kind]
    done = sorted(out.glob("*/timeline.csv"))
    assert 1 <= len(done) < 16
    if kind != signal.SIGKILL:
        assert f"stopped; {len(done)} of 16 clips are finished and kept, {16 - len(done)} remain" in errors
        assert leftovers(out) == []
    before = {path: path.stat().st_mtime_ns for path in done}
    results = analyze_clips([tmp_path / "clips"], out, NOBODY, **QUICK)
    assert sum(result.read_before for result in results) == len(done)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert leftovers(out) == []
    same = {name: data for name, data in results_of(out).items() if name[:3] in ("c00", "c01", "c02", "c03")}
    assert same == in_folders(results_of(unbroken))


def test_a_failed_clip_is_tried_again_and_a_finished_one_is_not(folder, tmp_path):
    clips, out = tmp_path / "clips", tmp_path / "out"
    _, bad = write_tiny_clips(clips, 2)
    content = bad.read_bytes()
    bad.write_text("no video")
    first = analyze_clips([clips], out, NOBODY, **QUICK)
    assert [result.status for result in first] == ["ok", "failed"]
    assert "is a text file, not a video" in rows_of(out)["c01.mp4"]["reason"]
    assert not (out / "c01").exists()
    bad.write_bytes(content)
    again = analyze_clips([clips], out, NOBODY, **QUICK)
    assert [(result.status, result.read_before) for result in again] == [("ok", True), ("ok", False)]
    redone = analyze_clips([clips], out, NOBODY, **QUICK, redo=True)
    assert not any(result.read_before for result in redone)


def test_other_options_or_another_file_need_overwrite(folder, tmp_path):
    clips, out = tmp_path / "clips", tmp_path / "out"
    write_tiny_clips(clips, 2)
    analyze_clips([clips], out, NOBODY, **QUICK)
    other = AnalysisOptions(identity_weights="none", segments=False, smoothing="none")
    with pytest.raises(OutputError, match=r"results of 2 of these clips .* \(c00, c01\); choose another"):
        analyze_clips([clips], out, other, **QUICK)
    os.utime(clips / "c00.mp4")  # the same bytes: the same file
    assert all(result.read_before for result in analyze_clips([clips], out, NOBODY, **QUICK))
    (clips / "c01.mp4").write_bytes((clips / "c00.mp4").read_bytes())
    with pytest.raises(OutputError, match=r"1 of these clips .*another version of the file \(c01\)"):
        analyze_clips([clips], out, NOBODY, **QUICK)
    replaced = analyze_clips([clips], out, NOBODY, **QUICK, overwrite=True)
    assert [result.read_before for result in replaced] == [True, False], "what is still right is not read again"


def test_another_clips_results_in_the_same_folder_stay(folder, tmp_path):
    out = tmp_path / "out"
    write_tiny_clips(tmp_path / "one", 2)
    other = write_tiny_clips(tmp_path / "two", 3)
    other[0].write_bytes(other[2].read_bytes())  # c00 again, another clip; c01 is the same one in another folder
    analyze_clips([tmp_path / "one"], out, NOBODY, **QUICK)
    before = results_of(out)
    analyze_clips([tmp_path / "two"], out, NOBODY, **QUICK, overwrite=True)
    assert in_folders(before).items() <= results_of(out).items()
    assert sorted(path.name for path in out.iterdir() if path.is_dir()) == ["c00", "c00_2", "c01", "c02"]
    with (out / "manifest.csv").open() as file:
        assert [Path(row["clip"]).parent.name for row in csv.DictReader(file)] == ["two"] * 3 + ["one"] * 2
    again = analyze_clips([tmp_path / "two"], out, NOBODY, **QUICK)
    assert all(result.read_before for result in again)


def test_every_file_that_is_passed_over_is_named_with_the_reason(tmp_path):
    clips, out = tmp_path / "clips", tmp_path / "out"
    write_tiny_clips(clips / "more", 1)
    (clip,) = write_tiny_clips(clips, 1)
    for name in ("notes.txt", "face.JPG", "tape.xyz", ".hidden.mp4"):
        (clips / name).write_text("x")
    (clips / "gone.mp4").symlink_to(clips / "nowhere.mp4")
    (clips / "linked").symlink_to(clips / "more")
    analyze_clips([clips], out, NOBODY, **QUICK)
    reasons = {name: row["reason"] for name, row in rows_of(out).items() if row["status"] == "passed over"}
    assert reasons == {
        "notes.txt": "not known as a video (ends in .txt); name the file itself to have it read",
        "face.JPG": "a picture, not a video",
        "tape.xyz": "not known as a video (ends in .xyz); name the file itself to have it read",
        ".hidden.mp4": "a hidden file",
        "gone.mp4": "a link to a file that is not there",
        "more": "a subfolder; --recursive looks into it",
        "linked": "a subfolder; --recursive looks into it",
    }
    deep = analyze_clips([clips], clips / "out", NOBODY, **QUICK, recursive=True)
    assert [result.clip.relative_to(clips).as_posix() for result in deep] == ["c00.mp4", "linked/c00.mp4"], "once"
    assert clip.exists()


def test_workers_give_the_same_results(folder, unbroken, tmp_path):
    out = tmp_path / "out"
    results = analyze_clips([folder], out, NOBODY, **QUICK, workers=2)
    assert [result.clip.name for result in results] == ["c00.mp4", "c01.mp4", "c02.mp4", "c03.mp4"]
    assert results_of(out) == results_of(unbroken)
    assert leftovers(out) == []


def test_a_second_run_into_the_same_folder_is_refused_by_the_name_of_the_first(folder, tmp_path):
    out = tmp_path / "out"

    def second(result, so_far):
        with pytest.raises(OutputError, match=rf"is being written by emo analyze, process {os.getpid()} on .*, since"):
            analyze_clips([folder], out, NOBODY, **QUICK)

    analyze_clips([folder], out, NOBODY, **QUICK, on_result=second)


@pytest.mark.parametrize("out", ["clips", "."])
@pytest.mark.parametrize("overwrite", [True, False])
def test_results_never_go_where_the_inputs_are(tmp_path, out, overwrite):
    (clip,) = write_tiny_clips(tmp_path / "clips", 1)
    content = clip.read_bytes()
    with pytest.raises(OutputError, match="lies in the folder for the results"):
        analyze_clips([clip.parent], tmp_path / out, NOBODY, **QUICK, overwrite=overwrite)
    link = tmp_path / "elsewhere"
    link.symlink_to(clip.parent)
    with pytest.raises(OutputError, match="lies in the folder for the results"):
        analyze_clips([clip], link, NOBODY, **QUICK, overwrite=overwrite)
    assert clip.read_bytes() == content


def test_a_wrong_request_is_refused_before_anything_is_written(folder, tmp_path):
    with pytest.raises(VideoError, match="--recursive looks into its subfolders too"):
        analyze_clips([folder.parent], tmp_path / "out", NOBODY, **QUICK)
    with pytest.raises(EmoError, match="--workers counts processes of this machine"):
        analyze_clips([folder], tmp_path / "out", NOBODY, **QUICK, workers=2, scheduler="tcp://x:1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("way", ["one clip", "a folder", "save"])
def test_overwriting_leaves_every_file_that_is_not_ours(tmp_path, way):
    (clip,) = write_tiny_clips(tmp_path / "clips", 1)
    out = tmp_path / "out"
    other = NOBODY.changed({"smoothing": "none"})

    def run(options, **overwrite):
        if way == "save":
            Analyzer(options=options).analyze(clip, progress=False).save(out, ["summary"], progress=False, **overwrite)
        else:
            analyze_clips([clip if way == "one clip" else clip.parent], out, options, **QUICK, **overwrite)
        return out / "c00" if way == "a folder" else out

    inside = run(NOBODY)
    mine = {out / "notes.txt": "mine", out / "thesis" / "c1.tex": "mine", inside / "notes.txt": "mine"}
    mine[inside / "summary.json"] = '"corrected"'
    for path, text in mine.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    with pytest.raises(OutputError, match="give --overwrite"):
        run(other)
    run(other, overwrite=True)
    assert {path: path.read_text() for path in mine} == mine
    assert '"smoothing": "none"' in (inside / "summary.new.json").read_text()
    assert leftovers(out) == []


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_folder_that_we_did_not_make_is_left_alone(tmp_path, overwrite):
    (clip,) = write_tiny_clips(tmp_path / "clips", 1)
    out = tmp_path / "out"
    out.mkdir()
    (out / "timeline.csv").write_text("mine")
    said = "did not make, such as timeline.csv" if overwrite else "exists already and is not empty; choose another"
    with pytest.raises(OutputError, match=said):
        analyze_clips([clip], out, NOBODY, **QUICK, overwrite=overwrite)
    with pytest.raises(OutputError, match=said):
        analyze_clips([clip.parent], out, NOBODY, **QUICK, overwrite=overwrite)
    assert [path.read_text() for path in out.iterdir()] == ["mine"]


def test_a_full_disk_ends_the_run_with_a_sentence_and_keeps_what_is_finished(folder, tmp_path):
    out = tmp_path / "out"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill_the_disk(result, so_far):
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))

    try:
        with pytest.raises(OutputError, match=r"cannot be written: File too large.*1 of 4 clips are finished and kept"):
            analyze_clips([folder], out, NOBODY, **QUICK, on_result=fill_the_disk)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert leftovers(out) == []
    assert [result.read_before for result in analyze_clips([folder], out, NOBODY, **QUICK)] == [True] + [False] * 3


def test_results_of_a_version_that_kept_no_list_can_be_replaced_but_not_what_was_changed_since(tmp_path):
    (clip,) = write_tiny_clips(tmp_path / "clips", 1)
    out = tmp_path / "out"
    analyze_clips([clip], out, NOBODY, **QUICK)
    (out / ".emo-results.json").unlink()
    (out / "notes.txt").write_text("mine")
    (out / "summary.json").write_text("corrected")
    later = (out / "analysis.log").stat().st_mtime + 60
    os.utime(out / "summary.json", (later, later))
    (out / "timeline.csv").write_text("old")
    os.utime(out / "timeline.csv", (1, 1))
    with pytest.raises(OutputError, match="exists already and is not empty"):
        analyze_clips([clip], out, NOBODY, **QUICK)
    analyze_clips([clip], out, NOBODY, **QUICK, overwrite=True)
    assert (out / "timeline.csv").read_text() != "old"
    assert (out / "summary.json").read_text() == "corrected"
    names = {".emo-results.json", "analysis.log", "notes.txt", "summary.json", "summary.new.json", "timeline.csv"}
    assert {path.name for path in out.iterdir()} == names


def test_a_picture_that_does_not_fit_on_the_disk_ends_with_3_and_the_clip_is_tried_again(emo, tmp_path):
    clips, out = tmp_path / "clips", tmp_path / "out"
    clips.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (4, 240, 320, 3), dtype=np.uint8)
    write_video(clips / "noise.mp4", noise, 25)
    request = ("analyze", clips, "--out", out, "--outputs", "summary,annotated", "--no-segments")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, limits[1]))
        code, said, _ = emo(*request)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert code == 3
    assert "MISSING: annotated (" in said
    row = rows_of(out)["noise.mp4"]
    assert row["status"] == "ok"
    assert row["reason"].startswith("read, but without annotated (")
    assert (out / "noise" / "timeline.csv").exists()
    assert not (out / "noise" / "annotated.mp4").exists()
    code, said, _ = emo(*request)
    assert (code, (out / "noise" / "annotated.mp4").exists()) == (0, True)
    code, said, _ = emo(*request)
    assert "finished before" in said
