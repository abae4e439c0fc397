"""The public door: whatever a user has goes in, and an analysis comes out that shows and saves itself."""

import subprocess
import sys
from itertools import pairwise

import cv2
import matplotlib.figure
import numpy as np
import pandas as pd
import pytest

import emo_utils as emo
from emo_utils.errors import EmoError, OutputError, SourceError, UnknownNameError, VideoError
from emo_utils.inference.frame_sources import open_source
from emo_utils.motion.segments_file import COLUMNS as SEGMENT_COLUMNS
from emo_utils.video import read_frames

FPS = 30
SECONDS = 1.0
"""The man of `single_face.mp4` begins to smile within the first second, and the tests need no more."""


@pytest.fixture(scope="module")
def analyzer() -> emo.Analyzer:
    return emo.Analyzer(identity_weights="none")


@pytest.fixture(scope="module")
def pixels(clips) -> np.ndarray:
    return np.stack([frame.pixels for frame in read_frames(clips / "single_face.mp4")])[: round(FPS * SECONDS)]


@pytest.fixture(scope="module")
def smile(analyzer, clips) -> emo.Analysis:
    return analyzer.analyze(str(clips / "single_face.mp4"), seconds=SECONDS, progress=False)


def test_importing_the_package_loads_nothing_heavy_and_shows_what_there_is():
    code = (
        "import sys; import emo_utils as emo\n"
        "heavy = {'torch', 'mediapipe', 'pandas', 'numpy', 'cv2', 'av', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy; assert set(emo.__all__) <= set(dir(emo))\n"
        "emo.Analyzer; assert not {'torch', 'mediapipe', 'matplotlib'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_public_name_is_there_and_another_is_refused():
    assert all(getattr(emo, name) is not None for name in emo.__all__)
    with pytest.raises(AttributeError, match="no attribute 'analyse'; public: .*Analyzer"):
        emo.analyse  # noqa: B018


def test_the_five_lines_of_the_readme(clips, tmp_path):
    analysis = emo.analyze(clips / "two_people.gif", segments=False, identity_weights="none")
    shown = analysis.timeline[["time_s", "person_id", "smoothed_emotion", "smoothed_confidence", "status"]]
    assert type(shown) is pd.DataFrame
    assert list(analysis.people["person_id"]) == [1, 2]
    assert analysis.save(str(tmp_path / "results"), ["summary"]) == tmp_path / "results"
    written = {path.name for path in (tmp_path / "results").iterdir()}
    assert written == {"timeline.csv", "summary.json", "analysis.log", ".emo-results.json"}


def test_an_analysis_shows_its_tables_its_figure_and_shares(smile):
    assert list(smile.segments.columns) == list(SEGMENT_COLUMNS)
    (person,) = smile.people.itertuples()
    shares = [value for name, value in smile.people.iloc[0].items() if name.startswith("share_")]
    assert sum(shares) == pytest.approx(1, abs=1e-3)
    assert person.dominant_emotion == smile.timeline["smoothed_emotion"].mode()[0]
    assert all(isinstance(smile.plot(chart), matplotlib.figure.Figure) for chart in ("line", "bar", "pie", "motion"))
    with pytest.raises(UnknownNameError, match="unknown chart 'bars'; known: bar, line, motion, pie"):
        smile.plot("bars")
    summary = smile.summary()
    assert (summary["clip"], summary["options"]["identity_weights"]) == ("single_face.mp4", "none")
    html = smile._repr_html_()
    assert f"{person.dominant_emotion} {max(shares):.0%}" in html
    assert "x1" not in html, "shares, not boxes"


def test_changing_a_table_does_not_change_the_analysis(smile):
    table = smile.timeline
    table["emotion"] = "changed"
    assert "changed" not in set(smile.timeline["emotion"])


def test_a_save_does_not_overwrite_unless_told(smile, tmp_path):
    smile.save(tmp_path / "a", ["summary"])
    with pytest.raises(OutputError, match="exists already"):
        smile.save(tmp_path / "a", ["summary"])
    smile.save(tmp_path / "a", ["summary"], overwrite=True)
    with pytest.raises(UnknownNameError, match="unknown output 'anotated'"):
        smile.save(tmp_path / "b", anotated=False)
    assert not (tmp_path / "b").exists()


def test_an_array_gives_what_the_file_gives_and_the_same_files(analyzer, smile, pixels, tmp_path):
    analysis = analyzer.analyze(pixels, fps=FPS, progress=False)
    assert analysis.clip == "array"
    pd.testing.assert_frame_equal(analysis.timeline, smile.timeline)
    analysis.save(tmp_path / "array", magnified=True, charts=False, progress=False)
    written = {path.name for path in (tmp_path / "array").iterdir()}
    assert {"timeline.csv", "segments.csv", "annotated.mp4"} <= written
    assert "magnified.mp4" not in written, "that one is made of a video file"


def test_frames_from_a_generator_are_analysed_once_and_give_what_needs_no_second_look(analyzer, pixels, tmp_path):
    analysis = analyzer.analyze((frame for frame in pixels[:8]), fps=FPS, progress=False)
    assert len(analysis.timeline) == 8
    analysis.save(tmp_path / "out", charts=False, progress=False)
    assert "annotated.mp4" not in {path.name for path in (tmp_path / "out").iterdir()}
    source = open_source(iter(pixels[:2]), FPS)
    assert len(list(source.read())) == 2
    with pytest.raises(SourceError, match="can be read once only"):
        next(source.read())


def test_frames_with_times_of_their_own_need_no_rate(analyzer, clips):
    frames = read_frames(clips / "single_face.mp4", sample_fps=10)
    analysis = analyzer.analyze(frames, seconds=0.5, progress=False)
    assert list(analysis.timeline["frame_index"]) == [0, 3, 6, 9, 12]


def test_a_picture_gives_a_row_per_face_and_an_annotated_picture(analyzer, clips, tmp_path):
    analysis = analyzer.analyze(clips / "multi_face.jpg", progress=False)
    assert len(analysis.people) >= 3, "a picture of five people who laugh"
    assert set(analysis.people["dominant_emotion"]) == {"happiness"}
    assert len(analysis.timeline) == len(analysis.people)
    analysis.save(tmp_path / "out", charts=False, progress=False)
    assert (tmp_path / "out" / "annotated.png").exists()


def test_several_clips_are_a_sequence_and_one_that_fails_is_named(analyzer, clips, tmp_path, caplog):
    missing = tmp_path / "missing.mp4"
    several = analyzer.analyze([clips / "multi_face.jpg", missing, clips / "multi_face.jpg"], progress=False)
    assert (len(several), list(several.failed)) == (2, [str(missing)])
    assert "missing.mp4: no such file" in caplog.text
    assert several[0].clip == several[-1].clip == "multi_face.jpg"
    assert list(several.people.columns[:2]) == ["clip", "person_id"]
    assert len(several.timeline) == 2 * len(several[0].timeline)
    assert several.save(tmp_path / "out", ["summary"], progress=False) == tmp_path / "out"
    assert {path.parent.name for path in (tmp_path / "out").rglob("timeline.csv")} == {
        "multi_face_jpg",
        "multi_face_jpg_2",
    }
    with pytest.raises(KeyError, match="found 'multi_face.jpg' 2 times"):
        several["multi_face.jpg"]
    with pytest.raises(VideoError, match="none of 2 clips could be read"):
        analyzer.analyze([missing, missing], progress=False)


def test_a_folder_gives_its_videos_and_pictures_in_order(clips, tmp_path):
    for name in ("b.jpg", "a.mp4", ".hidden.mp4", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in open_source(tmp_path)] == ["a.mp4", "b.jpg"]
    assert [path.name for path in open_source(tmp_path.glob("*.jpg"))] == ["b.jpg"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(VideoError, match="holds no video and no picture"):
        open_source(tmp_path / "empty")


def test_a_camera_is_read_for_so_many_seconds(monkeypatch, clips, pixels):
    open_camera = cv2.VideoCapture
    monkeypatch.setattr(cv2, "VideoCapture", lambda index: open_camera(str(clips / "single_face.mp4")))
    frames = list(open_source(0).first_seconds(60).read())
    assert [frame.index for frame in frames] == list(range(72)), "a file ends; so may a camera"
    assert frames[0].time_s == pytest.approx(0, abs=0.01)
    assert all(earlier.time_s < later.time_s for earlier, later in pairwise(frames))
    assert np.abs(frames[10].pixels.astype(int) - pixels[10]).mean() < 3, "red is red"
    monkeypatch.undo()
    with pytest.raises(VideoError, match="camera 99 cannot be opened"):
        next(open_source(99).read())


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (None, "expected a video or picture file, .*; found NoneType None"),
        (3.5, "found float 3.5"),
        (True, "found bool True"),
        ([], "found list \\[\\], which is empty"),
        ([None], "found list of NoneType None"),
        (np.zeros((64, 64), np.uint8), r"expected an array uint8 \(H, W, 3\) .*, found uint8 \(64, 64\)"),
        (np.zeros((64, 64, 3)), "found float64 .*; multiply values of 0 to 1 by 255 first"),
        (np.zeros((2, 64, 64, 3), np.uint8), "needs its frame rate: expected fps=25"),
        (iter([np.zeros((64, 64, 3), np.uint8)]), "needs its frame rate"),
        (0, "camera 0 has no end: expected seconds=10"),
    ],
)
def test_a_wrong_source_says_what_was_expected_and_found(analyzer, source, said):
    with pytest.raises(SourceError, match=said):
        analyzer.analyze(source, progress=False)


def test_a_frame_of_another_type_is_told_by_its_number(analyzer, pixels):
    with pytest.raises(SourceError, match=r"frame 1: expected an array uint8 \(H, W, 3\) in RGB, found str 'next'"):
        analyzer.analyze([pixels[0], "next"], fps=FPS, progress=False)


def test_options_are_told_by_name_and_the_first_argument_is_the_weights():
    assert emo.Analyzer("ferplus").pipeline.weights.name == "ferplus"
    with pytest.raises(UnknownNameError, match="unknown option 'smoothign'; .*Did you mean 'smoothing'?"):
        emo.Analyzer(smoothign="none")
    with pytest.raises(UnknownNameError, match="unknown weights 'ferplos'; known: "):
        emo.Analyzer("ferplos")
    with pytest.raises(EmoError, match="sample_fps: expected a positive number"):
        emo.AnalysisOptions(sample_fps=0)


def test_apex_only_needs_frames_that_can_be_read_again(pixels):
    analyzer = emo.Analyzer(apex_only=True)
    with pytest.raises(SourceError, match="apex_only reads the apex frames again"):
        analyzer.analyze(iter(pixels), fps=FPS, progress=False)
