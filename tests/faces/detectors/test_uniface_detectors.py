"""RetinaFace and YOLOv8-Face without their weights: a stand-in network of a few bytes, fetched over a real socket.

The stand-in has the real one's inputs and outputs and always sees the same face where the picture is red. So the
download, the hash check, uniface's loading, colour order and decoding, and our rows are the real code; how well the
real weights find faces is not tested here (`test_detectors.py` does, where the weights are).
"""

import hashlib
import socket
from dataclasses import replace

import numpy as np
import pytest

from emo_utils import assets
from emo_utils.errors import AssetError
from emo_utils.faces.detector import detectors
from emo_utils.structures import LEFT_EYE, MOUTH, NOSE, RIGHT_EYE

onnx = pytest.importorskip("onnx", reason="stand-in networks are built with onnx")

ASSET_OF = {"retinaface": "retinaface", "yolov8": "yolov8_face"}
SIDE = 640
"""Of both networks' input, in pixels."""

BOX = np.array([240, 160, 400, 360], float)
POINTS = np.array([[280, 230], [360, 234], [322, 270], [290, 310], [350, 312]], float)
"""The face the stand-ins see, in pixels of the network's input."""


def model_bytes(outputs: dict[str, np.ndarray], switched: str, off: float, red_channel: int) -> bytes:
    """A network with constant outputs; `switched` holds `off` unless the red channel of the input is bright."""
    from onnx import TensorProto, helper, numpy_helper

    constants = {"channel": np.array([red_channel], np.int64), "dark": np.array(0.5, np.float32)}
    constants |= {f"{name}_on": value.astype(np.float32) for name, value in outputs.items()}
    constants["off"] = np.array(off, np.float32)
    nodes = [
        helper.make_node("Gather", ["input", "channel"], ["red"], axis=1),
        helper.make_node("ReduceMax", ["red"], ["brightest"], keepdims=0),
        helper.make_node("Greater", ["brightest", "dark"], ["seen"]),
    ]
    for name in outputs:
        inputs = ["seen", f"{name}_on", "off"] if name == switched else [f"{name}_on"]
        nodes.append(helper.make_node("Where" if name == switched else "Identity", inputs, [name]))
    graph = helper.make_graph(
        nodes,
        "stand_in",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, value.shape) for name, value in outputs.items()],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8).SerializeToString()


def retinaface_bytes() -> bytes:
    """One anchor in 16,800 sees `BOX`: offsets from the anchor in units of its size, variances 0.1 and 0.2."""
    from uniface.common import generate_anchors

    anchors = generate_anchors((SIDE, SIDE))
    centre, size = (BOX[:2] + BOX[2:]) / 2 / SIDE, (BOX[2:] - BOX[:2]) / SIDE
    row = int(np.abs(anchors - [*centre, *size]).sum(axis=1).argmin())
    place, scale = anchors[row, :2], anchors[row, 2:]
    boxes, points = np.zeros((1, len(anchors), 4)), np.zeros((1, len(anchors), 10))
    boxes[0, row] = [*(centre - place) / scale / 0.1, *np.log(size / scale) / 0.2]
    points[0, row] = ((POINTS / SIDE - place) / scale / 0.1).ravel()
    scores = np.zeros((1, len(anchors), 2))
    scores[0, row, 1] = 0.9
    return model_bytes({"loc": boxes, "conf": scores, "landmarks": points}, "conf", 0.0, red_channel=2)


def yolov8_bytes() -> bytes:
    """One cell of the coarsest grid (32 pixels) sees `BOX`: a peak at each side's distance, in cells."""
    maps = {f"grid_{cells}": np.full((1, 80, cells, cells), -20.0) for cells in (80, 40, 20)}
    column, row = 10, 8
    distances = np.abs(BOX / 32 - [column + 0.5, row + 0.5, column + 0.5, row + 0.5])
    cell = np.full(80, -20.0)
    for side, distance in enumerate(distances):
        low = int(distance)
        weights = np.array([1 - (distance - low), distance - low])
        cell[side * 16 + low : side * 16 + low + 2] = np.log(np.maximum(weights, 1e-9))
    cell[64] = 3.0  # the face's score before the sigmoid: 0.95
    offsets = (POINTS / 32 - [column, row]) / 2
    cell[65:] = np.column_stack([offsets, np.zeros(5)]).ravel()
    maps["grid_20"][0, :, row, column] = cell
    return model_bytes(maps, "grid_20", -20.0, red_channel=0)


STAND_INS = {"retinaface": retinaface_bytes, "yolov8": yolov8_bytes}


@pytest.fixture
def served(monkeypatch, tmp_path, httpserver):
    """Serve bytes in place of a detector's weights; the model folder is empty at first."""
    monkeypatch.setenv("EMO_MODELS_DIR", str(tmp_path / "models"))

    def serve(name: str, content: bytes, promised: bytes | None = None, status: int = 200):
        asset = assets.ASSETS[ASSET_OF[name]]
        httpserver.expect_request(f"/{asset.filename}").respond_with_data(content, status=status)
        sha256 = hashlib.sha256(content if promised is None else promised).hexdigest()
        source = assets.Url(httpserver.url_for(f"/{asset.filename}"))
        monkeypatch.setitem(assets.ASSETS, asset.name, replace(asset, sha256=sha256, source=source))
        return tmp_path / "models" / asset.filename

    return serve


def red_frame() -> np.ndarray:
    """Half the network's input in size, and not square: 320 x 240, so that scale and padding matter."""
    frame = np.zeros((240, 320, 3), np.uint8)
    frame[..., 0] = 255
    return frame


def address_without_a_server() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/weights.onnx"


@pytest.mark.parametrize("name", STAND_INS)
def test_weights_are_fetched_checked_and_used(served, httpserver, name):
    path = served(name, STAND_INS[name]())
    detector = detectors.create(name)
    assert path.exists()
    assert detector.name == name
    found = detector.detect(red_frame())
    assert found.boxes.dtype == found.confidence.dtype == found.keypoints.dtype == np.float32
    down = 80 if name == "yolov8" else 0  # one centres the frame on its canvas, the other puts it at the top
    np.testing.assert_allclose(found.boxes, [(BOX - [0, down, 0, down]) / 2], atol=0.1)
    assert found.confidence[0] == pytest.approx({"retinaface": 0.9, "yolov8": 0.953}[name], abs=0.001)
    points = (POINTS - [0, down]) / 2
    expected = [points[0], points[1], points[2], points[3:].mean(axis=0), points[3], points[4]]
    np.testing.assert_allclose(found.keypoints, [expected], atol=0.1)
    assert found.keypoints[0, LEFT_EYE, 0] < found.keypoints[0, RIGHT_EYE, 0]
    assert found.keypoints[0, NOSE, 1] < found.keypoints[0, MOUTH, 1]
    detectors.create(name)
    assert len(httpserver.log) == 1, "fetched a second time"


@pytest.mark.parametrize("name", STAND_INS)
def test_the_network_gets_its_colours_in_its_own_order(served, name):
    served(name, STAND_INS[name]())
    detector = detectors.create(name)
    for channel, faces in ((0, 1), (1, 0), (2, 0)):
        frame = np.zeros((240, 320, 3), np.uint8)
        frame[..., channel] = 255
        assert len(detector.detect(frame)) == faces, f"channel {channel}"


@pytest.mark.parametrize("name", STAND_INS)
def test_a_blank_frame_gives_empty_detections(served, name):
    served(name, STAND_INS[name]())
    found = detectors.create(name).detect(np.zeros((SIDE, SIDE, 3), np.uint8))
    assert len(found) == 0
    assert found.boxes.shape == (0, 4)
    assert found.keypoints is None


@pytest.mark.parametrize("name", STAND_INS)
def test_other_bytes_than_promised_are_refused_and_not_kept(served, name):
    path = served(name, b"something else", promised=b"the weights")
    with pytest.raises(AssetError, match="what came has another hash") as raised:
        detectors.create(name)
    assert hashlib.sha256(b"the weights").hexdigest() in str(raised.value)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("name", STAND_INS)
def test_a_file_spoilt_on_disk_is_refused(served, name):
    path = served(name, STAND_INS[name]())
    path.parent.mkdir()
    path.write_bytes(b"spoilt")
    with pytest.raises(AssetError, match="delete the file and fetch it again"):
        detectors.create(name)


@pytest.mark.parametrize("name", STAND_INS)
def test_a_server_without_the_file_is_an_asset_error(served, name):
    path = served(name, b"not found", status=404)
    with pytest.raises(AssetError, match="404"):
        detectors.create(name)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("name", STAND_INS)
def test_an_unreachable_server_says_where_to_put_the_file(served, monkeypatch, name):
    path = served(name, b"")
    asset = assets.ASSETS[ASSET_OF[name]]
    monkeypatch.setitem(assets.ASSETS, asset.name, replace(asset, source=assets.Url(address_without_a_server())))
    with pytest.raises(AssetError) as raised:
        detectors.create(name)
    for hint in ("cannot be fetched", "no connection to 127.0.0.1", "emo fetch", path.name, "EMO_MODELS_DIR"):
        assert hint in str(raised.value)


@pytest.mark.parametrize("name", STAND_INS)
def test_assets_are_those_uniface_itself_names(name):
    """Should uniface move to other weights, its decoding may change too: look before following."""
    from uniface.constants import MODEL_REGISTRY, RetinaFaceWeights, YOLOv8FaceWeights

    theirs = MODEL_REGISTRY[{"retinaface": RetinaFaceWeights.MNET_V2, "yolov8": YOLOv8FaceWeights.YOLOV8N}[name]]
    ours = assets.ASSETS[ASSET_OF[name]]
    assert (ours.source.address, ours.sha256) == (theirs.url, theirs.sha256)
    assert "WIDER FACE" in ours.licence
