"""Blurred outputs do not show who the people are, by our own identity network."""

import cv2
import numpy as np
import pytest

from emo_utils.faces.detector import create_detector
from emo_utils.faces.embedding import FaceEmbedder, align_face
from emo_utils.faces.identity import JOINED_FROM
from emo_utils.inference.frame_sources import file_source
from emo_utils.inference.options import AnalysisOptions
from emo_utils.reports.clips.blur import FacePlaces, hide
from emo_utils.reports.clips.writer import in_order, write_outputs
from emo_utils.video import probe, read_frames
from emo_utils.workflows.analyzer import Analyzer


@pytest.fixture(scope="module")
def embedder(shared) -> FaceEmbedder:
    path = shared / "models" / "mobilefacenet.onnx"
    if not path.exists():
        pytest.skip(f"no identity network at {path}")
    return FaceEmbedder(path)


@pytest.fixture(scope="module")
def keypoints(clips) -> dict[int, np.ndarray]:
    """The face of each frame of the clip, before it was blurred."""
    detector = create_detector("mediapipe")
    found = {frame.index: detector.detect(frame.pixels) for frame in read_frames(clips / "single_face.mp4")}
    detector.close()
    return {index: faces.keypoints[0] for index, faces in found.items() if len(faces.boxes)}


def written(clips, folder, outputs, **options):
    analysis = Analyzer(identity_weights="none", **options).analyze_source(
        file_source(clips / "single_face.mp4"), progress=False
    )
    assert write_outputs(analysis.results, folder, in_order(outputs)) == ()


@pytest.mark.parametrize("blur", [True, False])
def test_a_blurred_video_matches_the_person_in_no_frame(clips, embedder, keypoints, tmp_path, blur):
    written(clips, tmp_path, ["annotated"], segments=False, blur_faces=blur)
    before = {f.index: align_face(f.pixels, keypoints[f.index]) for f in read_frames(clips / "single_face.mp4")}
    after = {f.index: align_face(f.pixels, keypoints[f.index]) for f in read_frames(tmp_path / "annotated.mp4")}
    assert before.keys() == after.keys() == keypoints.keys()
    assert len(after) == 72
    person, shown = (embedder.embed(np.stack(list(faces.values()))) for faces in (before, after))
    similarity = shown @ person.T  # each frame as shown, with each frame as filmed
    print(f"blur {blur}: similarity {similarity.min():.2f} to {similarity.max():.2f}, threshold {JOINED_FROM}")
    if blur:
        assert similarity.max() < JOINED_FROM
        assert probe(tmp_path / "annotated.mp4").duration_s == pytest.approx(2.4, abs=0.1)
    else:
        assert np.diag(similarity).min() > JOINED_FROM, "the test can fail"


def test_apex_pictures_are_blurred_and_the_magnified_video_is_left_out(clips, embedder, keypoints, tmp_path):
    written(clips, tmp_path, ["apex", "magnified"], blur_faces=True)
    pictures = [cv2.imread(str(path))[..., ::-1] for path in (tmp_path / "apex").glob("*.png")]
    assert pictures
    assert not (tmp_path / "magnified.mp4").exists()
    detector = create_detector("mediapipe")
    assert all(len(detector.detect(np.ascontiguousarray(picture)).boxes) == 0 for picture in pictures)
    detector.close()


def test_a_face_is_hidden_whole_and_the_rest_is_not_changed():
    pixels = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    hidden = hide(pixels, np.array([[100.0, 80, 160, 140]]))
    assert (hidden[:, :80] == pixels[:, :80]).all()
    assert (hidden[160:] == pixels[160:]).all()
    assert np.abs(np.diff(hidden[44:158, 82:178].astype(int), axis=0)).max() < 60, "no detail is left"
    assert (hide(pixels, np.array([[-500.0, -500, -400, -400]])) == pixels).all(), "outside the frame"
    assert (hide(pixels, np.empty((0, 4))) == pixels).all()


def test_a_face_stays_hidden_where_it_is_lost_for_a_moment(clips):
    timeline = Analyzer(identity_weights="none", segments=False).pipeline.run(clips / "single_face.mp4").timeline
    rows = timeline.table
    gap = rows["time_s"].between(1.0, 1.5)
    places = FacePlaces(type(timeline)(rows[~gap], timeline.classes))
    assert all(len(places.at(time_s)) == 1 for time_s in rows["time_s"])
    assert len(places.at(rows["time_s"].max() + 2)) == 0


def test_options_say_that_faces_are_blurred():
    assert AnalysisOptions().blur_faces is False
