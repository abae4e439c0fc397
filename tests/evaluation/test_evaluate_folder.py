"""Real faces in folders: the same figures as FER+ gives, and clips as `emo analyze` reads them."""

import shutil

import cv2
import numpy as np
import pytest

from emo_utils.datasets.registry import corpora
from emo_utils.errors import CorpusError, EmoError, UnknownNameError
from emo_utils.evaluation.evaluate_folder import FolderOptions, evaluate_folder
from emo_utils.evaluation.predictions import read_predictions
from emo_utils.inference.engines import OnnxEngine
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import Pipeline
from emo_utils.inference.weights import find_weights
from emo_utils.video import read_frames

EACH = 15


@pytest.fixture(scope="module")
def faces(ferplus_archive):
    """The first faces of each class of FER+'s validation part: pixels, names, classes."""
    part = corpora.create("ferplus", archive=ferplus_archive).load("validation")
    rows = [row for label in range(len(part.classes)) for row in np.flatnonzero(part.labels == label)[:EACH]]
    return part.pixels[rows], [part.names[row] for row in rows], [part.classes[part.labels[row]] for row in rows]


@pytest.fixture(scope="module")
def pictures(faces, tmp_path_factory):
    root = tmp_path_factory.mktemp("faces")
    for pixels, name, emotion in zip(*faces, strict=True):
        (root / emotion).mkdir(exist_ok=True)
        assert cv2.imwrite(str(root / emotion / name), pixels)
    return root


@pytest.fixture
def frames(clips, tmp_path):
    """The smile of a real clip in two folders, and a picture of several people."""
    seen = list(read_frames(clips / "single_face.mp4", sample_fps=4, threads=1))
    smile = seen[len(seen) // 2]
    for folder in ("happy", "sad"):
        (tmp_path / folder).mkdir()
        assert cv2.imwrite(str(tmp_path / folder / "p1_smile.png"), smile.pixels[..., ::-1])
    shutil.copy(clips / "multi_face.jpg", tmp_path / "happy" / "p2_party.JPG")
    return tmp_path


def test_faces_as_they_are_give_what_the_corpus_itself_gives(pictures, faces, tmp_path):
    options = FolderOptions(pictures, "asis", prior="ferplus")
    report = evaluate_folder("ferplus", options, tmp_path / "predictions.csv")
    weights = find_weights("ferplus")
    pixels, names, emotions = faces
    expected = OnnxEngine(weights).predict(pixels)
    table = read_predictions(tmp_path / "predictions.csv").set_index("clip_id")
    rows = table.loc[[f"{emotion}/{name}" for emotion, name in zip(emotions, names, strict=True)]]
    np.testing.assert_allclose(rows[[f"p_{name}" for name in weights.classes]], expected, atol=1e-5)
    right = [weights.classes[best] == emotion for best, emotion in zip(expected.argmax(1), emotions, strict=True)]
    assert report["accuracy"] == report["accuracy_all"] == pytest.approx(np.mean(right))
    assert (report["n"], report["files"], report["people"]) == (len(names),) * 3
    assert (report["faces"], report["detector"], report["no_face"]) == ("asis", None, 0)
    assert report["uncertain"]["below"] == weights.uncertain_under(report["prior"])


def test_faces_that_are_found_are_read_about_as_well(pictures):
    asis, found = (evaluate_folder("ferplus", FolderOptions(pictures, faces)) for faces in ("asis", "detect"))
    assert found["no_face"] <= 4
    assert found["accuracy_all"] > asis["accuracy"] - 0.12
    assert found["prior"] == asis["prior"] == find_weights("ferplus").clip_prior, (
        "these are not the weights' own corpus"
    )


def test_the_prior_that_is_asked_for_is_used(pictures):
    trained, even = (
        evaluate_folder("ferplus", FolderOptions(pictures, "asis", prior=name)) for name in ("ferplus", "uniform")
    )
    assert (trained["prior"], even["prior"]) == ("ferplus", "uniform")
    assert even["uar"] > trained["uar"] + 0.03
    with pytest.raises(UnknownNameError, match="uniform"):
        evaluate_folder("ferplus", FolderOptions(pictures, "asis", prior="even"))


def test_frames_of_clips_and_people_by_pattern(frames):
    report = evaluate_folder("ferplus", FolderOptions(frames, subject="(p[0-9])", prior="ferplus"))
    assert (report["n"], report["people"]) == (3, 2)
    assert report["confusion"][report["classes"].index("sadness")][report["classes"].index("happiness")] == 1
    assert report["per_person"]["p1"] == {"n": 2, "accuracy": 0.5}
    assert report["uar"] == report["uar_all"] == pytest.approx(report["recall"]["happiness"] / 2), "two classes"


def test_a_clip_is_read_as_emo_analyze_reads_it(clips, tmp_path):
    (tmp_path / "happy").mkdir()
    shutil.copy(clips / "single_face.mp4", tmp_path / "happy" / "smile.mp4")
    (tmp_path / "happy" / "torn.mp4").write_bytes(b"no video")
    report = evaluate_folder("ferplus", FolderOptions(tmp_path, prior="ferplus"), tmp_path / "p.csv")
    assert (report["n"], report["files"], list(report["unreadable_files"])) == (1, 2, ["happy/torn.mp4"])
    assert report["accuracy_all"] == report["accuracy"] / 2
    pipeline = Pipeline(AnalysisOptions("ferplus", segments=False, prior="ferplus"))
    timeline = pipeline.run(clips / "single_face.mp4").timeline
    (read,) = read_predictions(tmp_path / "p.csv")[[f"p_{name}" for name in timeline.classes]].to_numpy()
    np.testing.assert_allclose(read, timeline.probabilities(timeline.people[0]).mean(axis=0), atol=1e-4)
    with pytest.raises(CorpusError, match="found 2 videos; give --faces detect"):
        evaluate_folder("ferplus", FolderOptions(tmp_path, "asis"))


def test_a_folder_without_a_single_face_is_an_error(tmp_path):
    (tmp_path / "fear").mkdir()
    assert cv2.imwrite(str(tmp_path / "fear" / "wall.png"), np.full((64, 64), 90, np.uint8))
    (tmp_path / "fear" / "torn.png").write_bytes(b"")
    with pytest.raises(CorpusError, match="none in 1 pictures, and 1 that cannot be read.*give --faces asis"):
        evaluate_folder("ferplus", FolderOptions(tmp_path))


def test_other_ways_to_see_a_face_are_refused():
    with pytest.raises(EmoError, match="expected detect, asis, both; found 'crop'"):
        FolderOptions(faces="crop")


def test_a_baseline_stands_beside_the_plain_figures_and_changes_none_of_them(pictures):
    """FER+ with invented people: nobody's face is taken off, so the mean of all moves hardly a name."""
    plain = evaluate_folder("ferplus", FolderOptions(pictures, "asis"))
    options = FolderOptions(pictures, "asis", subject=r"fer\d*(\d)\.", baseline="people")
    report = evaluate_folder("ferplus", options)
    assert report["accuracy"] == plain["accuracy"]
    found = report["baseline"]
    assert found["kind"] == "people"
    assert found["accuracy"] > plain["accuracy"] - 0.1
    assert sum(one["clips"] for one in found["people"].values()) == report["n"]
    assert "transductive" in found["note"]


def test_a_baseline_of_people_needs_to_know_who_is_who(pictures):
    with pytest.raises(EmoError, match="--subject PATTERN"):
        evaluate_folder("ferplus", FolderOptions(pictures, "asis", baseline="people"))
