"""Every registered detector keeps the same promises; what is special about one is tested on its own below."""

import logging

import numpy as np
import pytest

from emo_utils import assets
from emo_utils.errors import AssetError, MissingPackageError, UnknownNameError
from emo_utils.faces.crops import crop_box, face_side
from emo_utils.faces.detector import create_detector, detectors
from emo_utils.faces.keypoints import MESH_POINTS, from_five_points, from_mesh
from emo_utils.settings import load_settings
from emo_utils.structures import LEFT_EYE, MOUTH, NOSE, RIGHT_EYE
from emo_utils.video import read_frames

ASKED_FOR_ONLY = {"retinaface": "retinaface", "yolov8": "yolov8_face"}
"""Detectors whose weights no test downloads, for their size and terms, and the weights' names in `ASSETS`."""


def make(name):
    asset = assets.ASSETS.get(ASKED_FOR_ONLY.get(name))
    if asset and not (load_settings().models_dir / asset.filename).exists():
        pytest.skip(f"the weights of {name!r} are not here; fetch them with `emo fetch {asset.name}`")
    try:
        return detectors.create(name)
    except (AssetError, MissingPackageError) as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def face_frame(clips):
    """A real frame with one face, 640x360."""
    path = clips / "single_face.mp4"
    if not path.exists():
        pytest.skip(f"no {path}")
    return next(read_frames(path)).pixels


@pytest.fixture(scope="module", params=list(detectors))
def detector(request):
    made = make(request.param)
    yield made
    made.close()


def test_all_detectors_are_registered():
    assert set(detectors) >= {"mediapipe", "mediapipe_mesh", "haar", "mtcnn", "retinaface", "yolov8"}


def test_a_detector_finds_the_one_face(detector, face_frame):
    found = detector.detect(face_frame)
    assert found.boxes.shape == (1, 4)
    assert found.boxes.dtype == found.confidence.dtype == np.float32
    assert 0 < found.confidence[0] <= 1
    x1, y1, x2, y2 = found.boxes[0]
    assert x1 < 297 < x2  # the nose
    assert y1 < 214 < y2
    assert 100 < np.sqrt((x2 - x1) * (y2 - y1)) < 250


def test_keypoints_come_in_the_common_order(detector, face_frame):
    found = detector.detect(face_frame)
    if found.keypoints is None:
        pytest.skip(f"{detector.name} gives boxes only")
    assert found.keypoints.dtype == np.float32
    points = found.keypoints[0]
    assert points[LEFT_EYE, 0] < points[NOSE, 0] < points[RIGHT_EYE, 0]
    assert max(points[LEFT_EYE, 1], points[RIGHT_EYE, 1]) < points[NOSE, 1] < points[MOUTH, 1]
    x1, y1, x2, y2 = found.boxes[0]
    common = points[:4]
    assert ((common > [x1, y1]) & (common < [x2, y2])).all()


@pytest.mark.parametrize("gray", [0, 128, 255])
def test_a_blank_frame_has_no_face(detector, gray):
    found = detector.detect(np.full((240, 320, 3), gray, np.uint8))
    assert len(found) == 0
    assert found.boxes.shape == (0, 4)
    assert found.keypoints is None


def test_the_smallest_frame_a_video_may_have_is_no_trouble(detector):
    assert len(detector.detect(np.zeros((32, 32, 3), np.uint8))) == 0


def test_a_detector_does_not_depend_on_the_frame_before(detector, face_frame):
    first = detector.detect(face_frame).boxes
    detector.detect(np.zeros((240, 320, 3), np.uint8))
    np.testing.assert_array_equal(detector.detect(face_frame).boxes, first)


def test_keypoints_are_those_of_the_default_detector(detector, face_frame):
    """Within a tenth of the face side, so that crops are framed alike whichever detector found the face."""
    found = detector.detect(face_frame).keypoints
    if found is None:
        pytest.skip(f"{detector.name} gives boxes only")
    usual = make("mediapipe").detect(face_frame).keypoints
    assert np.hypot(*(found[0, :4] - usual[0, :4]).T).max() < 0.1 * face_side(usual)[0]


def test_an_unknown_detector_lists_the_known_ones():
    with pytest.raises(UnknownNameError) as raised:
        create_detector("retinafase")
    assert "Did you mean 'retinaface'?" in str(raised.value)
    for name in detectors:
        assert name in str(raised.value)


# --- the fallback


@pytest.fixture
def without_models(monkeypatch, tmp_path):
    """An empty model folder and no way to fill it."""
    monkeypatch.setenv("EMO_MODELS_DIR", str(tmp_path / "models"))

    def refuse(asset, folder, progress):
        raise AssetError(f"{asset.name}: no network in this test")

    monkeypatch.setattr(assets, "_from_wheel", refuse)
    monkeypatch.setattr(assets, "_from_url", refuse)


def test_without_its_model_file_the_default_becomes_haar_with_one_warning(without_models, caplog):
    with caplog.at_level(logging.DEBUG, "emo_utils"):
        made = create_detector()
        made.detect(np.zeros((64, 64, 3), np.uint8))
    warnings = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert made.name == "haar"
    assert len(warnings) == 1
    assert "Haar" in warnings[0]
    assert "no network in this test" in warnings[0]


@pytest.mark.parametrize("name", ["mediapipe_mesh", "retinaface", "yolov8"])
def test_another_detector_without_its_model_file_is_an_error(without_models, name):
    with pytest.raises(AssetError, match="no network in this test"):
        create_detector(name)


def test_mtcnn_without_its_package_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match=r"--no-deps facenet-pytorch"):
        detectors.create("mtcnn")


# --- keypoint rows


def test_five_points_get_a_mouth_centre_and_keep_its_corners():
    points = np.array([[[10, 20], [30, 20], [20, 30], [12, 40], [28, 44]]], float)
    rows = from_five_points(points)
    np.testing.assert_array_equal(rows[0], [[10, 20], [30, 20], [20, 30], [20, 42], [12, 40], [28, 44]])
    assert rows.dtype == np.float32


def test_mesh_points_are_kept_as_further_rows():
    points = np.random.default_rng(0).uniform(0, 100, (2, MESH_POINTS, 2))
    rows = from_mesh(points)
    assert rows.shape == (2, 4 + MESH_POINTS, 2)
    np.testing.assert_allclose(rows[:, 4:], points, rtol=1e-6)
    np.testing.assert_allclose(rows[:, LEFT_EYE], (points[:, 33] + points[:, 133]) / 2, rtol=1e-6)
    np.testing.assert_allclose(rows[:, MOUTH], (points[:, 13] + points[:, 14]) / 2, rtol=1e-6)


def test_the_mesh_box_is_the_tight_box_of_its_points(face_frame):
    found = make("mediapipe_mesh").detect(face_frame)
    mesh = found.keypoints[0, 4:]
    assert len(mesh) == MESH_POINTS
    np.testing.assert_array_equal(found.boxes[0], [*mesh.min(axis=0), *mesh.max(axis=0)])


def test_the_mesh_finds_several_faces(clips):
    path = clips / "two_people.gif"
    if not path.exists():
        pytest.skip(f"no {path}")
    assert len(make("mediapipe_mesh").detect(next(read_frames(path)).pixels)) == 2


# --- the crop of the mesh's box


def ramp(height, width):
    """A frame that says where each pixel is: red its column, green its row."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([columns, rows, np.zeros_like(rows)], axis=2).astype(np.uint8)


def test_a_box_of_the_crops_own_size_is_cut_out_unchanged():
    frame = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    np.testing.assert_array_equal(crop_box(frame, [20, 10, 84, 74], margin=0, size=64), frame[10:74, 20:84])


def test_ten_percent_are_added_on_each_side():
    """A box of 40 x 60 becomes 48 x 72: 4 pixels more left and right, 6 more above and below."""
    frame = ramp(200, 200)
    crop = crop_box(frame, [100, 50, 140, 110], margin=0.10, size=24)
    widened = frame[44:116, 96:144].astype(float)
    expected = widened.reshape(24, 3, 24, 2, 3).mean(axis=(1, 3))
    assert np.abs(crop - expected).max() <= 1


def test_a_small_box_is_enlarged_about_the_same_centre():
    frame = ramp(200, 200)
    crop = crop_box(frame, [60, 80, 80, 100], margin=0.10)
    assert crop.shape == (224, 224, 3)
    red, green = crop[..., 0].astype(float), crop[..., 1].astype(float)
    assert red.mean() == pytest.approx(69.5, abs=0.3)  # pixels 60 to 79 have their middle at 69.5
    assert green.mean() == pytest.approx(89.5, abs=0.3)
    assert np.ptp(red) == pytest.approx(24, abs=1.5)


def test_a_box_over_the_edge_repeats_the_edge():
    crop = crop_box(ramp(100, 100), [-20, 0, 20, 40], margin=0, size=40)
    assert (crop[:, :20, 0] == 0).all()
    np.testing.assert_array_equal(crop[0, 20:, 0], np.arange(20))


def test_a_box_without_area_is_refused():
    with pytest.raises(ValueError, match="x1 < x2"):
        crop_box(ramp(50, 50), [30, 10, 20, 40])


def test_the_mesh_crop_holds_all_points_with_room_on_each_side(face_frame):
    found = make("mediapipe_mesh").detect(face_frame)
    x1, y1, x2, y2 = found.boxes[0]
    marked = np.zeros_like(face_frame)
    marked[round(y1) : round(y2), round(x1) : round(x2)] = 255
    inside = crop_box(marked, found.boxes[0])[..., 0] > 127
    expected = 224 * 0.1 / 1.2
    for axis in (0, 1):
        filled = np.flatnonzero(inside.any(axis=axis))
        assert filled[0] == pytest.approx(expected, abs=2)
        assert 223 - filled[-1] == pytest.approx(expected, abs=2)
