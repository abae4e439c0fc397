"""Pose, blendshapes and eyes: right in known motions of real faces, and from one run of the landmarker."""

import cv2
import numpy as np
import pandas as pd
import pytest

from emo_utils.assets import ASSETS
from emo_utils.errors import AssetError
from emo_utils.faces.detector import create_detector
from emo_utils.faces.landmarks import BLENDSHAPES, FaceLandmarker
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import Pipeline
from emo_utils.measures.blendshapes import ACTION_UNITS, blendshapes
from emo_utils.measures.blinks import find_blinks
from emo_utils.measures.eyes import eyes
from emo_utils.measures.landmarks import LARGEST_ANGLE
from emo_utils.measures.measure import FaceView, Instruments, create_measures, is_unreliable, measure_face
from emo_utils.measures.pose import pose
from emo_utils.reports.clips.summary import people_table, summarise
from emo_utils.video import read_frames


@pytest.fixture(scope="module")
def instruments():
    made = Instruments()
    yield made
    made.close()


@pytest.fixture(scope="module")
def detector():
    made = create_detector("mediapipe")
    yield made
    made.close()


@pytest.fixture(scope="module")
def look(detector, instruments):
    """A view of each face in a picture, from the left."""

    def views(pixels) -> list[FaceView]:
        found = detector.detect(pixels)
        order = np.argsort(found.boxes[:, 0])
        return [
            FaceView(pixels, found.boxes[row], found.keypoints[row], pixels[:8, :8], instruments=instruments)
            for row in order
        ]

    return views


@pytest.fixture(scope="module")
def smiling(clips) -> np.ndarray:
    return next(f.pixels for f in read_frames(clips / "single_face.mp4") if f.index == 50)


def turned(pixels: np.ndarray, degrees: float) -> np.ndarray:
    """A picture rotated clockwise about its centre."""
    height, width = pixels.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 0.9)
    return cv2.warpAffine(pixels, matrix, (width, height))


def test_a_picture_that_is_rotated_changes_the_roll_alone(look, smiling):
    (before,), (after,) = look(smiling), look(turned(smiling, 20))
    yaw, pitch, roll = pose(before)
    assert pose(after) == pytest.approx((yaw, pitch, roll + 20), abs=4)


def test_a_mirrored_face_looks_and_tilts_to_the_other_side(look, clips):
    pixels = next(f.pixels for f in read_frames(clips / "two_people.gif") if f.index == 20)
    aside, tilted = look(pixels)
    assert pose(aside)[0] < -20, "the first person looks to the left of the picture"
    assert abs(pose(tilted)[0]) < 15
    assert pose(tilted)[2] < -20, "the second one tilts the head counterclockwise"
    in_mirror = look(np.ascontiguousarray(pixels[:, ::-1]))
    for before, after in zip((aside, tilted), reversed(in_mirror), strict=True):
        yaw, pitch, roll = pose(before)
        assert pose(after) == pytest.approx((-yaw, pitch, -roll), abs=6)


def test_blendshapes_show_the_smile_and_change_sides_in_a_mirror(look, smiling, clips):
    calm = next(f.pixels for f in read_frames(clips / "single_face.mp4"))
    values = [dict(zip(BLENDSHAPES, blendshapes(look(pixels)[0]), strict=True)) for pixels in (calm, smiling)]
    assert values[0]["mouthSmileLeft"] < 0.2
    assert values[1]["mouthSmileLeft"] > 0.6
    (mirrored,) = look(np.ascontiguousarray(smiling[:, ::-1]))
    other = dict(zip(BLENDSHAPES, blendshapes(mirrored), strict=True))
    for name in ("mouthSmile", "eyeBlink", "browDown"):
        assert other[f"{name}Left"] == pytest.approx(values[1][f"{name}Right"], abs=0.12)


def test_action_units_name_blendshapes_that_exist():
    named = {name for names in ACTION_UNITS.values() for name in names}
    assert named <= set(BLENDSHAPES)
    assert set(BLENDSHAPES) - named == {"_neutral", "mouthClose", "mouthLeft", "mouthRight", "mouthShrugUpper"}


def test_all_measures_of_a_face_share_one_run_of_the_landmarker(look, smiling, instruments, monkeypatch):
    count, find = [], FaceLandmarker.find
    monkeypatch.setattr(FaceLandmarker, "find", lambda self, *given: count.append(1) or find(self, *given))
    (view,) = look(smiling)
    chosen = create_measures(["pose", "blendshapes", "eyes", "quality"])
    values = measure_face(view, chosen)
    assert len(values) == 3 + 52 + 3 + 4
    assert np.isfinite(values).all()
    assert len(count) == 1


def test_a_face_turned_far_away_or_without_landmarks_is_unreliable(instruments):
    (measure,) = create_measures(["pose"])
    assert not is_unreliable((LARGEST_ANGLE - 1, 0, 90), [measure])
    assert is_unreliable((-LARGEST_ANGLE - 1, 0, 0), [measure])
    assert is_unreliable((33, 33, 0), [measure]), "turned and nodded together"
    points = np.array([[40, 40], [80, 40], [60, 60], [60, 80]], np.float32)
    blank = FaceView(np.zeros((160, 160, 3), np.uint8), np.zeros(4), points, np.zeros((8, 8)), instruments=instruments)
    values = measure_face(blank, [measure])
    assert np.isnan(values).all()
    assert is_unreliable(values, [measure])


def test_landmarks_are_not_taken_from_another_face_nearby(look, smiling, instruments):
    (view,) = look(smiling)
    beside = view.keypoints + np.array([1.0, 0]) * np.ptp(view.box[::2])
    assert np.isnan(eyes(FaceView(smiling, view.box, beside, view.crop, instruments=instruments))).all()


def test_blinks_are_short_dips_and_not_long_closures_or_ends():
    times_s = np.arange(0, 20, 1 / 25)
    openness = np.full(len(times_s), 0.3) + 0.05 * np.sin(times_s)
    for start_s, seconds in ((3, 0.2), (6, 0.12), (10, 3.0), (15, 0.2), (19.9, 0.3)):
        openness[(times_s >= start_s) & (times_s < start_s + seconds)] *= 0.2
    found = find_blinks(times_s, openness)
    assert [start for start, _ in found] == pytest.approx([3, 6, 15])
    assert find_blinks(times_s, np.full(len(times_s), np.nan)) == []


def test_the_blinks_of_a_real_clip_are_in_its_summary(clips):
    options = AnalysisOptions(segments=False, identity_weights="none", measures=("eyes", "pose", "valence"))
    timeline = Pipeline(options).run(clips / "single_face.mp4").timeline
    (person,) = summarise(timeline)["people"]
    assert person["blinks"] == 1, "seen by eye, at 0.9 s"
    assert person["blinks_per_minute"] == pytest.approx(60 / timeline.table["time_s"].max(), rel=0.02)
    assert person["mean_valence"] == pytest.approx(timeline.table["valence"].mean(), abs=1e-4)
    assert {"blinks", "mean_valence"} <= set(people_table(summarise(timeline)).columns)
    slow = pd.DataFrame(timeline.table).iloc[::8].reset_index(drop=True)
    assert summarise(type(timeline)(slow, timeline.classes))["people"][0]["blinks"] is None, "blinks fall between"


def test_an_absent_model_is_told_before_the_first_clip(monkeypatch, tmp_path):
    monkeypatch.setenv("EMO_MODELS_DIR", str(tmp_path))
    asset = ASSETS["face_landmarker_v2_with_blendshapes"]
    (tmp_path / asset.filename).write_bytes(b"damaged")
    with pytest.raises(AssetError, match="face_landmarker_v2_with_blendshapes.task"):
        create_measures(["pose"])
    assert create_measures(["valence"]), "it needs no model"
