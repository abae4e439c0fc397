"""The shipped FER+ networks as first weights."""

import json

import cv2
import numpy as np
import onnxruntime
import pytest
import torch

from emo_utils.errors import AssetError, WeightsError
from emo_utils.models import count_parameters, create_model, embeddings, shipped
from emo_utils.models.face_net import shipped_networks
from emo_utils.models.face_sequences import LUMA
from emo_utils.models.folded_norms import restore_norms
from emo_utils.models.shipped import FOLDER, write_tensors

SIDECAR = json.loads((FOLDER / "ferplus.json").read_text())


@pytest.fixture(scope="module")
def crops() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (6, 48, 48), dtype=np.uint8)


def normalised(crops: np.ndarray) -> torch.Tensor:
    spec = SIDECAR["input_spec"]
    return (torch.from_numpy(crops)[:, None].float() / 255 - spec["mean"]) / spec["std"]


def test_the_networks_of_the_shipped_file_give_together_what_it_gives(crops):
    networks = [network.eval() for network in shipped_networks("ferplus")]
    assert len(networks) == SIDECAR["networks"]
    assert sum(count_parameters(network) for network in networks) == pytest.approx(SIDECAR["parameters"], rel=0.01)
    with torch.no_grad():
        logits = torch.stack([network(normalised(crops)) for network in networks]).mean(0)
        found = (logits / SIDECAR["temperature"]).softmax(1).numpy()
    session = onnxruntime.InferenceSession(FOLDER / "ferplus.onnx", providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(found, session.run(None, {"faces": crops})[0], atol=1e-4)


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_the_start_is_the_network_of_its_file(crops, mode):
    """In training mode too, but for dropout: the folded normalisations are held."""
    model = create_model("face_net", 1, 8, "ferplus", dropout=0.0).train(mode == "train")
    with torch.no_grad():
        torch.testing.assert_close(model(normalised(crops)), shipped_networks("face_net")[0].eval()(normalised(crops)))


def test_restored_normalisations_change_nothing_at_first_and_use_statistics_of_the_batch_then(crops):
    model = create_model("face_net", 1, 8, "ferplus", widths=(64, 128, 256), dropout=0.0, norms="restored")
    assert model.folded
    faces = normalised(cv2.GaussianBlur(crops.transpose(1, 2, 0), (0, 0), 2).transpose(2, 0, 1))
    with torch.no_grad():
        expected = shipped_networks("ferplus")[0].eval()(faces)
        restore_norms(model, faces)
        assert not model.folded
        torch.testing.assert_close(model.eval()(faces), expected, atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(model.train()(faces), expected, atol=1e-2, rtol=1e-2)
        other = model(faces.flip(3) * 0.3 + torch.randn(faces.shape, generator=torch.Generator().manual_seed(0)))
    norms = [module for module in model.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert norms
    assert {type(norm) for norm in norms} == {torch.nn.BatchNorm2d}
    assert other.isfinite().all()


def test_unknown_norms_are_refused():
    with pytest.raises(WeightsError, match="norms: expected one of held, restored; found 'new'"):
        create_model("face_net", 1, 8, "ferplus", norms="new")


def test_eight_bit_weights_are_no_start():
    with pytest.raises(WeightsError, match="expected float32 weights to start from"):
        shipped_networks("ferplus-int8")


def test_a_random_network_takes_the_state_of_one_that_started_from_ferplus(crops):
    started = create_model("face_net", 1, 8, "ferplus").eval()
    other = create_model("face_net", 1, 8, "random").eval()
    other.load_state_dict(started.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(other(normalised(crops)), started(normalised(crops)), atol=1e-4, rtol=1e-4)


def test_a_still_stack_is_read_as_the_face_and_other_classes_get_a_new_last_layer(crops):
    face = create_model("face_net", 1, 8, "ferplus").eval()
    stack = create_model("face_net", 9, 8, "ferplus").eval()
    with torch.no_grad():
        still = normalised(crops).expand(-1, 9, -1, -1)
        torch.testing.assert_close(stack(still), face(normalised(crops)), atol=1e-3, rtol=1e-3)
    five = create_model("face_net", 1, 5, "ferplus").eval()
    assert five(normalised(crops)).shape == (6, 5)
    torch.testing.assert_close(embeddings(five, normalised(crops)), embeddings(face, normalised(crops)))


def test_other_widths_cannot_start_from_ferplus():
    with pytest.raises(
        WeightsError,
        match=r"are for widths \(48, 96, 208\) or \(64, 128, 256\) and 2 blocks a stage, found \(8, 16\) and 2",
    ):
        create_model("face_net", 1, 8, "ferplus", widths=(8, 16))


@pytest.mark.parametrize("early", [1, 2, 3])
def test_the_stack_reader_gives_the_face_networks_answer_to_a_still_stack(crops, early):
    face = create_model("face_net", 1, 8, "ferplus").eval()
    reader = create_model("face_net_stack", 5, 8, early=early).eval()
    with torch.no_grad():
        found = reader(normalised(crops).expand(-1, 5, -1, -1))
        torch.testing.assert_close(found, face(normalised(crops)), atol=1e-3, rtol=1e-3)


def test_the_frame_reader_has_the_face_networks_features_whatever_colour_and_size(crops):
    expected = embeddings(create_model("face_net", 1, 8, "ferplus"), normalised(crops))
    sequence = normalised(crops).unflatten(0, (2, 3))
    gray, colour = create_model("face_net_mean", 1, 4), create_model("face_net_mean", 3, 4)
    assert sum(LUMA) == pytest.approx(1)
    for model, x in ((gray, sequence), (colour, sequence.expand(-1, -1, 3, -1, -1))):
        torch.testing.assert_close(embeddings(model, x), expected.unflatten(0, (2, 3)).mean(1), atol=1e-3, rtol=1e-3)
    twice = sequence.repeat_interleave(2, 3).repeat_interleave(2, 4)
    near = torch.nn.functional.cosine_similarity(embeddings(gray, twice), embeddings(gray, sequence))
    assert (near > 0.8).all(), "random pixels, blurred a little by resizing"


def small_start(folder, monkeypatch):
    """A FER+ start of the MobileNet as the trainer would write it, with random weights."""
    torch.manual_seed(0)
    model = create_model("mobilenetv3_large", 1, 8, "random").eval()
    write_tensors(model, folder / "mobilenetv3_large.safetensors", {"classes": SIDECAR["classes"]})
    monkeypatch.setattr(shipped, "FOLDER", folder)
    return model


def test_the_mobilenet_starts_from_its_file(tmp_path, monkeypatch, crops):
    written = small_start(tmp_path, monkeypatch)
    x = torch.nn.functional.interpolate(normalised(crops), 64)
    same = create_model("mobilenetv3_large", 1, 8).eval()
    stack = create_model("mobilenetv3_large", 18, 8, stem="difference").eval()
    five = create_model("mobilenetv3_large", 3, 5, frozen=True).eval()
    with torch.no_grad():
        for model in (same, stack):
            still = x.expand(-1, 1 if model is same else 18, -1, -1)
            torch.testing.assert_close(model(still), written(x), atol=2e-3, rtol=1e-2)  # half precision in the file
        assert five(x.expand(-1, 3, -1, -1)).shape == (6, 5)
    assert not any(parameter.requires_grad for parameter in five.trunks.parameters())


def test_a_start_that_is_absent_or_changed_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(shipped, "FOLDER", tmp_path)
    with pytest.raises(AssetError, match=r"expected mobilenetv3_large\.safetensors.*found neither.*--weights random"):
        create_model("mobilenetv3_large", 18, 5, "ferplus")
    small_start(tmp_path, monkeypatch)
    file = tmp_path / "mobilenetv3_large.safetensors"
    file.write_bytes(file.read_bytes() + b"!")
    with pytest.raises(WeightsError, match="expected SHA-256"):
        create_model("mobilenetv3_large", 18, 5, "ferplus")


def test_a_mobilenet_that_is_shipped_is_whole():
    if not (FOLDER / "mobilenetv3_large.safetensors").exists():
        pytest.skip("no FER+ start of the MobileNet is shipped yet")
    model = create_model("mobilenetv3_large", 18, 5, "ferplus").eval()
    with torch.no_grad():
        assert model(torch.zeros(1, 18, 48, 48)).isfinite().all()
