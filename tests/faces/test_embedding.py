"""The embedding network: alignment, what files are taken, and the same vectors as uniface's own class gives."""

import json
import shutil
from dataclasses import replace
from hashlib import sha256

import cv2
import numpy as np
import pytest

from emo_utils import assets
from emo_utils.errors import WeightsError
from emo_utils.faces.detector import create_detector
from emo_utils.faces.embedding import SIZE_PX, TEMPLATE, FaceEmbedder, align_face, align_transform, find_embedder
from emo_utils.inference.weights import SHIPPED
from emo_utils.settings import load_settings
from emo_utils.video import read_frames


@pytest.fixture(scope="module")
def weights_file(shared):
    path = shared / "models" / "mobilefacenet.onnx"
    if not path.exists():
        pytest.skip(f"no embedding network at {path}")
    return path


@pytest.fixture(scope="module")
def embedder(weights_file) -> FaceEmbedder:
    return FaceEmbedder(weights_file)


@pytest.fixture(scope="module")
def faces(clips) -> np.ndarray:
    """Aligned real faces of two people, three of each."""
    detector, found = create_detector(), []
    for name in ("single_face.mp4", "expressive_d18.mp4"):
        for frame in list(read_frames(clips / name))[10:60:20]:
            found.append(align_face(frame.pixels, detector.detect(frame.pixels).keypoints[0]))
    detector.close()
    return np.stack(found)


def network(path, shape, kind="float", keep_sides=False):
    """A network of the given input shape whose output is the mean colour, repeated."""
    onnx = pytest.importorskip("onnx", reason="stand-in networks are built with onnx")
    from onnx import TensorProto, helper

    element = TensorProto.FLOAT if kind == "float" else TensorProto.UINT8
    axes = (2, 3) if len(shape) == 4 and shape[1] == 3 else (1, 2)
    nodes = [helper.make_node("Cast", ["faces"], ["real"], to=TensorProto.FLOAT)]
    nodes += [helper.make_node("ReduceMean", ["real"], ["out"], axes=axes, keepdims=int(keep_sides))]
    graph = helper.make_graph(
        nodes,
        "stand_in",
        [helper.make_tensor_value_info("faces", element, shape)],
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), path)
    return path


@pytest.mark.parametrize(("angle", "scale"), [(0, 1.0), (25, 2.5), (180, 0.4)])
def test_alignment_undoes_turn_scale_and_shift(angle, scale):
    turn = cv2.getRotationMatrix2D((56, 56), angle, scale)
    seen = TEMPLATE @ turn[:, :2].T + turn[:, 2] + [300, 80]
    transform, away_px = align_transform(seen)
    np.testing.assert_allclose(seen @ transform[:, :2].T + transform[:, 2], TEMPLATE, atol=1e-6)
    assert away_px < 1e-6


def test_alignment_is_the_least_squares_of_scikit_image():
    """It is written out because it needs no decomposition, and scikit-image takes long to load."""
    transform = pytest.importorskip("skimage.transform").SimilarityTransform
    rng = np.random.default_rng(0)
    for points in TEMPLATE * rng.uniform(0.3, 6, (50, 1, 1)) + rng.normal(0, 12, (50, 4, 2)):
        expected = transform.from_estimate(points, TEMPLATE).params[:2]
        np.testing.assert_allclose(align_transform(points)[0], expected, rtol=1e-9, atol=1e-9)


def test_a_turned_head_stays_away_from_the_template():
    aside = TEMPLATE.copy()
    aside[2, 0] += 15  # the nose beside the eyes' middle
    assert align_transform(aside)[1] > 5
    assert np.isfinite(align_transform(np.zeros((4, 2)))[0]).all(), "all points in one place"


def test_one_person_is_alike_and_two_are_not(embedder, faces):
    vectors = embedder.embed(faces)
    assert vectors.shape == (6, 128)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alike = vectors @ vectors.T
    assert alike[:3, :3].min() > 0.6
    assert alike[3:, 3:].min() > 0.5
    assert alike[:3, 3:].max() < 0.3


def test_vectors_are_those_of_unifaces_own_class(weights_file, embedder, faces, monkeypatch):
    arcface = pytest.importorskip("uniface.recognition.arcface", reason="needs uniface's recognition")
    monkeypatch.setattr(arcface, "verify_model_weights", lambda _: str(weights_file))
    theirs = arcface.ArcFace(providers=["CPUExecutionProvider"])
    vectors = np.concatenate([theirs.get_embedding(face[..., ::-1]) for face in faces])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert (vectors * embedder.embed(faces)).sum(axis=1).min() > 0.9999


def test_the_named_weights_are_the_ones_uniface_names():
    from uniface.constants import MODEL_REGISTRY, ArcFaceWeights

    theirs, ours = MODEL_REGISTRY[ArcFaceWeights.MNET], assets.ASSETS["arcface"]
    assert (ours.source.address, ours.sha256) == (theirs.url, theirs.sha256)
    assert "non-commercial" in ours.licence


def test_a_sidecar_says_another_input_range(weights_file, embedder, faces, tmp_path):
    path = shutil.copy(weights_file, tmp_path / "own.onnx")
    (tmp_path / "own.json").write_text(json.dumps({"mean": 127.5, "std": 128}))
    alike = (FaceEmbedder(path).embed(faces) * embedder.embed(faces)).sum(axis=1)
    assert 0.9999 < alike.min() <= alike.max() < 1.00001
    assert not np.array_equal(FaceEmbedder(path).embed(faces), embedder.embed(faces))
    (tmp_path / "own.json").write_text("[]")
    with pytest.raises(WeightsError, match="expected a JSON object"):
        FaceEmbedder(path)


@pytest.mark.parametrize("shape", [(1, 3, 112, 112), ("N", 3, 112, 112), (1, 112, 112, 3), ("N", "H", "W", 3)])
def test_both_layouts_and_batches_are_read_alike(tmp_path, shape):
    face = np.zeros((2, SIZE_PX, SIZE_PX, 3), np.uint8)
    face[0, ..., 0] = face[1, ..., 1] = 255
    vectors = FaceEmbedder(network(tmp_path / "net.onnx", shape)).embed(face)
    np.testing.assert_allclose(vectors * np.sqrt(3), [[1, -1, -1], [-1, 1, -1]], atol=1e-5)


def test_another_input_size_is_filled(tmp_path):
    embedder = FaceEmbedder(network(tmp_path / "net.onnx", (1, 3, 160, 160)))
    assert embedder.size == 160
    assert embedder.embed(np.full((1, SIZE_PX, SIZE_PX, 3), 200, np.uint8)).shape == (1, 3)


@pytest.mark.parametrize(
    ("shape", "kind", "keep_sides", "match"),
    [
        (("N", 48, 48), "uint8", False, "expected an embedding network with square RGB input"),
        ((1, 3, 112, 96), "float", False, "expected an embedding network with square RGB input"),
        ((1, 1, 112, 112), "float", False, "expected an embedding network with square RGB input"),
        ((1, 3, 112, 112), "float", True, r"expected one vector per face, \(1, D\); found an output of shape"),
    ],
)
def test_other_networks_are_refused(tmp_path, shape, kind, keep_sides, match):
    with pytest.raises(WeightsError, match=match):
        FaceEmbedder(network(tmp_path / "net.onnx", shape, kind=kind, keep_sides=keep_sides))


def test_a_broken_or_missing_file_is_refused(tmp_path):
    (tmp_path / "broken.onnx").write_bytes(b"not a network")
    with pytest.raises(WeightsError, match="not an ONNX file"):
        FaceEmbedder(tmp_path / "broken.onnx")
    with pytest.raises(WeightsError, match="expected auto, none, arcface, or an .onnx file"):
        find_embedder(str(tmp_path / "missing.onnx"))


def test_faces_of_another_shape_are_an_error(embedder):
    with pytest.raises(ValueError, match=r"expected uint8 faces \(N, 112, 112, 3\), found float64 \(1, 48, 48\)"):
        embedder.embed(np.zeros((1, 48, 48)))
    assert embedder.embed(np.zeros((0, SIZE_PX, SIZE_PX, 3), np.uint8)).shape == (0, 128)


def test_auto_downloads_nothing_and_takes_what_was_fetched(weights_file, monkeypatch, tmp_path):
    monkeypatch.setenv("EMO_MODELS_DIR", str(tmp_path))
    monkeypatch.setattr(assets, "_from_url", lambda *_: pytest.fail("something was downloaded"))
    assert find_embedder("auto") is None
    assert find_embedder("none") is None
    asset = assets.ASSETS["arcface"]
    path = shutil.copy(weights_file, tmp_path / asset.filename)
    with pytest.raises(assets.AssetError, match="expected SHA-256"):
        find_embedder("auto")
    monkeypatch.setitem(assets.ASSETS, "arcface", replace(asset, sha256=sha256(path.read_bytes()).hexdigest()))
    assert "non-commercial" in find_embedder("auto").licence


def test_auto_finds_any_embedding_in_the_folder_of_models_and_no_other_network(weights_file, monkeypatch, tmp_path):
    monkeypatch.setenv("EMO_MODELS_DIR", str(tmp_path))
    (tmp_path / "a_text.onnx").write_text("no network")
    shutil.copy(SHIPPED / "ferplus-tiny.onnx", tmp_path / "b_expressions.onnx")
    (tmp_path / "retinaface_mnet_v2.onnx").write_text("a known file that is no embedding")
    load_settings.cache_clear()
    assert find_embedder("auto") is None
    shutil.copy(weights_file, tmp_path / "z_faces.onnx")
    assert find_embedder("auto").path == tmp_path / "z_faces.onnx"


def test_a_setting_says_what_auto_stands_for(weights_file, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(f"EMO_MODELS_DIR={tmp_path}\nEMO_IDENTITY_WEIGHTS={weights_file}\n")
    monkeypatch.delenv("EMO_MODELS_DIR", raising=False)
    load_settings.cache_clear()
    assert find_embedder("auto").path == weights_file
    assert find_embedder("none") is None
    monkeypatch.setenv("EMO_IDENTITY_WEIGHTS", "none")
    load_settings.cache_clear()
    assert find_embedder("auto") is None
