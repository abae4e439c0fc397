import json
import shutil
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from bars import bars

from emo_utils.datasets.samples import samples_of_faces
from emo_utils.errors import UnknownNameError, WeightsError
from emo_utils.evaluation.calibration import fit_temperature, scale
from emo_utils.evaluation.figures import predictions_of
from emo_utils.evaluation.measure import measure
from emo_utils.evaluation.predictions import prediction_table
from emo_utils.inference.engines import OnnxEngine
from emo_utils.inference.prior import change_prior
from emo_utils.inference.sample_engine import SampleEngine
from emo_utils.inference.weights import SHIPPED, find_weights, known_weights, read_weights
from emo_utils.models import create_model
from emo_utils.structures import FaceImages, InputSpec
from emo_utils.training.experiment import Experiment
from emo_utils.training.fit import predict
from emo_utils.training.onnx_export import quantise, set_temperature, write_onnx, write_weights_file
from emo_utils.training.release import Form, predict_samples, release, thresholds

CLASSES = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    torch.manual_seed(0)
    model = create_model("face_net", 1, 8, widths=(8, 16, 24), blocks=1).eval()
    path = tmp_path_factory.mktemp("weights") / "small.onnx"
    write_weights_file([model], path, InputSpec(), CLASSES, 1.7, {"uncertain_below": 0.4})
    return model, path


def test_training_and_inference_see_the_same_faces(exported):
    """The same crops through the training loop's `predict` and through the shipped file give the same reading."""
    model, path = exported
    crops = np.random.default_rng(0).integers(0, 256, (5, 48, 48), dtype=np.uint8)
    faces = FaceImages(tuple("abcde"), crops, np.eye(8, dtype=np.float32)[:5], np.arange(5), CLASSES)
    experiment = Experiment(precision="float32")
    expected = (predict(model, samples_of_faces(faces, InputSpec()), experiment) / 1.7).softmax(1).numpy()
    found = OnnxEngine(read_weights(path)).predict(crops)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_preprocessing_inside_the_file_is_exact(exported):
    model, path = exported
    crops = np.random.default_rng(1).integers(0, 256, (3, 48, 48), dtype=np.uint8)
    x = (torch.from_numpy(crops)[:, None].float() / 255 - 0.5) / 0.25
    with torch.no_grad():
        expected = (model(x) / 1.7).softmax(1).numpy()
    np.testing.assert_allclose(OnnxEngine(read_weights(path)).predict(crops), expected, atol=1e-6)


def test_the_file_also_gives_the_features_before_the_last_layer(exported):
    """Put through the network's own last layer, the embeddings give the probabilities of the same pass."""
    model, path = exported
    crops = np.random.default_rng(2).integers(0, 256, (3, 48, 48), dtype=np.uint8)
    engine = OnnxEngine(read_weights(path))
    reading = engine.read(crops)
    head = [layer for layer in model.modules() if isinstance(layer, torch.nn.Linear)][-1]
    assert reading.embeddings.shape == (3, engine.features) == (3, head.in_features)
    with torch.no_grad():
        expected = (head(torch.from_numpy(reading.embeddings)) / 1.7).softmax(1).numpy()
    np.testing.assert_allclose(reading.probabilities, expected, atol=1e-6)
    np.testing.assert_array_equal(reading.probabilities, engine.predict(crops))


def test_a_file_of_two_networks_has_no_embeddings(pair, tmp_path):
    write_weights_file(pair, tmp_path / "two.onnx", InputSpec(), CLASSES, 1.0, {"uncertain_below": 0.4})
    engine = OnnxEngine(read_weights(tmp_path / "two.onnx"))
    assert engine.features == 0
    with pytest.raises(WeightsError, match="expected the output 'embeddings'.*weights of one network, such as ferplus"):
        engine.read(np.zeros((1, 48, 48), np.uint8))


@pytest.mark.parametrize("name", ["ferplus", "ferplus-int8", "ferplus-tiny"])
def test_the_shipped_files_for_clips_give_embeddings(name):
    reading = OnnxEngine(find_weights(name)).read(np.zeros((2, 48, 48), np.uint8))
    assert reading.embeddings.dtype == np.float32
    assert (reading.embeddings[0] == reading.embeddings[1]).all()
    assert reading.embeddings.any()


def test_the_sidecar_tells_the_input_contract(exported):
    weights = read_weights(exported[1])
    assert weights.classes == CLASSES
    assert weights.input_spec == InputSpec()
    assert weights.uncertain_below == 0.4


def test_the_file_does_not_tell_where_it_was_made(exported):
    data = exported[1].read_bytes()
    for trace in (b"site-packages", b"export.py", b"stack_trace", b'File "/'):
        assert trace not in data


def test_crops_of_the_wrong_shape_or_type_are_refused(exported):
    engine = OnnxEngine(read_weights(exported[1]))
    with pytest.raises(ValueError, match=r"expected uint8 crops \(N, 48, 48\), found uint8 \(2, 32, 32\)"):
        engine.predict(np.zeros((2, 32, 32), np.uint8))
    with pytest.raises(ValueError, match="found float32"):
        engine.predict(np.zeros((2, 48, 48), np.float32))


def test_a_changed_file_is_refused(exported, tmp_path):
    _, path = exported
    copy = tmp_path / "small.onnx"
    copy.write_bytes(path.read_bytes() + b"!")
    copy.with_suffix(".json").write_bytes(path.with_suffix(".json").read_bytes())
    with pytest.raises(WeightsError, match="expected SHA-256"):
        read_weights(copy)


@pytest.mark.parametrize("drop", ["classes", "input_spec", "sha256", "uncertain_below"])
def test_a_sidecar_without_its_contract_is_refused(exported, tmp_path, drop):
    _, path = exported
    copy = tmp_path / "small.onnx"
    copy.write_bytes(path.read_bytes())
    sidecar = json.loads(path.with_suffix(".json").read_text())
    del sidecar[drop]
    copy.with_suffix(".json").write_text(json.dumps(sidecar))
    with pytest.raises(WeightsError, match=f"not a sidecar of this package.*{drop}"):
        read_weights(copy)
    copy.with_suffix(".json").unlink()
    with pytest.raises(WeightsError, match="expected its sidecar small.json"):
        read_weights(copy)


def test_other_classes_than_the_network_gives_are_refused(exported, tmp_path):
    _, path = exported
    copy = tmp_path / "small.onnx"
    copy.write_bytes(path.read_bytes())
    sidecar = json.loads(path.with_suffix(".json").read_text())
    sidecar["classes"] = sidecar["classes"][:7]
    copy.with_suffix(".json").write_text(json.dumps(sidecar))
    with pytest.raises(WeightsError, match="names 7 classes, the network gives 8"):
        OnnxEngine(read_weights(copy))


def test_unknown_weights_list_the_known():
    with pytest.raises(UnknownNameError, match="unknown weights 'ferplos'; known: .*ferplus.*Did you mean 'ferplus'"):
        find_weights("ferplos")


@pytest.mark.parametrize("name", known_weights())
def test_shipped_weights_are_whole_and_carry_their_metadata(name):
    weights = find_weights(name)
    assert {"licence", "data", "metrics", "parameters", "trained_at_commit"} <= set(weights.sidecar)
    assert weights.sidecar["metrics"]["test"]["n"] == 3546
    card = (SHIPPED / f"{name}.md").read_text()
    results = (SHIPPED.parents[1] / "docs" / "guide" / "results.md").read_text()
    for figure in ("accuracy", "uar"):
        measured = f"{100 * weights.sidecar['metrics']['test'][figure]:.1f} %"
        assert measured in card, f"{figure} in the card is not that of the file; run docs/cards.py {name}"
        assert measured in results


def test_the_temperature_found_is_the_one_that_was_lost():
    rng = torch.Generator().manual_seed(0)
    honest = torch.randn(4000, 8, generator=rng) * 2
    labels = torch.multinomial(honest.softmax(1), 1, generator=rng)[:, 0]
    sharpened = (honest * 3).double().softmax(1).numpy()
    assert fit_temperature(sharpened, np.eye(8)[labels]) == pytest.approx(3, rel=0.1)
    assert fit_temperature(sharpened, np.eye(8)[labels]) == pytest.approx(fit_temperature(sharpened, labels.numpy()))


@pytest.fixture(scope="module")
def pair():
    torch.manual_seed(1)
    return [create_model("face_net", 1, 8, widths=widths, blocks=1).eval() for widths in ((8, 16, 24), (8, 12, 16))]


@pytest.fixture
def faces() -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (6, 48, 48), dtype=np.uint8)


def read(path, faces) -> np.ndarray:
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"]).run(None, {"faces": faces})[0]


@pytest.mark.parametrize("mirror", [False, True])
def test_several_networks_in_a_file_give_the_softmax_of_their_mean_logits(pair, faces, mirror, tmp_path):
    write_onnx(pair, tmp_path / "pair.onnx", InputSpec(), 2.0, mirror)
    x = (torch.from_numpy(faces)[:, None].float() / 255 - 0.5) / 0.25
    with torch.no_grad():
        logits = [network(view) for network in pair for view in ([x, x.flip(3)] if mirror else [x])]
    expected = (torch.stack(logits).mean(0) / 2).softmax(1).numpy()
    np.testing.assert_allclose(read(tmp_path / "pair.onnx", faces), expected, atol=1e-5)


def test_a_mirrored_face_is_read_alike_where_the_file_mirrors(pair, faces, tmp_path):
    write_onnx(pair, tmp_path / "pair.onnx", InputSpec(), mirror=True)
    turned = np.ascontiguousarray(faces[:, :, ::-1])
    np.testing.assert_allclose(read(tmp_path / "pair.onnx", turned), read(tmp_path / "pair.onnx", faces), atol=1e-5)


def test_the_temperature_in_a_file_can_be_changed(pair, faces, tmp_path):
    write_onnx(pair, tmp_path / "pair.onnx", InputSpec())
    before = read(tmp_path / "pair.onnx", faces)
    set_temperature(tmp_path / "pair.onnx", 0.5)
    np.testing.assert_allclose(read(tmp_path / "pair.onnx", faces), scale(before, 0.5), atol=1e-5)


def test_eight_bits_read_nearly_alike_in_a_smaller_file(pair, faces, tmp_path):
    write_onnx(pair, tmp_path / "pair.onnx", InputSpec())
    before, bytes_before = read(tmp_path / "pair.onnx", faces), (tmp_path / "pair.onnx").stat().st_size
    quantise(tmp_path / "pair.onnx", faces)
    kinds = {tensor.data_type for tensor in onnx.load(tmp_path / "pair.onnx").graph.initializer}
    assert onnx.TensorProto.INT8 in kinds
    assert (tmp_path / "pair.onnx").stat().st_size < bytes_before
    np.testing.assert_allclose(read(tmp_path / "pair.onnx", faces), before, atol=0.05)
    set_temperature(tmp_path / "pair.onnx", 3.0)
    assert (read(tmp_path / "pair.onnx", faces).max(1) < before.max(1)).all()


def test_what_is_released_tells_the_figures_of_the_file_itself(pair, tmp_path):
    parts = {part: bars(64, seed, size=48) for seed, part in enumerate(("train", "validation", "test"))}
    four = [create_model("face_net", 1, 4, widths=(8, 16), blocks=1).eval()]
    path = release(four, tmp_path / "bars.onnx", InputSpec(), parts, {"data": {"corpus": "bars"}}, Form(int8=True))
    weights = read_weights(path)
    table = predictions_of(predict_samples(SampleEngine(weights), parts["test"]), parts["test"])
    found = weights.sidecar["metrics"]["test"]
    assert found["n"] == 64
    assert found["accuracy"] == pytest.approx(measure(table)["accuracy"])
    assert found["nll"] == pytest.approx(measure(table)["nll"], rel=1e-3)
    assert weights.sidecar["int8"]
    assert not list(tmp_path.glob("*.part*"))


def test_samples_of_a_clip_are_read_together(pair, tmp_path):
    parts = {part: bars(64, seed, size=48) for seed, part in enumerate(("train", "validation", "test"))}
    twice = {part: replace(samples, clip_ids=samples.clip_ids[:32] * 2) for part, samples in parts.items()}
    network = [create_model("face_net", 1, 4, widths=(8, 16), blocks=1).eval()]
    path = release(network, tmp_path / "bars.onnx", InputSpec(), twice, {"data": {"corpus": "bars"}})
    engine = OnnxEngine(read_weights(path))
    pictures = twice["test"].items[:, 0]
    read = engine.predict_each([[pictures[row], pictures[row + 32]] for row in range(32)])
    found = engine.weights.sidecar["metrics"]["test"]
    labels = twice["test"].labels[:32]
    assert found["n"] == 32
    assert found["accuracy"] == pytest.approx((read.argmax(axis=1) == labels).mean())
    assert found["nll"] == pytest.approx(-np.log(read[np.arange(32), labels]).mean(), rel=1e-3)


def test_each_prior_has_its_own_threshold_of_uncertain():
    rng = np.random.default_rng(0)
    labels = rng.choice(3, 3000, p=[0.9, 0.05, 0.05])
    logits = np.log([0.9, 0.05, 0.05]) + 1.5 * np.eye(3)[labels] + rng.normal(size=(3000, 3))
    read = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    classes = ("neutral", "fear", "contempt")
    names = [str(i) for i in range(3000)]
    table = prediction_table(names, names, labels, classes, read, classes)
    shares = dict(zip(classes, (0.9, 0.05, 0.05), strict=True))
    told = thresholds(table, classes, shares, 1.0)
    assert told["uncertain_below_uniform"] != told["uncertain_below"]
    ratio = 1 / np.array([0.9, 0.05, 0.05])
    uniform = change_prior(read, ratio)
    below = told["uncertain_below_uniform"]
    top, right = uniform.max(axis=1), uniform.argmax(axis=1) == labels
    under = top < below
    recalls = [np.sum(right[under & (labels == c)]) / np.sum(labels == c) for c in range(3)]
    shares_under = [np.mean(under[labels == c]) for c in range(3)]
    assert sum(recalls) / sum(shares_under) < 0.5, "under it, of equally many faces of each class, most are wrong"
    assert thresholds(table, classes, {}, 1.0) == {"uncertain_below": told["uncertain_below"]}


def test_an_engine_takes_the_threshold_of_its_prior(tmp_path):
    sidecar = json.loads(find_weights("ferplus-tiny").path.with_suffix(".json").read_text())
    copy = tmp_path / "copy.onnx"
    shutil.copy(find_weights("ferplus-tiny").path, copy)
    copy.with_suffix(".json").write_text(json.dumps(sidecar | {"uncertain_below": 0.5, "uncertain_below_uniform": 0.4}))
    weights = read_weights(copy)
    assert OnnxEngine(weights).uncertain_below == 0.5
    assert OnnxEngine(weights, prior="uniform").uncertain_below == 0.4
