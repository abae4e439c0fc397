"""Exports for annotation tools: what they hold, and the way back from ELAN."""

import json
from pathlib import Path

import pandas as pd
import pytest
from studies import known_segment, known_timeline

from emo_utils.errors import SegmentsError
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import PipelineResult
from emo_utils.motion.segments_file import place_segments, read_segments
from emo_utils.reports.clips.runs_of_emotion import stretches
from emo_utils.reports.clips.writer import ClipResults, in_order, write_outputs
from emo_utils.workflows.analyze import analyze_clips

pympi = pytest.importorskip("pympi", reason="needs the extra 'annotation'")

SHOWN = ["neutral"] * 10 + ["happiness"] * 10 + [""] * 5 + ["happiness"] * 5
SEGMENTS = (
    known_segment(1, 9, 12, 18, "happiness"),
    known_segment(1, 25, 27, 29, "happiness", cut_end=True),
    known_segment(2, 0, 2, 5, "anger"),
)


@pytest.fixture
def results() -> ClipResults:
    timeline = known_timeline({1: SHOWN, 2: ["anger"] * 6})
    motion = pd.DataFrame()
    return ClipResults("Jürgen & Söhne.mp4", None, PipelineResult(timeline, motion, SEGMENTS))


def written(results: ClipResults, folder: Path, *names: str) -> Path:
    assert write_outputs(results, folder, in_order(names)) == ()
    return folder


def test_a_stretch_ends_where_the_expression_changes_or_the_face_is_gone(results):
    found = [
        (one.emotion, pytest.approx(one.start_s), pytest.approx(one.end_s))
        for one in stretches(results.result.timeline, 1)
    ]
    assert found == [("neutral", 0, 1.0), ("happiness", 1.0, 2.0), ("happiness", 2.5, 3.0)]


def test_elan_has_the_tiers_of_each_person(results, tmp_path):
    eaf = pympi.Eaf(str(written(results, tmp_path, "elan") / "annotations.eaf"))
    assert set(eaf.get_tier_names()) == {
        f"{kind} P{person}" for kind in ("expression", "segments", "apex") for person in (1, 2)
    }
    assert sorted(eaf.get_annotation_data_for_tier("segments P1")) == [
        (900, 1900, "happiness"),
        (2500, 3000, "happiness"),
    ]
    assert eaf.get_annotation_data_for_tier("apex P2") == [(200, 300, "anger")]
    (media,) = eaf.get_linked_files()
    assert media["RELATIVE_MEDIA_URL"] == "./Jürgen & Söhne.mp4", "no folder of this machine"


def test_what_is_written_for_elan_is_read_back_in_frames(results, tmp_path):
    path = written(results, tmp_path, "elan") / "annotations.eaf"
    placed = place_segments(read_segments(path), results.result.timeline, path)
    assert [(one.person_id, one.onset, one.apex, one.offset) for one in placed] == [
        (2, 0, 2, 5), (1, 9, 12, 18), (1, 25, 27, 29),
    ]  # fmt: skip


def test_frames_of_clips_with_odd_rates_are_found_again(tmp_path):
    for fps in (23.976, 29.97, 59.94, 120.0):
        timeline = known_timeline({1: ["happiness"] * 300}, fps=fps)
        marks = [(at, at + 7, at + 11) for at in range(0, 288, 13)]
        segments = tuple(known_segment(1, *mark, "happiness", fps=fps) for mark in marks)
        folder = tmp_path / str(fps)
        folder.mkdir()
        results = ClipResults("a.mp4", None, PipelineResult(timeline, pd.DataFrame(), segments))
        path = written(results, folder, "elan") / "annotations.eaf"
        placed = place_segments(read_segments(path), timeline, path)
        assert [(one.onset, one.apex, one.offset) for one in placed] == marks


def changed(path: Path, change) -> Path:
    eaf = pympi.Eaf(str(path))
    change(eaf)
    eaf.to_file(str(path))
    return path


def test_a_segment_drawn_in_elan_without_an_apex_gets_the_likeliest_frame(results, tmp_path):
    path = written(results, tmp_path, "elan") / "annotations.eaf"
    changed(path, lambda eaf: (eaf.remove_annotation("apex P1", 1250), eaf.remove_annotation("segments P1", 1000),
                               eaf.add_annotation("segments P1", 520, 1520, "smile")))  # fmt: skip
    first = place_segments(read_segments(path), results.result.timeline, path)[1]
    assert (first.onset, first.apex, first.offset) == (5, 10, 14), "of frames that are neutral and then happy"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda eaf: eaf.add_annotation("apex P1", 1500, 1600, "x"), "person 1 from 0.900 to 1.900 s holds 2 apexes"),
        (lambda eaf: eaf.add_annotation("segments P1", 9000, 9500, "x"), "from 9.000 to 9.500 s there is no frame"),
        (lambda eaf: eaf.rename_tier("segments P2", "segments P7"), "person_id 7 is not in this clip; known: 1, 2"),
        (
            lambda eaf: [eaf.rename_tier(f"segments P{n}", f"mine {n}") for n in (1, 2)],
            "expected tiers named 'segments",
        ),
    ],
)
def test_an_elan_file_that_does_not_fit_is_refused(results, tmp_path, change, said):
    path = changed(written(results, tmp_path, "elan") / "annotations.eaf", change)
    with pytest.raises(SegmentsError, match=said):
        place_segments(read_segments(path), results.result.timeline, path)


def test_a_file_that_is_no_elan_file_is_refused(tmp_path):
    path = tmp_path / "x.eaf"
    for text in ("not xml", "<a></a>"):
        path.write_text(text)
        with pytest.raises(SegmentsError, match=r"x\.eaf: (cannot be read as an ELAN file|expected tiers)"):
            read_segments(path)


def test_praat_reads_the_same_tiers_with_apexes_as_points(results, tmp_path):
    grid = pympi.TextGrid(str(written(results, tmp_path, "praat") / "annotations.TextGrid"))
    assert grid.xmax == pytest.approx(3.0)
    assert [tier.name for tier in grid.get_tiers()][:3] == ["expression P1", "segments P1", "apex P1"]
    filled = [one for one in grid.get_tier("segments P1").get_intervals() if one[2]]
    assert filled == [(0.9, 1.9, "happiness"), (2.5, 3.0, "happiness")]
    assert list(grid.get_tier("apex P1").get_intervals()) == [(1.2, "happiness"), (2.7, "happiness")]


def test_subtitles_name_the_person_where_there_are_several(results, tmp_path):
    folder = written(results, tmp_path, "webvtt", "srt")
    vtt = (folder / "expressions.vtt").read_text().splitlines()
    assert vtt[:5] == ["WEBVTT", "", "00:00:00.000 --> 00:00:01.000", "person 1: neutral 80%", ""]
    srt = (folder / "expressions.srt").read_text().split("\n\n")
    assert srt[1] == "2\n00:00:00,000 --> 00:00:00,600\nperson 2: anger 80%"
    assert len(srt) == 4


def test_boris_columns_hold_each_segment(results, tmp_path):
    table = pd.read_csv(written(results, tmp_path, "boris") / "events_boris.csv")
    assert table[["Subject", "Behavior", "Start (s)", "Stop (s)", "Image index start"]].values.tolist() == [
        ["person 1", "happiness", 0.9, 1.9, 9],
        ["person 1", "happiness", 2.5, 3.0, 25],
        ["person 2", "anger", 0, 0.6, 0],
    ]  # fmt: skip
    assert table["FPS (frame/s)"].tolist() == [10.0] * 3


def test_a_segment_changed_in_elan_is_in_the_summary(clips, tmp_path):
    options = AnalysisOptions(identity_weights="none")
    request = {"outputs": ["elan", "segments", "summary"], "progress": False}
    clip = clips / "single_face.mp4"
    analyze_clips([clip], tmp_path / "first", options, **request)
    (before,) = json.loads((tmp_path / "first" / "summary.json").read_text())["people"][0]["segments"]["each"]
    path = tmp_path / "first" / "annotations.eaf"
    eaf = pympi.Eaf(str(path))
    (found,) = eaf.get_annotation_data_for_tier("segments P1")
    eaf.remove_annotation("segments P1", sum(found[:2]) // 2)
    eaf.add_annotation("segments P1", found[0] + 200, found[1] - 300, "smile")
    eaf.to_file(str(path))
    analyze_clips([clip], tmp_path / "second", options, segments_file=path, **request)
    (after,) = json.loads((tmp_path / "second" / "summary.json").read_text())["people"][0]["segments"]["each"]
    assert after["onset_s"] == pytest.approx(before["onset_s"] + 0.2, abs=0.02)
    assert after["offset_s"] == pytest.approx(before["offset_s"] - 0.3, abs=0.02)
    assert (after["apex_s"], after["emotion"]) == (before["apex_s"], before["emotion"])
