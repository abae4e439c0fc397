"""Tables over a run: current while clips land, the same when they are collected, and never over files of the user."""

import json
import shutil
import subprocess

import pandas as pd
import pytest
from studies import known_segment, known_timeline, write_finished
from tiny_clips import QUICK, results_of, write_tiny_clips

from emo_utils.errors import EmoError, EventsError
from emo_utils.inference.options import AnalysisOptions
from emo_utils.reports.studies.tables import FILES
from emo_utils.timeline import Timeline
from emo_utils.workflows.analyze import analyze_clips
from emo_utils.workflows.clip_manifest import read_rows
from emo_utils.workflows.collect import collect, settings_of
from emo_utils.workflows.run_tables import RunTables, StudySettings, finished_folders

NOBODY = AnalysisOptions(identity_weights="none", segments=False)
SMILE = ["neutral"] * 10 + ["happiness"] * 10


def tables_of(out) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in out.iterdir() if path.name in FILES}


@pytest.fixture
def run(tmp_path):
    """Three clips of two people; the last one without segments and with a class of its own order."""
    out = tmp_path / "out"
    write_finished(out, "01-a.mp4", known_timeline({1: SMILE}), [known_segment(1, 9, 12, 18, "happiness")])
    write_finished(out, "01-b.mp4", known_timeline({1: SMILE[::-1], 2: ["anger"] * 5}))
    write_finished(out, "02-a.mp4", known_timeline({1: ["anger"] * 20}, measures={"valence": [0.5] * 20}), None)
    return out


def test_the_tables_hold_every_clip_and_fit_each_other(run):
    done = collect(run, subject=r"(\d\d)-")
    assert done.clips == 3
    people = pd.read_csv(run / "people.csv", dtype={"subject": str})
    assert people[["clip", "subject", "person_id"]].fillna("").values.tolist() == [
        ["01-a.mp4", "01", 1], ["01-b.mp4", "01", 1], ["01-b.mp4", "", 2], ["02-a.mp4", "02", 1],
    ]  # fmt: skip
    assert people["mean_valence"].isna().tolist() == [True, True, True, False]
    assert people["segments"].isna().tolist() == [False, False, False, True]
    long = pd.read_csv(run / "people_long.csv")
    assert len(long) == 3 * len(people)
    assert long["share"].sum() == pytest.approx(len(people))
    timeline = pd.read_parquet(run / "timeline.parquet")
    assert len(timeline) == sum(len(pd.read_csv(folder / "timeline.csv")) for folder in finished_folders(run))
    assert timeline["subject"].unique().tolist() == ["01", "", "02"]
    own = timeline[timeline["clip"] == "02-a.mp4"].drop(columns=["clip", "subject"])
    pd.testing.assert_frame_equal(
        own.reset_index(drop=True), Timeline.load(run / "02-a" / "timeline.csv").table, check_dtype=False
    )
    assert pd.read_csv(run / "segments.csv")[["clip", "emotion"]].values.tolist() == [["01-a.mp4", "happiness"]]


def test_the_codebook_describes_every_column_of_every_table(run):
    trials = run.parent / "trials.csv"
    trials.write_text("clip,start_s,end_s,condition\n01-a,0.5,1,x\n")
    collect(run, events=trials, window=(-0.5, 0), more=["timeline.csv", "timeline_long.parquet"])
    codebook = pd.read_csv(run / "codebook.csv")
    for name in set(FILES) - {"codebook.csv"}:
        path = run / name
        table = pd.read_parquet(path) if name.endswith(".parquet") else pd.read_csv(path)
        rows = codebook[codebook["file"] == name].set_index("column")
        assert list(rows.index) == list(table.columns), name
        assert rows["meaning"].notna().all()
        numbers = [column for column in table.columns if rows["type"][column] in ("number", "whole number", "0 or 1")]
        for column in numbers:
            values = table[column].dropna()
            assert not len(values) or values.min() >= (rows["low"].fillna(-1e9)[column]), column
            assert not len(values) or values.max() <= (rows["high"].fillna(1e9)[column]) + 1e-9, column
    long = pd.read_parquet(run / "timeline_long.parquet")
    first = long[(long["clip"] == "01-a.mp4") & (long["frame_index"] == 0)].set_index("emotion")
    assert first["probability"].to_dict() == pytest.approx({"anger": 0.1, "happiness": 0.1, "neutral": 0.8})


def test_collecting_again_gives_the_same_bytes_with_the_settings_of_before(run):
    trials = run.parent / "trials.csv"
    trials.write_text("clip,start_s,end_s,condition\n01-a,0.5,1,x\n02-a,1,2,y\n")
    collect(run, events=trials, window=(-0.5, 0), subject=r"(\d\d)-", more=["timeline_long.parquet"])
    before = tables_of(run)
    trials.unlink()
    collect(run)
    assert tables_of(run) == before
    assert {"events.csv", "timeline_long.parquet"} <= set(before)


def test_clips_that_land_one_by_one_give_the_same_tables_in_any_order(run, tmp_path):
    collect(run)
    other = tmp_path / "other"
    other.mkdir()
    tables = RunTables(other, StudySettings())
    for folder in reversed(finished_folders(run)):
        shutil.copytree(folder, other / folder.name)
        tables.landed(other / folder.name)
        people = pd.read_csv(other / "people.csv")
        assert people["folder"].nunique() == len(finished_folders(other)), "current after each clip"
    assert tables_of(other) == tables_of(run)


def test_timelines_of_many_clips_are_written_again_only_where_a_tenth_is_new(tmp_path):
    tables, sizes = RunTables(tmp_path, StudySettings()), []
    for number in range(14):
        tables.landed(write_finished(tmp_path, f"c{number:02d}.mp4", known_timeline({1: ["neutral"]})))
        sizes.append(len(pd.read_parquet(tmp_path / "timeline.parquet")))
        assert len(pd.read_csv(tmp_path / "people.csv")) == number + 1
    assert sizes[:10] == list(range(1, 11))
    assert sizes[10:] == [11, 11, 13, 13]
    tables.write()
    assert len(pd.read_parquet(tmp_path / "timeline.parquet")) == 14


def test_a_table_of_the_user_stays(run):
    (run / "people.csv").write_text("mine")
    collect(run)
    assert (run / "people.csv").read_text() == "mine"
    ours = (run / "people.new.csv").read_bytes()
    collect(run)
    assert ((run / "people.csv").read_text(), (run / "people.new.csv").read_bytes()) == ("mine", ours)
    assert not (run / "people.new2.csv").exists()


def test_a_clip_that_cannot_be_used_is_named_and_the_others_are_there(run, emo):
    path = run / "01-a" / "timeline.csv"
    path.write_text(path.read_text().replace("smoothed_p_anger", "q", 1))
    code, said, _ = emo("collect", run, "--json")
    assert code == 3
    report = json.loads(said)
    assert report["clips"] == 2
    assert "not a timeline" in report["left_out"]["01-a"]
    assert "01-a.mp4" not in (run / "people.csv").read_text()


def test_wrong_requests_are_refused(run, tmp_path, emo):
    trials = tmp_path / "trials.csv"
    trials.write_text("clip,start_s,end_s\n03-a,0.5,1\n")
    with pytest.raises(EventsError, match="row 2: clip '03-a' is none of the 3 clips"):
        collect(run, events=trials)
    with pytest.raises(EmoError, match="--baseline-window corrects events; give --events FILE too"):
        settings_of(run, window=(-1.0, 0.0))
    with pytest.raises(EmoError, match="found the results of a single clip"):
        collect(run / "01-a")
    with pytest.raises(EmoError, match="found none"):
        collect(tmp_path)
    assert emo("collect", run, "--subject", "(")[0] == 2
    assert not tables_of(run)


def test_a_run_writes_its_tables_and_an_unbroken_one_the_same(tmp_path):
    clips = tmp_path / "clips"
    write_tiny_clips(clips, 3)

    def look(result, so_far):
        assert len(pd.read_parquet(tmp_path / "one" / "timeline.parquet")) == 4 * so_far.done
        if so_far.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(BaseException, match="2 of 3 clips are finished"):
        analyze_clips([clips], tmp_path / "one", NOBODY, **QUICK, on_result=look)
    analyze_clips([clips], tmp_path / "one", NOBODY, **QUICK)
    analyze_clips([clips], tmp_path / "two", NOBODY, **QUICK)
    assert results_of(tmp_path / "one") == results_of(tmp_path / "two")
    assert {"people.csv", "timeline.parquet", "codebook.csv"} <= set(tables_of(tmp_path / "one"))
    before = tables_of(tmp_path / "one")
    for name in before:
        (tmp_path / "one" / name).unlink()
    collect(tmp_path / "one")
    assert tables_of(tmp_path / "one") == before


def test_events_are_checked_before_the_first_clip_is_read(tmp_path, emo):
    (clip,) = write_tiny_clips(tmp_path / "clips", 1)
    trials, out = tmp_path / "trials.csv", tmp_path / "out"
    quick = ("--outputs", "summary", "--no-segments", "--identity-weights", "none", "--events", trials)
    for text, said in (("c01,0,0.1", "row 2: clip 'c01' is none of the 1 clips"), ("c00,0,9", "which ends at 0.1")):
        trials.write_text(f"clip,start_s,end_s\n{text}\n")
        code, _, errors = emo("analyze", clip.parent, "--out", out, *quick)
        assert code == 2
        assert said in errors
        assert not out.exists()
    trials.write_text("clip,start_s,end_s,cue\nc00,0,0.1,left\n")
    assert emo("analyze", clip.parent, "--out", out, *quick)[0] == 0
    assert pd.read_csv(out / "events.csv")["cue"].tolist() == ["left"]
    assert emo("analyze", clip, "--out", tmp_path / "single", *quick)[0] == 0
    assert (tmp_path / "single" / "events.csv").read_bytes() == (out / "events.csv").read_bytes()


R = r"""
library(readr)
for (name in c("people.csv", "people_long.csv", "segments.csv", "codebook.csv")) {
  table <- read_csv(file.path(commandArgs(TRUE)[1], name), show_col_types = FALSE)
  stopifnot(nrow(problems(table)) == 0)
  cat(name, nrow(table), ncol(table), names(table)[1], "\n")
}
people <- read_csv(file.path(commandArgs(TRUE)[1], "people.csv"), show_col_types = FALSE)
cat(sprintf("%.10f", mean(people$share_happiness)), sprintf("%.10f", sum(people$seen_s)), sum(is.na(people$segments)))
"""


def test_r_reads_the_same_figures(run, tmp_path):
    if shutil.which("Rscript") is None:
        pytest.skip("R is not installed")
    write_finished(run, "Jürgen.mp4", known_timeline({1: SMILE}))
    collect(run)
    script = tmp_path / "read.R"
    script.write_text(R)
    done = subprocess.run(["Rscript", str(script), str(run)], capture_output=True, text=True)
    if "there is no package called" in done.stderr:
        pytest.skip("R is here without readr")
    assert done.returncode == 0, done.stderr
    *shapes, figures = done.stdout.splitlines()
    for line in shapes:
        name, rows, columns, first = line.split()
        table = pd.read_csv(run / name)
        assert (int(rows), int(columns), first) == (*table.shape, table.columns[0])
    people = pd.read_csv(run / "people.csv")
    mean, seen, absent = figures.split()
    assert float(mean) == pytest.approx(people["share_happiness"].mean(), abs=1e-9)
    assert float(seen) == pytest.approx(people["seen_s"].sum(), abs=1e-9)
    assert int(absent) == people["segments"].isna().sum()


def test_no_result_names_a_folder_of_this_machine(tmp_path, monkeypatch):
    from emo_utils.inference.weights import find_weights

    clips, out = tmp_path / "data" / "clips", tmp_path / "out"
    write_tiny_clips(clips, 2)
    options = NOBODY.changed({"weights": str(find_weights("ferplus-tiny").path)})
    analyze_clips([clips], out, options, ["summary", "timeline"], progress=False)
    for path in out.rglob("*"):
        if path.is_file():
            assert str(tmp_path).encode() not in path.read_bytes(), path
            assert b"emo_utils/weights" not in path.read_bytes(), path
    assert [row.clip for row in read_rows(out)] == ["../data/clips/c00.mp4", "../data/clips/c01.mp4"]
    moved = tmp_path / "moved"
    moved.mkdir()
    (tmp_path / "data").rename(moved / "data")
    out.rename(moved / "out")
    monkeypatch.chdir(moved)
    again = analyze_clips(["data/clips"], "out", options, ["summary", "timeline"], progress=False)
    assert all(result.read_before for result in again), "moved together, they still belong together"
    assert len(read_rows(moved / "out")) == 2
