"""`emo forget`: nothing of the person is left in a run, and everything of the others is."""

import json

import pandas as pd
import pytest
from studies import known_segment, known_timeline, write_finished

from emo_utils.errors import EmoError
from emo_utils.hashing import sha256_of_file
from emo_utils.results_folder import Listing, read_listing
from emo_utils.timeline import Timeline
from emo_utils.workflows.clip_manifest import ClipRow, read_rows, write_rows
from emo_utils.workflows.collect import collect
from emo_utils.workflows.forget import forget

SMILE = ["neutral"] * 10 + ["happiness"] * 10
PICTURES = ("apex/1_01.png", "apex/2_01.png", "annotated.mp4", "charts/line.png", "annotations.eaf", "analysis.log")


@pytest.fixture
def run(tmp_path):
    out = tmp_path / "out"
    for name in ("01-a", "01-b", "02-a"):
        write_finished(out, f"{name}.mp4", known_timeline({1: SMILE}), [known_segment(1, 10, 12, 19, "happiness")])
    both = [known_segment(1, 10, 12, 19, "happiness"), known_segment(2, 0, 2, 4, "anger")]
    people = [{"person_id": 1}, {"person_id": 2}]
    timeline = known_timeline({1: SMILE, 2: ["anger"] * 5 + [""] * 10 + ["anger"] * 7})
    folder = write_finished(out, "02-b.mp4", timeline, both, people=people, frames_with_faces=22)
    listing = read_listing(folder)
    for name in PICTURES:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(f"{name}\nidentity: tracks 1 and 2\n")
    files = {name: [sha256_of_file(folder / name)] for name in (*listing.files, *PICTURES)}
    Listing(None, "request", files=files, outcome={**listing.outcome, "vectors": {"1": "a", "2": "b"}}).write(folder)
    write_rows(out, [ClipRow(f"videos/{name}.mp4", "ok", "", name) for name in ("01-a", "01-b", "02-a", "02-b")])
    trials = tmp_path / "trials.csv"
    trials.write_text("clip,start_s,end_s\n01-a,0,1\n02-a,0,1\n")
    collect(out, events=trials, subject=r"^(\d\d)-", more=["timeline.csv"])
    return out


def test_a_person_who_is_alone_in_their_clips_goes_with_all_results(run):
    done = forget(run, "01")
    assert done.clips == ("01-a.mp4", "01-b.mp4")
    assert done.kept == ()
    assert sorted(path.name for path in run.iterdir() if path.is_dir()) == ["02-a", "02-b"]
    for path in run.rglob("*"):
        if path.is_file() and path.suffix != ".parquet":
            text = path.read_text(errors="replace")
            assert "01-a" not in text, path
            assert "01-b" not in text, path
    assert set(pd.read_parquet(run / "timeline.parquet")["clip"]) == {"02-a.mp4", "02-b.mp4"}
    assert [row.folder for row in read_rows(run)] == ["02-a", "02-b"]
    assert pd.read_csv(run / "events.csv")["clip"].tolist() == ["02-a.mp4"]


def test_of_a_clip_with_others_the_persons_rows_and_all_that_may_show_them_go(run):
    folder = run / "02-b"
    before = Timeline.load(folder / "timeline.csv")
    done = forget(run, "2", clip="02-b")
    assert (done.people, done.clips) == ((("02-b.mp4", 2),), ())
    after = Timeline.load(folder / "timeline.csv")
    assert after.people == [1]
    own = before.table[before.table["person_id"] == 1]
    pd.testing.assert_frame_equal(after.faces.reset_index(drop=True), own.reset_index(drop=True), check_dtype=False)
    assert after.table["status"].tolist()[-2:] == ["no_face", "no_face"], "frames that showed only them"
    assert sorted(after.table["frame_index"].unique()) == sorted(before.table["frame_index"].unique())
    left = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert left == [
        ".emo-results.json", "analysis.log", "apex/1_01.png", "segments.csv", "summary.json", "timeline.csv",
    ]  # fmt: skip
    assert pd.read_csv(folder / "segments.csv")["person_id"].tolist() == [1]
    summary = json.loads((folder / "summary.json").read_text())
    assert ([one["person_id"] for one in summary["people"]], summary["frames_with_faces"]) == ([1], 20)
    assert read_listing(folder).outcome["vectors"] == {"1": "a"}
    assert "identity" not in (folder / "analysis.log").read_text()
    people = pd.read_csv(run / "people.csv")
    assert people[people["clip"] == "02-b.mp4"]["person_id"].tolist() == [1]


def test_files_of_the_user_stay_and_are_named(run, emo):
    (run / "01-a" / "notes.txt").write_text("mine")
    (run / "01-b" / "summary.json").write_text("changed")
    code, said, _ = emo("forget", run, "01")
    assert code == 0
    assert said.count("KEPT, since it is yours or was changed by you") == 2
    assert (run / "01-a" / "notes.txt").exists()
    assert not (run / "01-a" / "timeline.csv").exists()


def test_a_dry_run_removes_nothing(run, emo):
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    code, said, _ = emo("forget", run, "02", "--dry-run")
    assert code == 0
    assert "would remove all results of 02-a.mp4" in said
    assert "would remove person 1 from the results of 02-b.mp4" in said
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before


def test_a_person_who_is_not_there_is_refused(run):
    with pytest.raises(EmoError, match="person '07' is in none of the clips; known: 01, 02"):
        forget(run, "07")
    with pytest.raises(EmoError, match="expected the number of a person, found '3'; known: 1, 2"):
        forget(run, "3", clip="02-b.mp4")
    with pytest.raises(EmoError, match="clip '09' fits 0 of: 01-a.mp4"):
        forget(run, "1", clip="09")
    with pytest.raises(EmoError, match="found no finished clips"):
        forget(run.parent, "01")
