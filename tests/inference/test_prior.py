"""Probabilities under another prior: the formula, the engine, the sidecar, and what it does to real faces."""

import json
import shutil

import numpy as np
import pytest

from emo_utils.datasets.corpora.ferplus import CLASSES as CORPUS_CLASSES
from emo_utils.datasets.corpora.ferplus import COLUMNS, label_votes, open_archive
from emo_utils.datasets.registry import corpora
from emo_utils.datasets.samples import Samples
from emo_utils.errors import UnknownNameError, WeightsError
from emo_utils.inference.engines import OnnxEngine, joined
from emo_utils.inference.prior import change_prior, check_shares, class_shares, prior_ratio
from emo_utils.inference.weights import AS_TRAINED, Weights, find_weights, known_weights, read_weights
from emo_utils.models import create_model
from emo_utils.run_folder import RunFolder
from emo_utils.training.experiment import Experiment
from emo_utils.training.run import export_run, trained_shares

CLASSES = ("neutral", "happiness", "fear")
TRAINED = {"neutral": 0.6, "happiness": 0.3, "fear": 0.1}


@pytest.fixture
def copied(tmp_path):
    """A function that copies the shipped weights with other entries in their sidecar; None takes an entry out."""

    def copy(**changes) -> Weights:
        shipped = find_weights("ferplus")
        sidecar = {key: value for key, value in {**shipped.sidecar, **changes}.items() if value is not None}
        path = tmp_path / "copied.onnx"
        shutil.copy(shipped.path, path)
        path.with_suffix(".json").write_text(json.dumps(sidecar))
        return read_weights(path)

    return copy


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (6, 48, 48), dtype=np.uint8)


def test_a_posterior_worked_out_by_hand():
    """Likelihoods 0.2, 0.4, 0.4 under shares of 0.6, 0.3, 0.1 give 12 : 12 : 4; with equal shares 1 : 2 : 2."""
    as_trained = np.array([[12, 12, 4]], np.float32) / 28
    ratio = prior_ratio("uniform", "corpus", TRAINED, CLASSES)
    found = change_prior(as_trained, ratio)
    np.testing.assert_allclose(found, [[0.2, 0.4, 0.4]], atol=1e-6)
    assert found.dtype == np.float32
    np.testing.assert_allclose(change_prior(found, 1 / ratio), as_trained, atol=1e-6)


def test_what_says_nothing_about_a_face_becomes_the_new_prior():
    shares = np.array([[TRAINED[name] for name in CLASSES]])
    np.testing.assert_allclose(change_prior(shares, prior_ratio("uniform", "corpus", TRAINED, CLASSES)), 1 / 3)


def test_logits_scaled_up_to_labels_carry_a_prior_scaled_up(copied, faces):
    """The prior is changed in what was fitted to the votes; scaling it up to the labels names the same expressions."""
    told = {"temperature": 0.8, "votes_temperature": 1.2}
    weights = copied(**told)
    assert weights.sharpness == pytest.approx(1.5)
    as_file = OnnxEngine(weights, threads=1).predict(faces).astype(float)
    fitted_to_votes = as_file ** (1 / 1.5) / [weights.prior[name] for name in weights.classes]
    expected = fitted_to_votes**1.5
    found = OnnxEngine(weights, threads=1, prior="uniform").predict(faces)
    np.testing.assert_allclose(found, expected / expected.sum(axis=1, keepdims=True), rtol=1e-4, atol=1e-6)


def test_shares_are_the_mean_of_the_votes_and_not_of_the_winners():
    votes = np.array([[0.6, 0.0, 0.4], [0.6, 0.0, 0.4], [0.0, 1.0, 0.0]])
    assert class_shares(votes, CLASSES) == {"neutral": 0.4, "happiness": 0.333333, "fear": 0.266667}
    assert class_shares(2 * votes, CLASSES) == class_shares(votes, CLASSES)


@pytest.mark.parametrize("own", [None, "ferplus"])
def test_under_their_own_prior_weights_read_as_their_file_does(faces, own):
    import onnxruntime

    weights = find_weights("ferplus")
    engine = OnnxEngine(weights, threads=1, prior=own)
    session = onnxruntime.InferenceSession(str(weights.path), providers=["CPUExecutionProvider"])
    np.testing.assert_array_equal(engine.predict(faces), session.run(None, {"faces": faces})[0])
    assert engine.prior == "ferplus"


def test_the_uniform_prior_divides_by_the_shares_in_the_order_of_the_classes(faces):
    weights = find_weights("ferplus")
    as_trained = OnnxEngine(weights, threads=1).predict(faces).astype(float)
    found = OnnxEngine(weights, threads=1, prior="uniform").predict(faces)
    divided = as_trained / np.array([weights.prior[name] for name in weights.classes]) ** weights.sharpness
    np.testing.assert_allclose(found, divided / divided.sum(axis=1, keepdims=True), rtol=1e-4)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    assert found.dtype == np.float32
    assert OnnxEngine(weights, threads=1, prior="uniform").predict(faces[:0]).shape == (0, 8)


def test_an_unknown_prior_names_the_known():
    with pytest.raises(UnknownNameError, match="unknown prior 'unifrom'; known: ferplus, uniform. Did you mean 'uni"):
        OnnxEngine(find_weights("ferplus"), prior="unifrom")


def test_a_sidecar_without_shares_is_read_as_trained_and_says_so_when_uniform_is_asked_for(copied, faces):
    weights = copied(prior=None, clip_prior=None)
    assert weights.prior == {}
    assert weights.clip_prior == "ferplus"
    assert OnnxEngine(weights, threads=1).predict(faces).shape == (6, 8)
    with pytest.raises(
        WeightsError, match="expected as `prior` in the weights' sidecar, found none; ask for.*'ferplus'"
    ):
        OnnxEngine(weights, prior="uniform")


def test_a_sidecar_that_names_no_corpus_calls_its_own_prior_trained(copied):
    weights = copied(data=None, clip_prior=None)
    assert weights.corpus == weights.clip_prior == AS_TRAINED
    assert OnnxEngine(weights, threads=1, prior=AS_TRAINED).prior == AS_TRAINED


def test_a_class_that_training_never_saw_cannot_be_raised():
    with pytest.raises(WeightsError, match="found nothing of fear"):
        prior_ratio("uniform", "corpus", {"neutral": 0.6, "happiness": 0.4, "fear": 0.0}, CLASSES)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"prior": {"neutral": 1.0}}, "expected a share for each of neutral, .*found neutral"),
        ({"prior": dict.fromkeys(find_weights("ferplus").classes, 0.5)}, "add up to 1, .*together 4"),
        ({"clip_prior": "rafdb"}, "clip_prior: expected ferplus or uniform, found 'rafdb'"),
    ],
)
def test_a_sidecar_whose_prior_makes_no_sense_is_refused(copied, changes, message):
    with pytest.raises(WeightsError, match=message):
        copied(**changes)


def test_negative_shares_are_refused():
    with pytest.raises(ValueError, match="from 0 on"):
        check_shares({"neutral": 1.2, "happiness": -0.4, "fear": 0.2}, CLASSES)


@pytest.mark.parametrize("name", known_weights())
def test_shipped_weights_know_both_priors(name):
    weights = find_weights(name)
    assert set(weights.prior) == set(weights.classes)
    assert weights.clip_prior in ("ferplus", "uniform")


def test_shipped_shares_are_those_of_the_votes_of_training(ferplus_archive):
    with open_archive(ferplus_archive) as files:
        rows = [row for row in files.read_table() if row["Usage"] == "Training" and row["Image name"]]
    votes = np.array([[float(row[column]) for column in COLUMNS] for row in rows])
    shares = class_shares(label_votes(votes)[2], CORPUS_CLASSES)
    assert find_weights("ferplus").prior == pytest.approx(shares, abs=2e-6)


def test_the_uniform_prior_reads_the_rare_better(ferplus_archive):
    """On real validation faces, as many of each class as there are, up to forty: the mean recall rises."""
    found = corpora.create("ferplus", archive=ferplus_archive).load("validation")
    rows = np.concatenate([np.flatnonzero(found.labels == label)[:40] for label in range(len(found.classes))])
    labels = found.labels[rows]

    def recalls(prior: str) -> np.ndarray:
        engine = OnnxEngine(find_weights("ferplus"), threads=1, prior=prior)
        named = engine.predict(found.pixels[rows]).argmax(axis=1)
        return np.array([(named[labels == label] == label).mean() for label in range(len(found.classes))])

    trained, uniform = recalls("ferplus"), recalls("uniform")
    assert uniform.mean() > trained.mean() + 0.05
    rare = [found.classes.index(name) for name in ("disgust", "fear", "contempt")]
    assert (uniform[rare] > trained[rare]).all()


@pytest.fixture(scope="module")
def lopsided() -> Samples:
    """Ten faces: eight of the first label, two of the second, with a tenth of each one's votes for the other."""
    labels = np.repeat([0, 1], [8, 2])
    targets = np.array([[0.9, 0.1], [0.1, 0.9]], np.float32)[labels]
    ids = tuple(map(str, range(10)))
    return Samples(np.zeros((10, 1, 48, 48), np.uint8), ids, ids, targets, labels, ("neutral", "fear"))


@pytest.mark.parametrize(("balance", "fear"), [("none", 0.26), ("weights", 1.3 / 2.225), ("sampling", 0.5)])
def test_the_shares_of_training_are_those_that_its_balance_made(lopsided, balance, fear):
    """With weights 1/8 and 1/2, votes of 7.4 and 2.6 become 0.925 and 1.3; sampling shows both labels equally often."""
    shares = trained_shares(lopsided, Experiment(balance=balance))
    assert shares["fear"] == pytest.approx(fear, abs=1e-6)


def test_an_exported_run_tells_its_prior(lopsided, tmp_path):
    model = create_model("face_net", 1, 2, widths=(8, 8, 8), blocks=1).eval()
    nothing = Samples([], (), (), np.zeros((0, 2), np.float32), np.zeros(0, np.int64), lopsided.classes)
    parts = {"train": lopsided, "validation": nothing, "test": nothing}
    export_run(model, Experiment(), RunFolder(tmp_path).weights_file, parts, {"data": {"corpus": "ferplus"}})
    weights = find_weights(tmp_path)
    assert weights.prior == pytest.approx({"neutral": 0.74, "fear": 0.26})
    assert weights.clip_prior == "uniform"


def test_crops_of_a_picture_are_joined_by_their_logits_whatever_the_prior():
    crops = np.array([[0.8, 0.2], [0.5, 0.5], [0.1, 0.9], [0.5, 0.5]])
    picture_of = np.array([1, 0, 0, 1])
    together = joined(crops, picture_of)
    np.testing.assert_allclose(together, [[0.25, 0.75], [2 / 3, 1 / 3]])  # sqrt(1/9) to 1, sqrt(4) to 1
    ratio = np.array([3.0, 0.5])
    np.testing.assert_allclose(joined(change_prior(crops, ratio), picture_of), change_prior(together, ratio))
    np.testing.assert_array_equal(joined(crops, np.arange(4)), crops)
