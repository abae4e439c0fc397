"""A student learns from its teachers: what it ends up saying, and which teachers it refuses."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from bars import bars, settings

from emo_utils.errors import EmoError, RunError, WeightsError
from emo_utils.training.experiment import Experiment
from emo_utils.training.fit import fit, predict
from emo_utils.training.networks import Teachers, build_network, load_run, load_teachers, with_teacher_targets
from emo_utils.training.run import run


@pytest.fixture(scope="module")
def parts():
    return {"train": bars(128), "validation": bars(64, seed=1), "test": bars(64, seed=2)}


PLAIN = {"epochs": 12, "augmentation": "none", "mixup": 0.0, "learning_rate": 0.05, "average_decay": 0.5}
"""Learns the bars in a few steps."""


def moved(samples):
    """The same pictures, each class under the name of the next."""
    labels = (samples.labels + 1) % 4
    return replace(samples, labels=labels, targets=np.eye(4, dtype=np.float32)[labels])


@pytest.fixture(scope="module")
def teacher(parts, tmp_path_factory):
    """A run on moved labels: what it teaches cannot be learnt from the true targets."""
    folder = tmp_path_factory.mktemp("teacher")
    run(settings(**PLAIN), {part: moved(samples) for part, samples in parts.items()}, folder)
    return folder


@pytest.mark.parametrize(("share", "expected"), [(1.0, moved), (0.0, lambda samples: samples)])
def test_a_student_says_what_its_share_of_the_teacher_says(parts, teacher, tmp_path, share, expected):
    experiment = settings(**PLAIN, teachers=(str(teacher),), teacher_share=share)
    chosen_on = parts | {"validation": expected(parts["validation"])}
    named = predict(fit(experiment, chosen_on, tmp_path), parts["test"], experiment).argmax(1).numpy()
    assert (named == expected(parts["test"]).labels).mean() > 0.9


def test_targets_move_to_the_mean_of_the_teachers():
    class Says(torch.nn.Module):
        def __init__(self, logits):
            super().__init__()
            self.logits = torch.tensor(logits)

        def forward(self, x):
            return self.logits.expand(len(x), -1)

    sure, torn = Says([50.0, 0.0]), Says([0.0, 0.0])
    moved = Teachers((sure, torn), share=0.4)(torch.zeros(3, 1, 8, 8), torch.tensor([[0.0, 1.0]] * 3))
    assert torch.allclose(moved, torch.tensor([[0.3, 0.7]] * 3))  # 0.6 * (0, 1) + 0.4 * (0.75, 0.25)


def test_samples_of_a_clip_are_taught_the_mean_of_their_readings():
    class Repeats(torch.nn.Module):
        def forward(self, x):
            return x[:, 0, 0, :2]

    x = torch.zeros(4, 1, 8, 8)
    x[0, 0, 0, 0] = x[3, 0, 0, 0] = 50.0  # sure of the first class
    targets = torch.tensor([[0.0, 1.0]] * 4)
    alone = Teachers((Repeats(),), share=1.0)(x, targets)
    assert torch.allclose(alone[:, 0], torch.tensor([1.0, 0.5, 0.5, 1.0]))
    together = Teachers((Repeats(),), share=1.0)(x, targets, torch.tensor([7, 2, 7, 5]))
    assert torch.allclose(together[:, 0], torch.tensor([0.75, 0.5, 0.75, 1.0]))


def test_with_teacher_targets_all_samples_of_a_clip_have_the_teachers_mean_in_their_targets(parts):
    class Repeats(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.one = torch.nn.Parameter(torch.ones(1))

        def forward(self, x):
            return x[:, 0, 0, :4] * self.one

    samples = parts["train"]
    names = ("a", "b", "a", *samples.clip_ids[3:])
    samples = replace(samples, clip_ids=names)
    spec = settings().input_spec
    taught = with_teacher_targets(samples, Teachers((Repeats(),), share=0.25), spec, batch_size=2).targets
    x = (
        torch.from_numpy(np.stack([samples.items[row][0, 0, :4] for row in range(3)])).float() / 255 - spec.mean
    ) / spec.std
    read = x.softmax(1).numpy()
    expected = 0.75 * samples.targets[:3] + 0.25 * np.stack([(read[0] + read[2]) / 2, read[1], (read[0] + read[2]) / 2])
    np.testing.assert_allclose(taught[:3], expected, atol=1e-3)


def test_a_student_taught_once_says_what_its_teacher_says(parts, teacher, tmp_path):
    experiment = settings(**PLAIN, teachers=(str(teacher),), teacher_share=1.0, teach_once=True)
    named = predict(
        fit(experiment, parts | {"validation": moved(parts["validation"])}, tmp_path), parts["test"], experiment
    )
    assert (named.argmax(1).numpy() == moved(parts["test"]).labels).mean() > 0.9


def test_of_a_run_over_folds_the_own_fold_teaches(parts, tmp_path):
    networks = {}
    for fold in (0, 1):
        experiment = settings(epochs=1, seed=fold)
        networks[fold] = fit(experiment, parts, tmp_path / f"fold_{fold}")
        (tmp_path / f"fold_{fold}" / "best.json").write_text(
            '{"classes": ["neutral", "happiness", "surprise", "sadness"]}'
        )
    student = settings(teachers=(str(tmp_path),), fold=1)
    (loaded,) = load_teachers(student, parts["train"], torch.device("cpu")).networks
    for mine, theirs in zip(loaded.parameters(), networks[1].parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_the_shipped_network_teaches_what_it_reads(parts):
    from emo_utils.datasets.samples import Samples
    from emo_utils.inference.engines import OnnxEngine
    from emo_utils.inference.weights import find_weights

    weights = find_weights("ferplus-tiny")
    faces = np.random.default_rng(0).integers(0, 255, (4, 1, 48, 48)).astype(np.uint8)
    names = tuple("abcd")
    samples = Samples(faces, names, names, np.eye(8, dtype=np.float32)[:4], np.arange(4), weights.classes)
    teachers = load_teachers(
        Experiment(teachers=("ferplus-tiny",), teacher_share=1.0, precision="float32"), samples, torch.device("cpu")
    )
    x = (torch.from_numpy(faces).float() / 255 - weights.input_spec.mean) / weights.input_spec.std
    taught = teachers(x, torch.zeros(4, 8))
    read = torch.from_numpy(OnnxEngine(weights).predict(faces[:, 0]))
    sharpened = (taught.log() / weights.sidecar["temperature"]).softmax(1)  # the file is calibrated, its network is not
    assert torch.allclose(sharpened, read, atol=1e-4)


def test_teachers_that_do_not_fit_are_refused(parts, teacher, tmp_path):
    device = torch.device("cpu")
    with pytest.raises(WeightsError, match="classes"):
        load_teachers(settings(teachers=("ferplus",)), parts["train"], device)
    other = replace(settings().input_spec, size=48)
    with pytest.raises(WeightsError, match="input"):
        load_teachers(settings(teachers=(str(teacher),), input_spec=other), parts["train"], device)
    with pytest.raises(RunError, match="expected the folder of a run"):
        load_teachers(settings(teachers=(str(tmp_path),)), parts["train"], device)
    with pytest.raises(EmoError, match="nobody"):
        load_teachers(settings(teachers=("nobody",)), parts["train"], device)
    with pytest.raises(EmoError, match="0 to 1"):
        settings(teacher_share=1.5)
    with pytest.raises(EmoError, match="sequences"):
        settings(teachers=("ferplus",), representation={"name": "sequence"}, mixup=0.0)


def test_training_goes_on_from_the_weights_of_a_run(parts, teacher):
    (taught,) = load_teachers(settings(teachers=(str(teacher),)), parts["train"], torch.device("cpu")).networks
    begun = build_network(settings(weights=str(teacher)), parts["train"])
    for mine, theirs in zip(begun.parameters(), taught.parameters(), strict=True):
        assert torch.equal(mine, theirs)
    wider = settings(weights=str(teacher), backbone_options={"widths": (8, 24), "blocks": 1})
    with pytest.raises(WeightsError, match="first weights of .*found another network's"):
        build_network(wider, parts["train"])


def test_a_run_is_read_back_where_the_run_it_went_on_from_is_gone(parts, teacher, tmp_path):
    first = tmp_path / "first"
    shutil.copytree(teacher, first)
    trained = fit(settings(epochs=1, weights=str(first)), parts, tmp_path / "second")
    shutil.rmtree(first)
    network, _ = load_run(tmp_path / "second", parts["train"])
    for mine, theirs in zip(network.parameters(), trained.parameters(), strict=True):
        assert torch.equal(mine, theirs)
