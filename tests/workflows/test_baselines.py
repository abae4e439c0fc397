"""What each person looks like is taken off their clips: in files, in memory, after a stop, and where it cannot be."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from scipy.special import softmax
from tiny_clips import QUICK, results_of, write_tiny_clips

import emo_utils
from emo_utils.errors import EmoError, OutputError, Stopped, UnknownNameError
from emo_utils.inference.options import AnalysisOptions
from emo_utils.timeline import Timeline
from emo_utils.video import read_pictures
from emo_utils.video_writer import write_video
from emo_utils.workflows.analyze import analyze_clips

PLAIN = {"identity_weights": "none", "segments": False}
SHOWN = {"ann": ("neutral", "happiness"), "ben": ("anger", "surprise")}
SUBJECT = r"^([a-z]+)_"


def options(baseline: str = "none", **changes) -> AnalysisOptions:
    return AnalysisOptions(**{**PLAIN, "baseline": baseline, **changes})


def people(**changes) -> AnalysisOptions:
    return options("people", subject=SUBJECT, **changes)


@pytest.fixture(scope="module")
def folder(clips, tmp_path_factory) -> Path:
    """Six frames of each of four real clips, under the names of two people."""
    folder = tmp_path_factory.mktemp("people") / "clips"
    folder.mkdir()
    for person, emotions in SHOWN.items():
        for emotion in emotions:
            source = clips / "labelled" / f"{emotion}.mp4"
            frames = [picture.load() for picture, _ in zip(read_pictures(source), range(6), strict=False)]
            write_video(folder / f"{person}_{emotion}.mp4", frames, 25)
    return folder


@pytest.fixture(scope="module")
def plain(folder, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("plain") / "out"
    analyze_clips([folder], out, options(), **QUICK)
    return out


@pytest.fixture(scope="module")
def by_person(folder, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("by_person") / "out"
    analyze_clips([folder], out, people(), **QUICK)
    return out


def summary_of(folder: Path) -> dict:
    return json.loads((folder / "summary.json").read_text())


def cells(folder: Path, of_baseline: bool) -> list[list[str]]:
    """The text of the cells of a timeline: those of the baseline, or all others."""
    with (folder / "timeline.csv").open(newline="") as file:
        head, *rows = list(csv.reader(file))
    at = [i for i, name in enumerate(head) if name.startswith(("baseline_", "b_")) == of_baseline]
    return [[row[i] for i in at] for row in rows]


def test_the_raw_columns_stay_and_the_corrected_ones_stand_beside(plain, by_person):
    for one in sorted(path.name for path in plain.iterdir() if path.is_dir()):
        assert cells(by_person / one, of_baseline=False) == cells(plain / one, of_baseline=False)
        assert not any(cell for row in cells(plain / one, of_baseline=True) for cell in row)
        timeline = Timeline.load(by_person / one / "timeline.csv")
        offset = summary_of(by_person / one)["baseline"]["people"]["1"]["offset"]
        smoothed = timeline.probabilities(1, "smoothed_p_")
        expected = softmax(np.log(np.maximum(smoothed, 1e-4)) - [offset[name] for name in timeline.classes], axis=1)
        np.testing.assert_allclose(timeline.probabilities(1, "b_"), expected, atol=2e-6)
        named = [timeline.classes[i] for i in expected.argmax(axis=1)]
        assert timeline.faces["baseline_emotion"].tolist() == named


def test_the_summary_says_what_was_taken_off_and_from_how_much(plain, by_person):
    found = summary_of(by_person / "ann_neutral")
    own = found["baseline"]["people"]["1"]
    assert (found["baseline"]["kind"], found["baseline"]["told_by"]) == ("people", "name of the file")
    assert (own["name"], own["clips"], own["frames"], found["subject"]) == ("ann", 2, 12, "ann")
    assert own["offset"] == summary_of(by_person / "ann_happiness")["baseline"]["people"]["1"]["offset"]
    assert own["offset"] != summary_of(by_person / "ben_anger")["baseline"]["people"]["1"]["offset"]
    assert sum(found["people"][0]["baseline"]["share_of_time"].values()) == pytest.approx(1, abs=1e-3)
    assert summary_of(plain / "ann_neutral")["baseline"] is None


def test_in_memory_and_in_files_the_result_is_the_same(folder, by_person, tmp_path):
    analyses = emo_utils.analyze(folder, **PLAIN, baseline="people", subject=SUBJECT, progress=False)
    analyses.save(tmp_path / "out", ["summary"], progress=False)
    of_clips = {name: data for name, data in results_of(by_person).items() if "/" in name}
    assert results_of(tmp_path / "out") == of_clips


def test_a_run_that_is_stopped_between_the_passes_goes_on_to_the_same_result(folder, plain, by_person, tmp_path):
    def stop(result, so_far):
        if so_far.done == so_far.total:
            raise KeyboardInterrupt

    with pytest.raises(Stopped, match="4 of 4 clips are finished"):
        analyze_clips([folder], tmp_path / "out", people(), **QUICK, on_result=stop)
    assert cells(tmp_path / "out" / "ben_anger", of_baseline=True) == cells(plain / "ben_anger", of_baseline=True)
    again = analyze_clips([folder], tmp_path / "out", people(), **QUICK)
    assert all(result.read_before for result in again)
    assert results_of(tmp_path / "out") == results_of(by_person)


def test_clips_that_are_added_later_change_the_baseline_and_nothing_is_read_twice(folder, by_person, tmp_path):
    first = [folder / f"{name}.mp4" for name in ("ann_happiness", "ann_neutral", "ben_anger")]
    analyze_clips(first, tmp_path / "out", people(), **QUICK)
    before = summary_of(tmp_path / "out" / "ben_anger")["baseline"]
    results = analyze_clips([folder], tmp_path / "out", people(), **QUICK)
    assert [result.clip.stem for result in results if not result.read_before] == ["ben_surprise"]
    assert summary_of(tmp_path / "out" / "ben_anger")["baseline"] != before
    assert "one clip only" in before["warnings"][0]
    assert results_of(tmp_path / "out") == results_of(by_person)


def test_nothing_is_written_again_where_nothing_changes(folder, by_person):
    before = {path: path.stat().st_mtime_ns for path in by_person.rglob("timeline.csv")}
    analyze_clips([folder], by_person, people(), **QUICK)
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_another_baseline_replaces_the_first_only_where_that_is_allowed(folder, plain, tmp_path):
    out = tmp_path / "out"
    analyze_clips([folder], out, people(), **QUICK)
    for other in (options("collection"), options()):
        with pytest.raises(OutputError, match="were analysed with another baseline"):
            analyze_clips([folder], out, other, **QUICK)
    done = analyze_clips([folder], out, options("collection"), **QUICK, overwrite=True)
    assert all(result.read_before for result in done)
    offsets = [summary_of(result.folder)["baseline"]["people"]["1"]["offset"] for result in done]
    assert offsets[1:] == offsets[:-1], "the collection has one mean"
    analyze_clips([folder], out, options(), **QUICK, overwrite=True)
    assert results_of(out) == results_of(plain)


def test_a_timeline_that_the_user_changed_stays_and_the_new_one_stands_beside(folder, by_person, tmp_path):
    out = tmp_path / "out"
    analyze_clips([folder], out, people(), **QUICK)
    mine = out / "ben_anger" / "timeline.csv"
    mine.write_text("my own notes")
    for _ in range(2):
        results = analyze_clips([folder], out, people(), **QUICK)
        assert mine.read_text() == "my own notes"
        made = mine.with_name("timeline.new.csv").read_bytes()
        assert made == (by_person / "ben_anger" / "timeline.csv").read_bytes()
    assert all(result.read_before for result in results)


def test_segments_are_named_with_and_without_the_baseline(clips, tmp_path):
    sources = [clips / "labelled" / "surprise.mp4", clips / "labelled" / "happiness.mp4"]
    asked = AnalysisOptions(identity_weights="none", baseline="collection", sample_fps=8)
    chosen = ["summary", "segments", "parquet"]
    analyze_clips(sources, tmp_path, asked, chosen, progress=False)
    assert (tmp_path / "surprise" / "timeline.parquet").exists()
    for one in ("surprise", "happiness"):
        full, short = (Timeline.load(tmp_path / one / f"timeline.{ending}") for ending in ("parquet", "csv"))
        np.testing.assert_allclose(full.probabilities(1, "b_"), short.probabilities(1, "b_"), atol=1e-6)
        with (tmp_path / one / "segments.csv").open(newline="") as file:
            for row in csv.DictReader(file):
                assert row["pooled_emotion"]
                assert row["baseline_emotion"] not in ("", "neutral")
                assert 0 < float(row["baseline_confidence"]) <= 1


def test_a_stretch_of_rest_reads_neutral_where_it_was_taken(folder, tmp_path):
    clip = folder / "ben_anger.mp4"
    analyze_clips([clip], tmp_path / "out", options("rest:0-0.2"), **QUICK)
    found = summary_of(tmp_path / "out")
    assert found["baseline"]["stretch_s"] == [0, 0.2]
    assert found["baseline"]["people"]["1"]["frames"] == 6
    assert (found["people"][0]["dominant_emotion"], found["people"][0]["baseline"]["dominant_emotion"]) == (
        "anger",
        "neutral",
    )


def test_a_saved_baseline_takes_off_the_same_as_its_clip(folder, tmp_path):
    rest, clip = folder / "ann_neutral.mp4", folder / "ann_happiness.mp4"
    analyze_clips([clip], tmp_path / "a", options(str(rest)), **QUICK)
    analyze_clips([clip], tmp_path / "b", options(str(tmp_path / "a" / "summary.json")), **QUICK)
    assert (tmp_path / "a" / "timeline.csv").read_bytes() == (tmp_path / "b" / "timeline.csv").read_bytes()
    assert summary_of(tmp_path / "a")["baseline"]["file"] == "ann_neutral.mp4"
    with pytest.raises(EmoError, match="expected one made with the weights ferplus-tiny"):
        emo_utils.Analyzer("ferplus-tiny", **PLAIN, baseline=str(tmp_path / "a" / "summary.json"))


def test_a_file_is_of_one_person_and_others_are_left_as_they_are(clips, folder):
    pair = emo_utils.analyze(
        clips / "two_people.gif", **PLAIN, sample_fps=4, baseline=str(folder / "ann_neutral.mp4"), progress=False
    )
    with_one = pair.timeline.dropna(subset=["baseline_emotion"])["person_id"].unique()
    assert len(with_one) == 1
    assert len(pair.people) > 1
    assert "is of one person" in pair.summary()["baseline"]["warnings"][0]


def test_people_are_told_apart_by_their_faces(folder, shared, tmp_path):
    network = shared / "models" / "mobilefacenet.onnx"
    if not network.exists():
        pytest.skip(f"no {network}")
    twice = [folder / "ann_neutral.mp4", folder / "ben_anger.mp4"]
    for path in twice:
        (tmp_path / f"again_{path.name}").write_bytes(path.read_bytes())
    files = [*twice, *(tmp_path / f"again_{path.name}" for path in twice)]
    out = tmp_path / "out"
    analyze_clips(files, out, options("people", identity_weights=str(network)), **QUICK)
    baselines = {path.stem: summary_of(out / path.stem)["baseline"] for path in files}
    names = {clip: one["people"]["1"]["name"] for clip, one in baselines.items()}
    assert baselines["ann_neutral"]["told_by"] == "face"
    assert names["ann_neutral"] == names["again_ann_neutral"] != names["ben_anger"] == names["again_ben_anger"]
    assert baselines["ben_anger"]["people"]["1"]["clips"] == 2


def test_without_a_name_or_a_network_each_clip_counts_as_a_person_and_that_is_said(folder, caplog, tmp_path):
    done = analyze_clips([folder], tmp_path / "out", options("people"), **QUICK)
    assert {result.summary["baseline"]["told_by"] for result in done} == {"clip"}
    assert "each clip counts as a person" in caplog.text
    assert all("one clip only" in result.reason for result in done)


BAD = {
    "peple": (UnknownNameError, "unknown baseline 'peple'; .* Did you mean 'people'.*clip of the same person at rest"),
    "rest:5": (EmoError, "expected rest:A-B"),
    "rest:5-2": (EmoError, "the first before the second"),
}


@pytest.mark.parametrize("baseline", BAD)
def test_an_unknown_baseline_says_what_there_is(baseline):
    kind, message = BAD[baseline]
    with pytest.raises(kind, match=message):
        options(baseline)


WRONG = {"p[0-9]+": "has no group", "(p": "is not a regular expression", r"(\d+)": "found none for ann_"}


@pytest.mark.parametrize(("subject", "message"), WRONG.items())
def test_a_pattern_that_names_nobody_is_refused_before_the_first_clip(folder, tmp_path, subject, message):
    with pytest.raises(EmoError, match=message):
        analyze_clips([folder], tmp_path / "out", options("people", subject=subject), **QUICK)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["people", "collection"])
def test_one_clip_has_no_mean_over_clips(folder, tmp_path, kind):
    one = folder / "ben_anger.mp4"
    with pytest.raises(EmoError, match="expected at least two clips, found 1; .*rest:A-B"):
        analyze_clips([one], tmp_path / "out", options(kind), **QUICK)
    with pytest.raises(EmoError, match="expected at least two clips, found 1"):
        emo_utils.analyze(one, **PLAIN, baseline=kind, progress=False)
    assert not (tmp_path / "out").exists()


def test_a_stretch_outside_the_clip_or_without_a_face_leaves_nothing(folder, tmp_path):
    gray, clip, out = write_tiny_clips(tmp_path / "gray", 1)[0], folder / "ben_anger.mp4", tmp_path / "out"
    with pytest.raises(EmoError, match=r"ben_anger.mp4: .* within the clip, 0 to 0.24 s, found 0 to 9 s"):
        analyze_clips([clip], out, options("rest:0-9"), **QUICK)
    with pytest.raises(EmoError, match=r"a face from 0 to 0.1 s, found none; the clip has none"):
        analyze_clips([gray], out, options("rest:0-0.1"), **QUICK)
    assert not [path for path in out.rglob("*") if path.is_file() and not path.name.startswith(".emo")]


def test_a_file_without_a_face_or_baseline_is_refused_before_the_first_clip(folder, plain, tmp_path):
    gray = write_tiny_clips(tmp_path / "gray", 1)[0]
    with pytest.raises(EmoError, match="expected the face of a person at rest, found no face"):
        analyze_clips([folder], tmp_path / "out", options(str(gray)), **QUICK)
    with pytest.raises(EmoError, match="was analysed without a baseline"):
        analyze_clips([folder], tmp_path / "out", options(str(plain / "ben_anger" / "summary.json")), **QUICK)
    (tmp_path / "notes.json").write_text("[]")
    with pytest.raises(EmoError, match="expected the summary.json of an analysed clip"):
        analyze_clips([folder], tmp_path / "out", options(str(tmp_path / "notes.json")), **QUICK)
    assert not (tmp_path / "out").exists()


def test_options_that_contradict_a_baseline_are_refused():
    with pytest.raises(EmoError, match="cannot be asked for with apex_only"):
        AnalysisOptions(baseline="collection", apex_only=True)
    with pytest.raises(EmoError, match="expected it with that, found the baseline 'none'"):
        AnalysisOptions(subject="(a)")
    with pytest.raises(EmoError, match="a stream has no baseline"):
        next(emo_utils.Analyzer(**PLAIN, baseline="rest:0-1").stream(iter([np.zeros((8, 8, 3), np.uint8)]), fps=5))


def test_the_tables_over_the_run_hold_the_baseline(by_person):
    with (by_person / "people.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = {row["clip"]: row for row in csv.DictReader(file)}
    assert {row["baseline"] for row in rows.values()} == {"people"}
    assert rows["ben_anger.mp4"]["subject"] == "ben"
    assert all(row["mean_b_neutral"] for row in rows.values())
