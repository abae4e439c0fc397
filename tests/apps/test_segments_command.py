"""`emo analyze` and its segments, as a person uses them: files, marks, corrections by hand."""

import csv
import json

import av
import cv2
import numpy as np
import pandas as pd
import pytest
from test_cli import emo

from emo_utils.inference.segmenting import MOTION_COLUMNS
from emo_utils.motion.segments_file import COLUMNS

FAST = ("--no-annotated", "--no-charts", "--identity-weights", "none")


@pytest.fixture(scope="module")
def smile(clips, tmp_path_factory):
    out = tmp_path_factory.mktemp("segments") / "smile"
    done = emo("analyze", clips / "single_face.mp4", "--out", out, "--magnified", "--identity-weights", "none")
    assert done.returncode == 0, done.stderr
    return done, out


def rows_of(path) -> list[dict]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_segments_are_written_with_the_emotion_of_their_apex(smile):
    done, out = smile
    (row,) = rows_of(out / "segments.csv")
    assert list(row) == list(COLUMNS)
    assert row["clip"] == "single_face.mp4"
    assert float(row["apex_s"]) == pytest.approx(int(row["apex"]) / 30, abs=1e-3)
    assert (row["emotion"], row["pooled_emotion"]) == ("happiness", "happiness")
    timeline = pd.read_csv(out / "timeline.csv")
    at_apex = timeline[timeline["frame_index"] == int(row["apex"])].iloc[0]
    assert float(row["confidence"]) == pytest.approx(at_apex["p_happiness"], abs=1e-5)
    assert "; 1 segment\n" in done.stdout


def test_the_curves_are_written_for_every_frame_with_a_face(smile):
    _, out = smile
    motion = pd.read_csv(out / "motion.csv")
    assert list(motion.columns) == list(MOTION_COLUMNS)
    assert list(motion["frame_index"]) == list(range(72))
    assert motion["strength"][:12].max() < 0.5 < motion["strength"][30:60].min()
    assert motion.notna().all().all()


def test_the_apex_picture_is_large_and_shows_the_apex_frame(smile, clips):
    from emo_utils.video import read_frames

    _, out = smile
    (path,) = (out / "apex").iterdir()
    assert path.name == "1_01.png"
    picture = cv2.imread(str(path))[..., ::-1]
    assert picture.shape == (320, 320, 3)
    apex = int(rows_of(out / "segments.csv")[0]["apex"])
    mouth = picture[180:240, 120:200].astype(float)

    def found_in(index: int) -> float:
        frame = next(f.pixels for f in read_frames(clips / "single_face.mp4") if f.index == index)
        scaled = cv2.resize(frame, None, fx=1.25, fy=1.25).astype(np.float32)
        best = [
            cv2.matchTemplate(scaled, cv2.resize(mouth, None, fx=s, fy=s).astype(np.float32), cv2.TM_CCOEFF_NORMED)
            for s in (0.7, 0.85, 1, 1.15)
        ]
        return max(float(match.max()) for match in best)

    assert found_in(apex) > found_in(5) + 0.1, "the mouth of the apex, not of the neutral start"


def test_the_summary_reports_each_persons_segments(smile):
    _, out = smile
    summary = json.loads((out / "summary.json").read_text())
    report = summary["people"][0]["segments"]
    (row,) = rows_of(out / "segments.csv")
    assert (report["count"], report["emotions"]) == (1, {"happiness": 1})
    assert report["mean_duration_s"] == pytest.approx(float(row["offset_s"]) - float(row["onset_s"]), abs=2e-3)
    assert report["each"][0]["apex_s"] == pytest.approx(float(row["apex_s"]), abs=2e-3)


def test_charts_and_video_carry_the_marks(smile, clips, tmp_path):
    _, out = smile
    bare = tmp_path / "bare"
    done = emo("analyze", clips / "single_face.mp4", "--out", bare, "--no-segments", "--identity-weights", "none")
    assert done.returncode == 0, done.stderr
    assert not {"segments.csv", "motion.csv", "apex", "magnified.mp4"} & {path.name for path in bare.iterdir()}
    assert not (bare / "charts" / "motion.png").exists()
    assert "segments" not in json.loads((bare / "summary.json").read_text())["people"][0]
    assert (out / "charts" / "motion.png").exists()
    assert (out / "charts" / "line.png").read_bytes() != (bare / "charts" / "line.png").read_bytes()
    marked, unmarked = (frames_of(folder / "annotated.mp4") for folder in (out, bare))
    apex = int(rows_of(out / "segments.csv")[0]["apex"])
    label = np.s_[:160]  # the face's label, above its box
    assert np.abs(marked[apex][label] - unmarked[apex][label]).max() > 100, "`apex` is written there"
    assert np.abs(marked[3][label] - unmarked[3][label]).mean() < 2, "nothing happens in frame 3"
    assert (pd.read_csv(out / "timeline.csv").columns == pd.read_csv(bare / "timeline.csv").columns).all()


def frames_of(path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)]


def test_the_magnified_video_plays_and_differs_where_something_moves(smile, clips):
    _, out = smile
    magnified, original = frames_of(out / "magnified.mp4"), frames_of(clips / "single_face.mp4")
    assert len(magnified) == len(original) == 72
    difference = [np.abs(a - b).mean() for a, b in zip(magnified, original, strict=True)]
    assert difference[0] < 3 < difference[20]


def test_a_file_corrected_by_hand_is_used(smile, clips, tmp_path):
    _, out = smile
    rows = rows_of(out / "segments.csv")
    (row,) = rows
    first = row | {"onset": "15", "apex": "22", "offset": "30"}
    second = row | {"onset": "31", "apex": "50", "offset": "66"}
    corrected = tmp_path / "corrected.csv"
    with corrected.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        writer.writeheader()
        writer.writerows([first, second])
    again = tmp_path / "again"
    done = emo("analyze", clips / "single_face.mp4", "--out", again, "--segments", corrected, *FAST)
    assert done.returncode == 0, done.stderr
    found = rows_of(again / "segments.csv")
    assert [(r["onset"], r["apex"], r["offset"]) for r in found] == [("15", "22", "30"), ("31", "50", "66")]
    assert {r["emotion"] for r in found} == {"happiness"}
    assert float(found[0]["apex_s"]) == pytest.approx(22 / 30, abs=1e-3), "times follow the frames"
    assert len(list((again / "apex").iterdir())) == 2


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("1,40,30,50", "row 2: expected onset <= apex <= offset, found onset 40, apex 30, offset 50"),
        ("1,10,30,72", "row 2: offset 72 is no frame that was read; they run from 0 to 71"),
        ("7,10,30,50", "row 2: person_id 7 is not in this clip; known: 1"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_and_leaves_nothing(clips, tmp_path, rows, said):
    path = tmp_path / "wrong.csv"
    path.write_text(f"person_id,onset,apex,offset\n{rows}\n")
    done = emo("analyze", clips / "single_face.mp4", "--out", tmp_path / "out", "--segments", path, *FAST)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()[-1:]) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["wrong.csv"]


@pytest.mark.parametrize("extra", [["--apex-only"], ["--segments", "x.csv"]])
def test_segments_cannot_be_switched_off_and_asked_for(clips, tmp_path, extra):
    if extra[0] == "--segments":
        (tmp_path / "x.csv").write_text("person_id,onset,apex,offset\n")
        extra = ["--segments", tmp_path / "x.csv"]
    done = emo("analyze", clips / "single_face.mp4", "--out", tmp_path / "out", "--no-segments", *extra)
    assert done.returncode == 2
    assert "segments" in done.stderr


def test_apex_only_reads_apex_frames_alone_and_writes_everything(clips, tmp_path):
    out = tmp_path / "apex_only"
    done = emo("analyze", clips / "single_face.mp4", "--out", out, "--apex-only", "--identity-weights", "none")
    assert done.returncode == 0, done.stderr
    (row,) = rows_of(out / "segments.csv")
    timeline = pd.read_csv(out / "timeline.csv")
    assert timeline["emotion"].notna().sum() == 1
    assert timeline.loc[timeline["emotion"].notna(), "frame_index"].item() == int(row["apex"])
    named = timeline[timeline["smoothed_emotion"].notna()]["frame_index"]
    assert (named.min(), named.max()) == (int(row["onset"]), int(row["offset"]))
    assert (out / "annotated.mp4").exists()
    assert (out / "charts" / "line.png").exists()
    assert json.loads((out / "summary.json").read_text())["people"][0]["dominant_emotion"] == row["emotion"]
