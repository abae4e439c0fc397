"""Heads over embeddings: fitted on statistics over time, standardised by person, nothing chosen on test people."""

import numpy as np
import pytest
import torch
from scipy.special import ndtri

from emo_utils.datasets.samples import Samples
from emo_utils.errors import EmoError
from emo_utils.inference.person_features import LEAST_CLIPS, PersonRule, pool_frames
from emo_utils.inference.sample_engine import SampleEngine
from emo_utils.inference.weights import find_weights
from emo_utils.models import create_model
from emo_utils.models.statistics import pool_statistics
from emo_utils.run_folder import RunFolder
from emo_utils.structures import InputSpec
from emo_utils.training.augment_time import augment_time
from emo_utils.training.augmentation import PRESETS
from emo_utils.training.experiment import Experiment
from emo_utils.training.logistic import fit_logistic
from emo_utils.training.networks import load_run
from emo_utils.training.person import TRANSDUCTIVE, by_person, ranked
from emo_utils.training.run import run

FEATURES, CLASSES = 6, ("anger", "fear", "sadness")
SEQUENCE = {"name": "sequence", "encoders": [{"weights": "ferplus", "sha256": "0" * 64}]}


def people_who_speak(people: range, clips: int = 12, seed: int = 0) -> Samples:
    """Clips of 3 to 9 frames; a class shifts one feature a little, the person shifts all features a lot."""
    rng = np.random.default_rng((seed, *people))
    items, ids, who, labels = [], [], [], []
    for person in people:
        own = np.random.default_rng(person).normal(0, 6, FEATURES)
        for clip in range(clips):
            label = clip % len(CLASSES)
            frames = rng.normal(0, 1, (rng.integers(3, 10), FEATURES)) + own
            frames[:, label] += 2
            items.append(frames.astype(np.float32))
            ids.append(f"{person}_{clip}")
            who.append(f"p{person}")
            labels.append(label)
    labels = np.array(labels)
    return Samples(items, tuple(ids), tuple(who), np.eye(3, dtype=np.float32)[labels], labels, CLASSES)


@pytest.fixture
def parts():
    return {
        "train": people_who_speak(range(5)),
        "validation": people_who_speak(range(5, 6)),
        "test": people_who_speak(range(6, 9)),
    }


def experiment(normalise: str = "none", backbone: str = "statistics", **settings) -> Experiment:
    spec = InputSpec(representation="sequence")
    fixed = {
        "corpus": "javanese",
        "mixup": 0.0,
        "precision": "float32",
        "protocol": "subject",
        "representation": SEQUENCE,
        "input_spec": spec,
    }
    return Experiment(backbone=backbone, normalise=normalise, **{**fixed, **settings})


def test_the_persons_own_clips_take_the_person_off(parts, tmp_path):
    plain, own = (run(experiment(how), parts, tmp_path / how) for how in ("none", "person"))
    assert own["test"]["accuracy"] > plain["test"]["accuracy"] + 0.1
    assert own["test"]["accuracy"] > 0.8
    assert own["note"] == TRANSDUCTIVE
    assert "note" not in plain
    sidecar = RunFolder(tmp_path / "person").sidecar()
    assert (sidecar["normalise"], sidecar["note"]) == ("person", TRANSDUCTIVE)


def test_validation_predictions_are_of_people_who_were_left_out(parts, tmp_path):
    """With labels drawn at random, predictions of people who were learnt from would be far above chance."""
    rng = np.random.default_rng(0)
    noise = {part: samples.with_labels(rng.permutation(samples.labels)) for part, samples in parts.items()}
    noise = {p: s.with_items([rng.normal(0, 1, i.shape).astype(np.float32) for i in s.items]) for p, s in noise.items()}
    metrics = run(experiment(), noise, tmp_path)
    assert metrics["validation"]["n"] == len(parts["train"]) + len(parts["validation"])
    assert metrics["validation"]["accuracy"] < 0.55


def test_test_labels_change_no_weight(parts, tmp_path):
    wrong = {**parts, "test": parts["test"].with_labels((parts["test"].labels + 1) % 3)}
    for name, given in (("true", parts), ("wrong", wrong)):
        run(experiment("person"), given, tmp_path / name)
    one, other = (RunFolder(tmp_path / name).network_file.read_bytes() for name in ("true", "wrong"))
    assert one == other


def test_a_run_is_read_back_and_gives_its_predictions_from_embeddings(parts, tmp_path):
    run(experiment(), parts, tmp_path)
    model, settings = load_run(tmp_path, parts["train"])
    assert settings == experiment()
    items, mask = parts["test"].batch(range(len(parts["test"])))
    with torch.no_grad():
        likely = model(torch.from_numpy(items), torch.from_numpy(mask)).softmax(1).numpy()
    table = RunFolder(tmp_path).predictions("test")
    np.testing.assert_allclose(likely, table[[f"p_{name}" for name in CLASSES]], atol=1e-4)


@pytest.mark.parametrize("how", ["person", "ranks"])
def test_the_weights_file_reads_what_was_normalised_by_person(how, parts, tmp_path):
    metrics = run(experiment(how), parts, tmp_path)
    weights = find_weights(RunFolder(tmp_path).weights_file)
    rule, test = weights.person_rule, parts["test"]
    people = np.array(test.subject_ids)
    likely = np.empty((len(test), len(CLASSES)))
    for person in np.unique(people):
        rows = np.flatnonzero(people == person)
        items = rule.together([pool_frames(test.items[row]) for row in rows], len(rows))
        likely[rows] = SampleEngine(weights).predict_samples(items)
    table = RunFolder(tmp_path).predictions("test")
    np.testing.assert_allclose(likely, table[[f"p_{name}" for name in CLASSES]], atol=1e-4)
    assert weights.sidecar["metrics"]["test"]["accuracy"] == pytest.approx(metrics["test"]["accuracy"])
    assert (rule.how, weights.sidecar["note"]) == (how, TRANSDUCTIVE)
    alone = rule.alone([pool_frames(item) for item in [*parts["train"].items, *parts["validation"].items]])
    np.testing.assert_allclose(np.mean(alone, axis=0), 0, atol=1e-3)


def test_statistics_in_and_outside_of_a_network_are_the_same():
    frames = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32)
    inside = pool_statistics(torch.from_numpy(frames)[None], torch.ones(1, 7, dtype=torch.bool), (0.1, 0.9))[0]
    np.testing.assert_allclose(pool_frames(frames, (0.1, 0.9)), inside.numpy(), atol=1e-5)


def test_one_clip_of_a_person_is_read_with_the_training_set():
    rule = PersonRule("ranks", (), np.full(2, 3, np.float32), np.full(2, 2, np.float32))
    clips = [np.array([n, 3 - n], np.float32) for n in range(LEAST_CLIPS)]
    np.testing.assert_array_equal(rule.together(clips[:1], 1), [[-1.5, 0]])
    np.testing.assert_array_equal(rule.together(clips[:-1], LEAST_CLIPS - 1), rule.alone(clips[:-1]))
    ranks = np.array(rule.together(clips, LEAST_CLIPS))
    np.testing.assert_allclose(ranks[:, 0], -ranks[:, 1], atol=1e-6)
    np.testing.assert_allclose(ranks[:, 0], ndtri((np.arange(LEAST_CLIPS) + 0.5) / LEAST_CLIPS), atol=1e-6)


def test_standardised_features_have_no_person_left(parts):
    done = by_person(parts)
    for person in ("p0", "p7"):
        samples = done["train"] if person == "p0" else done["test"]
        frames = np.concatenate([samples.items[i] for i, who in enumerate(samples.subject_ids) if who == person])
        np.testing.assert_allclose(frames.mean(0), 0, atol=1e-4)
        np.testing.assert_allclose(frames.std(0), 1, atol=1e-4)


def test_ranks_do_not_depend_on_scale_or_outliers(parts):
    samples = parts["test"].of(range(12))
    pooled = samples.with_items([item.mean(0) for item in samples.items])
    bent = pooled.with_items([np.exp(item * 0.3) for item in pooled.items])
    one, other = (ranked({"test": given})["test"].items for given in (pooled, bent))
    np.testing.assert_allclose(one, other, atol=1e-6)
    values = np.sort(np.stack(one)[:, 0])
    np.testing.assert_allclose(values, -values[::-1], atol=1e-6)
    order = [np.argsort(np.stack(given)[:, 2]) for given in (pooled.items, one)]
    np.testing.assert_array_equal(*order)


def test_people_of_one_clip_have_no_baseline(parts):
    lonely = {**parts, "test": people_who_speak(range(6, 9), clips=1)}
    with pytest.raises(EmoError, match=r"several clips of each person, found one of p6, p7, p8 \(3 such people\)"):
        by_person(lonely)


def test_pictures_cannot_be_standardised_by_person():
    with pytest.raises(EmoError, match="normalise person: expected features or the embeddings"):
        experiment("person", representation={"name": "sequence"}, backbone="cnn_lstm")


def test_logistic_regression_is_that_of_scikit_learn():
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 90)), rng.integers(0, 3, 40)
    weights, biases = fit_logistic(x, y, 3, 0.01)
    expected = LogisticRegression(C=0.01, tol=1e-8, max_iter=5000).fit(x, y).predict_proba(x)
    scores = np.exp(x @ weights + biases)
    np.testing.assert_allclose(scores / scores.sum(1, keepdims=True), expected, atol=1e-4)


def test_statistics_are_those_of_numpy_whatever_the_padding():
    clips = [np.random.default_rng(n).normal(size=(n, 4)).astype(np.float32) for n in (1, 5, 8)]
    x = torch.full((3, 11, 4), 7.0)
    for row, clip in enumerate(clips):
        x[row, : len(clip)] = torch.from_numpy(clip)
    mask = torch.arange(11) < torch.tensor([[1], [5], [8]])
    found = pool_statistics(x, mask, (0.1, 0.9)).numpy()
    for row, clip in zip(found, clips, strict=True):
        low, high = np.quantile(clip, [0.1, 0.9], axis=0)
        np.testing.assert_allclose(row, np.concatenate([clip.mean(0), clip.std(0), low, high]), atol=1e-4)


@pytest.mark.parametrize(
    "backbone", ["embedding_mean", "embedding_lstm", "embedding_attention", "embedding_convolution"]
)
def test_heads_that_are_trained_by_steps_learn_the_same(backbone, parts, tmp_path):
    settings = {"epochs": 12, "batch_size": 16, "optimizer": "adamw", "learning_rate": 3e-3, "augmentation": "none"}
    settings |= {"average_decay": 0.0}
    metrics = run(experiment("person", backbone, **settings), parts, tmp_path)
    assert metrics["test"]["accuracy"] > 0.55


def test_time_is_changed_within_the_clip_and_the_mask_follows():
    rng, how = torch.Generator().manual_seed(0), PRESETS["time"]
    mask = torch.arange(20) < torch.tensor([20, 9, 1])[:, None]
    x = torch.arange(1.0, 21).expand(3, 20)[..., None] * mask[..., None]
    lengths = set()
    for _ in range(20):
        moved, kept = augment_time(x, mask, how, rng)
        assert moved.shape == x.shape
        for row, frames in enumerate((20, 9, 1)):
            real = moved[row][kept[row], 0]
            assert min(2, frames) <= len(real)
            assert real.min() >= 1
            assert real.max() <= frames, "no frame of the padding"
            assert (real.diff() >= 0).all()
            assert kept[row, : len(real)].all(), "real frames come first"
        lengths.add(int(kept[0].sum()))
    assert len(lengths) > 3
    assert augment_time(x, mask, PRESETS["none"], rng)[0] is x


def test_padding_changes_nothing():
    x, mask = torch.randn(2, 6, FEATURES), torch.tensor([[True] * 6, [True] * 4 + [False] * 2])
    for name in ("statistics", "embedding_mean", "embedding_lstm", "embedding_attention", "embedding_convolution"):
        model = create_model(name, FEATURES, 3).eval()
        model.head.standardise_by(torch.randn(9, len(model.head.mean)))
        with torch.no_grad():
            alone = model(x[1:, :4])
            padded = model(
                torch.cat([x, torch.full((2, 3, FEATURES), 9.0)], 1), torch.cat([mask, mask[:, :3] & False], 1)
            )
        torch.testing.assert_close(padded[1:], alone, atol=1e-5, rtol=1e-4)
