"""Who is who, on scenes put together from real clips of different people (`scenes.py`), and the rules one by one."""

import logging
from dataclasses import replace

import numpy as np
import pytest
import scenes

from emo_utils.faces import cuts
from emo_utils.faces.cuts import CutDetector
from emo_utils.faces.identity import JOINED_FROM, name_people
from emo_utils.faces.portraits import FIRST_SLOT_S, MOST, BestPortraits, Portrait
from emo_utils.faces.tracklets import Tracklet, TrackletStore
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import Pipeline
from emo_utils.structures import Detections, Frame

SCENES = {scene.name: scene for scene in scenes.real_scenes()}


@pytest.fixture(scope="module")
def weights_file(shared) -> str:
    path = shared / "models" / "mobilefacenet.onnx"
    if not path.exists():
        pytest.skip(f"no embedding network at {path}")
    return str(path)


@pytest.fixture(scope="module")
def pipeline(weights_file) -> Pipeline:
    return Pipeline(AnalysisOptions(identity_weights=weights_file, segments=False))


@pytest.fixture(scope="module")
def filmed(clips, tmp_path_factory):
    """Film a scene once, by its name."""
    folder, paths = tmp_path_factory.mktemp("scenes"), {}

    def film(name):
        if name not in paths:
            paths[name] = scenes.film(SCENES[name], clips, folder / f"{len(paths)}.mp4")
        return paths[name]

    return film


@pytest.mark.parametrize("name", SCENES)
def test_each_person_is_one_from_beginning_to_end(pipeline, clips, filmed, name):
    pytest.importorskip("trackeval", reason="the metric needs TrackEval")
    timeline = pipeline.run(filmed(name)).timeline
    result = scenes.score(scenes.truth_of(SCENES[name], clips), timeline.faces)
    assert result.switches == 0
    assert result.found == result.true == len(SCENES[name].people)
    assert result.idf1 >= 0.95
    assert timeline.people == list(range(1, result.true + 1)), "not numbered in order of appearance"


@pytest.mark.parametrize("name", ["A|B|A cut together", "two people swap sides at a cut"])
def test_without_embeddings_a_cut_ends_the_tracks_and_nobody_is_mixed_up(clips, filmed, name, caplog):
    with caplog.at_level(logging.INFO, logger="emo_utils"):
        timeline = Pipeline(AnalysisOptions(identity_weights="none", segments=False)).run(filmed(name)).timeline
    truth = scenes.truth_of(SCENES[name], clips)
    seen = timeline.faces.merge(truth, on="frame_index", suffixes=("", "_true"))
    seen = seen[(seen["x1"] - seen["x1_true"]).abs() < 100]
    assert (seen.groupby("person_id")["person"].nunique() == 1).all()
    (line,) = [record for record in caplog.records if "identity" in record.message]
    assert line.levelno == logging.WARNING
    assert "emo fetch arcface" in line.message


UNNOTICED = ["A|B|A cut together", "two people swap sides at a cut", "conversation: both, close-ups, both"]


@pytest.mark.parametrize("name", UNNOTICED)
def test_a_track_that_runs_on_over_an_unnoticed_cut_is_split(pipeline, clips, filmed, name, monkeypatch):
    pytest.importorskip("trackeval", reason="the metric needs TrackEval")
    monkeypatch.setattr(cuts.CutDetector, "is_cut", lambda *_: False)
    result = scenes.score(scenes.truth_of(SCENES[name], clips), pipeline.run(filmed(name)).timeline.faces)
    assert result.found == result.true
    assert result.idf1 >= 0.95
    assert result.switches == 0


@pytest.mark.parametrize("options", [{}, {"detect_every": 1}, {"sample_fps": 6}])
def test_no_switch_between_two_people_side_by_side(weights_file, clips, options):
    pipeline = Pipeline(AnalysisOptions(identity_weights=weights_file, segments=False, **options))
    faces = pipeline.run(clips / "two_people.gif").timeline.faces
    sides = faces.groupby("person_id")[["x1", "x2"]].agg(["min", "max"])
    assert list(sides.index) == [1, 2]
    assert sides.loc[1, ("x2", "max")] < sides.loc[2, ("x1", "min")]


def test_one_person_who_laughs_and_turns_is_one(pipeline, clips):
    for name in ("WolfgangLanger_Pexels.mp4", "expressive_d20.mp4", "single_face.mp4"):
        faces = pipeline.run(clips / name).timeline.faces
        assert set(faces["person_id"]) == set(faces["track_id"]) == {1}, name


def test_the_log_says_who_was_joined_and_why(pipeline, filmed, caplog):
    with caplog.at_level(logging.INFO, logger="emo_utils"):
        pipeline.run(filmed("A|B|A cut together"))
    lines = [record.message for record in caplog.records if "identity" in record.message]
    assert any("mobilefacenet.onnx" in line and pipeline.embedder.sha256 in line for line in lines)
    assert any(f"similarity {JOINED_FROM:.2f} and more is one person" in line for line in lines)
    assert any("tracks 1 and 3 are one person, similarity 0.9" in line for line in lines)
    assert any("tracks 1+3 and 2 are two people" in line for line in lines)


def test_a_clip_of_one_track_runs_no_network(pipeline, clips, monkeypatch):
    monkeypatch.setattr(pipeline.embedder, "embed", lambda _: pytest.fail("a face was read"))
    assert pipeline.run(clips / "single_face.mp4").timeline.people == [1]


def tracklet(number, track, first, last, vector, fps=25) -> Tracklet:
    unit = np.array(vector, np.float32) / np.linalg.norm(vector)
    return Tracklet(number, track, first, first / fps, last, last / fps, last - first + 1, unit, 1.0)


def test_two_faces_in_one_frame_are_two_people_however_alike():
    people = name_people([tracklet(1, 1, 0, 50, [1, 0]), tracklet(2, 2, 50, 90, [1, 0.01])])
    assert people.person_of == {1: 1, 2: 2}
    (decision,) = people.decisions
    assert decision.together
    assert not decision.joined
    assert name_people([tracklet(1, 1, 0, 50, [1, 0]), tracklet(2, 2, 51, 90, [1, 0.01])]).person_of == {1: 1, 2: 1}


def test_what_cannot_be_holds_for_groups_too():
    """1 and 3 are the closest; 2 is like both, but was seen beside 3."""
    tracklets = [
        tracklet(1, 1, 0, 50, [1, 0, 0]),
        tracklet(2, 2, 60, 90, [1, 0.4, 0]),
        tracklet(3, 3, 80, 99, [1, 0.1, 0]),
    ]
    assert name_people(tracklets).person_of == {1: 1, 2: 2, 3: 1}


def test_people_count_in_order_of_appearance():
    tracklets = [tracklet(1, 1, 0, 50, [0, 1]), tracklet(2, 2, 10, 40, [1, 0]), tracklet(3, 3, 60, 90, [1, 0])]
    assert name_people(tracklets).person_of == {1: 1, 2: 2, 3: 2}
    assert name_people([]).person_of == {}


def test_a_short_piece_founds_no_person_and_goes_to_the_most_alike():
    whole = [tracklet(1, 1, 0, 50, [1, 0, 0]), tracklet(2, 2, 0, 50, [0, 1, 0])]
    hidden = tracklet(3, 1, 51, 53, [0, 0, 1])
    assert name_people([*whole, hidden]).person_of[3] == 1, "similar to nobody: stays with its track"
    swapped = tracklet(3, 1, 51, 53, [0, 1, 0])
    assert name_people([*whole, swapped]).person_of[3] == 2, "similar to the other person"
    beside = replace(whole[1], last=60, last_s=60 / 25)
    assert name_people([whole[0], beside, swapped]).person_of[3] == 1, "the other is still seen elsewhere"


def test_tracks_that_were_not_read_are_a_person_each():
    tracks = ((1, 1), (2, 2), (3, 1))
    tracklets = [replace(tracklet(n, track, 10 * n, 10 * n + 5, [1, 0]), vector=None) for n, track in tracks]
    assert name_people(tracklets).person_of == {1: 1, 2: 2, 3: 1}


def test_portraits_are_the_best_and_spread_over_time():
    best = BestPortraits()
    for i in range(400):
        quality = 0.9 if i % 50 == 7 else 0.5
        best.offer(Portrait(np.full((112, 112, 3), i % 256, np.uint8), quality, i * FIRST_SLOT_S / 2))
    assert MOST / 2 <= len(best) <= MOST
    assert (best.quality[:-1] == 0.9).all(), "all but the slot that is not over"
    taken_at_s = np.array([portrait.time_s for portrait in best])
    assert np.diff(taken_at_s[:-1]).min() > 5, "of 40 seconds"


def test_a_store_holds_few_pictures_however_long_the_clip(weights_file):
    from emo_utils.faces.embedding import FaceEmbedder

    store, rng = TrackletStore(FaceEmbedder(weights_file)), np.random.default_rng(0)
    points = np.array([[[35, 45], [65, 45], [50, 60], [50, 75]]], np.float32)
    found = Detections(np.array([[20, 20, 80, 80]], np.float32), np.array([0.9], np.float32), points)
    for index in range(150):
        pixels = rng.integers(0, 255, (100, 100, 3), dtype=np.uint8)
        store.enter(Frame(pixels, index, index / 25), found, {1: 0})
    assert len(store.tracklets) == 150, "noise never looks like the noise before"
    assert sum(len(tracklet.portraits) for tracklet in store.tracklets) <= 66
    assert all(tracklet.vector is not None for tracklet in store.finish())


def gray(value, spread=40, seed=0):
    rng = np.random.default_rng(seed)
    return np.clip(np.kron(rng.normal(value, spread, (8, 8)), np.ones((12, 16))), 0, 255)[..., None].repeat(3, 2)


def cuts_in(pictures, fps=25) -> list[int]:
    detector = CutDetector()
    return [i for i, p in enumerate(pictures) if detector.is_cut(p.astype(np.uint8), i / fps)]


def test_a_new_scene_is_a_cut_and_light_or_a_flash_is_none():
    first, second = gray(120), gray(120, seed=1)
    assert cuts_in([first] * 5 + [second] * 5) == [5]
    assert cuts_in([first] * 5 + [first * 0.6 + 20] * 5) == [], "the light is dimmed"
    assert cuts_in([first] * 5 + [np.full_like(first, 255)] + [first] * 5) == [], "a flash"
    assert cuts_in([first] * 5 + [np.zeros_like(first)] * 3 + [second] * 5) == [8], "black between two scenes"


def test_bars_beside_a_picture_hide_no_cut():
    bars = np.zeros((96, 400, 3))
    pictures = [np.hstack([bars, picture, bars]) for picture in (gray(120), gray(120, seed=1))]
    assert cuts_in([pictures[0]] * 5 + [pictures[1]] * 5) == [5]


def test_real_shots_hold_no_cut_that_ends_a_track(clips):
    for name in ("expressive_d20.mp4", "WolfgangLanger_Pexels.mp4", "two_people.gif"):
        timeline = (
            Pipeline(AnalysisOptions(identity_weights="none", detect_every=1, segments=False))
            .run(clips / name)
            .timeline
        )
        assert timeline.faces["track_id"].nunique() == (2 if "two" in name else 1), name


def test_synthetic_people_who_cross_are_told_apart(pipeline, tmp_path):
    """Synthetic: shows that the code works, and is no accuracy."""
    pytest.importorskip("trackeval", reason="the metric needs TrackEval")
    path, truth = next(iter(scenes.synthetic_crossings(tmp_path).values()))
    tracks_only = Pipeline(AnalysisOptions(identity_weights="none", segments=False)).run(path).timeline.faces
    assert scenes.score(truth, tracks_only).idf1 >= 0.7
    assert scenes.score(truth, pipeline.run(path).timeline.faces).switches == 0
