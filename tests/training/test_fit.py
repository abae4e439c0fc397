import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from emo_utils.datasets.samples import Samples
from emo_utils.errors import EmoError
from emo_utils.run_folder import RunFolder
from emo_utils.structures import InputSpec
from emo_utils.training.batches import draw_batches, share_of
from emo_utils.training.experiment import Experiment
from emo_utils.training.fit import change, fit, predict, score
from emo_utils.training.optimise import (
    class_weights,
    learning_rate_at,
    loss_of,
    make_optimizer,
    sam_perturbation,
    update_average,
)

HERE = Path(__file__).parents[1] / "support"
PATHS = os.pathsep.join(filter(None, (str(HERE), os.environ.get("PYTHONPATH"))))
TRAIN = """
import os, sys
from pathlib import Path
import torch
from accelerate import Accelerator
import emo_utils.training.fit as fit_module
from bars import bars, settings

torch.set_num_threads(1)
die_in = int(sys.argv[2])
train_one_epoch = fit_module.train_one_epoch
def train_or_die(accelerator, model, average, optimizer, samples, experiment, epoch, *rest):
    if epoch == die_in:
        fit_module.update_average = lambda *a: os.kill(os.getpid(), 9)   # dies after its first step, mid-epoch
    return train_one_epoch(accelerator, model, average, optimizer, samples, experiment, epoch, *rest)
fit_module.train_one_epoch = train_or_die
parts = {"train": bars(96), "validation": bars(32, seed=1)}
fit_module.fit(settings(**eval(sys.argv[3])), parts, Path(sys.argv[1]))
os.write(1, f"processes {Accelerator().num_processes}\\n".encode())  # one write: the other process prints too
"""


def run_training(folder: Path, die_in: int = -1, **options) -> int:
    environment = {**os.environ, "PYTHONPATH": PATHS}
    command = [sys.executable, "-c", TRAIN, str(folder), str(die_in), repr(options)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode in (0, -9), done.stderr
    return done.returncode


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"optimizer": "adamw", "schedule": "one_cycle", "clip_gradient": 1.0, "balance": "sampling"},
        {"sharpness": 0.1},
    ],
    ids=["sgd", "adamw", "sharpness"],
)
def test_a_killed_run_goes_on_to_the_same_weights(tmp_path, options):
    assert run_training(tmp_path / "whole", **options) == 0
    assert run_training(tmp_path / "broken", die_in=2, **options) == -9
    assert json.loads((tmp_path / "broken" / "checkpoint.json").read_text())["epoch"] == 2
    assert run_training(tmp_path / "broken", **options) == 0
    for name in ("0003-checkpoint.safetensors", "best.safetensors"):
        whole, resumed = (load_file(tmp_path / run / name) for run in ("whole", "broken"))
        assert whole.keys() == resumed.keys()
        for key in whole:
            assert torch.equal(whole[key], resumed[key]), f"{name}: {key} differs"
    whole, resumed = (RunFolder(tmp_path / run).history().to_dict("records") for run in ("whole", "broken"))
    assert [{**row, "seconds": 0} for row in whole] == [{**row, "seconds": 0} for row in resumed]


def test_the_gradient_is_taken_where_the_loss_is_worst_and_the_weights_come_back():
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    x, targets = torch.randn(16, 3), torch.eye(2).repeat(8, 1)
    model(x).square().mean().backward()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    gradients = torch.cat([p.grad.flatten() for p in model.parameters()])
    with sam_perturbation(model, 0.5):
        moved = torch.cat([(p - before[name]).flatten() for name, p in model.named_parameters()])
        torch.testing.assert_close(moved, 0.5 * gradients / gradients.norm())
        assert all(p.grad is None for p in model.parameters())
        loss_of(model(x), targets, None, 0.0).backward()
        there = [p.grad.clone() for p in model.parameters()]
    for key, value in model.state_dict().items():
        assert torch.equal(value, before[key]) or key.endswith("num_batches_tracked"), key
    assert all(torch.equal(p.grad, grad) for p, grad in zip(model.parameters(), there, strict=True))
    model(x)
    assert not torch.equal(model[1].running_mean, before["1.running_mean"])


def test_early_stopping_keeps_the_best_epoch_and_tells_every_epoch(tmp_path, bars, settings):
    rows = []
    parts = {"train": bars(32), "validation": bars(32, seed=1).with_labels(np.zeros(32, int))}
    fit(settings(epochs=30, patience=2, select_by="loss"), parts, tmp_path, rows.append)
    best = json.loads((tmp_path / "checkpoint.json").read_text())["best_epoch"]
    assert len(rows) == best + 3 < 30
    assert rows[best]["loss"] == min(row["loss"] for row in rows)


def test_without_a_validation_part_the_last_epoch_is_kept(tmp_path, bars, settings):
    model = fit(settings(), {"train": bars(32), "validation": bars(0)}, tmp_path)
    last = load_file(tmp_path / "0003-checkpoint.safetensors")
    for key, value in model.state_dict().items():
        assert torch.equal(value, last[f"average.{key}"])


def test_the_test_part_is_never_looked_at(tmp_path, bars, settings):
    class Untouchable:
        def __getattribute__(self, name):
            raise AssertionError("the test part was read")

    fit(settings(epochs=1), {"train": bars(32), "validation": bars(32), "test": Untouchable()}, tmp_path)


def test_predictions_do_not_depend_on_the_batch(bars, settings, tmp_path):
    model = fit(settings(epochs=1), {"train": bars(32), "validation": bars(32)}, tmp_path)
    one, many = (predict(model, bars(20), settings(precision="float32"), batch_size=size) for size in (1, 20))
    torch.testing.assert_close(one, many, atol=1e-5, rtol=1e-5)


def test_two_processes_reach_what_one_reaches(tmp_path):
    """`accelerate launch` with two CPU processes: each reads half of every batch, and gradients are averaged."""
    script = tmp_path / "train.py"
    script.write_text(TRAIN)
    options = repr({"epochs": 8, "learning_rate": 0.05, "augmentation": "none", "mixup": 0.0})
    launch = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1"]
    launch += ["--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]
    # --multi_gpu is what starts several processes; with this variable they take CPUs (--cpu would start one)
    environment = {**os.environ, "PYTHONPATH": PATHS, "ACCELERATE_USE_CPU": "true"}
    arguments = [str(script), str(tmp_path / "two"), "-1", options]
    done = subprocess.run([sys.executable, *launch, *arguments], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("processes 2") == 2
    assert run_training(tmp_path / "one", **eval(options)) == 0
    one, two = (RunFolder(tmp_path / run).history().to_dict("records") for run in ("one", "two"))
    assert [row["epoch"] for row in two] == list(range(8))
    assert one[-1]["accuracy"] > 0.9
    assert two[-1]["accuracy"] == pytest.approx(one[-1]["accuracy"], abs=0.07)
    assert two[-1]["train_loss"] == pytest.approx(one[-1]["train_loss"], abs=0.2)


def test_processes_share_a_batch_without_overlap():
    rows = np.arange(17)
    shares = [share_of(rows, process, 4) for process in range(4)]
    assert [len(share) for share in shares] == [4, 4, 4, 4]
    assert np.concatenate(shares).tolist() == list(range(16)), "neighbours, such as framings of a face, stay together"


def test_an_epoch_shows_each_sample_once_in_an_order_of_its_own(bars):
    first, second = (draw_batches(bars(50), 16, "none", seed) for seed in (1, 2))
    assert sorted(np.concatenate(first)) == list(range(50))
    assert np.concatenate(first).tolist() != np.concatenate(second).tolist()


def test_samples_of_a_clip_stay_together_where_that_is_asked(bars):
    single = bars(30)
    three_each = replace(single, clip_ids=tuple(f"clip_{row % 10}" for row in range(30)))
    batches = draw_batches(three_each, 6, "none", 3, together=True)
    assert [len(set(three_each.clip_rows[rows])) for rows in batches] == [2] * 5
    assert sorted(np.concatenate(batches)) == list(range(30))
    assert batches[0].tolist() != draw_batches(three_each, 6, "none", 4, together=True)[0].tolist()


def test_balanced_sampling_shows_rare_classes_as_often(bars):
    rare = bars(1000).with_labels(np.repeat([0, 1], [950, 50]))
    drawn = rare.labels[np.concatenate(draw_batches(rare, 100, "sampling", 0))]
    assert 0.4 < drawn.mean() < 0.6


def test_class_weights_make_every_class_count_the_same(bars, settings):
    rare = bars(100).with_labels(np.repeat([0, 1], [80, 20]))
    weights = class_weights(rare, settings(balance="weights"))
    assert weights[0] * 80 == pytest.approx(float(weights[1] * 20))
    assert class_weights(rare, settings()) is None


def test_the_networks_own_loss_is_added():
    from emo_utils.models.output import WithLoss

    logits, targets = torch.randn(4, 3), torch.eye(3)[[0, 1, 2, 0]]
    plain = loss_of(logits, targets, None, 0.0)
    assert loss_of(WithLoss(logits, torch.tensor(0.5)), targets, None, 0.0) == pytest.approx(float(plain) + 0.5)


def test_learning_rates_of_the_three_schedules(settings):
    cosine = settings(epochs=10, learning_rate=0.1, warmup_epochs=2)
    assert [learning_rate_at(done, cosine) for done in (0, 2, 6, 10)] == pytest.approx([0, 0.1, 0.05, 0])
    one_cycle = settings(epochs=10, learning_rate=0.1, warmup_epochs=0, schedule="one_cycle")
    assert [learning_rate_at(done, one_cycle) for done in (0, 3, 6.5, 10)] == pytest.approx([0.004, 0.1, 0.05, 0])
    constant = settings(epochs=10, learning_rate=0.1, warmup_epochs=0, schedule="constant")
    assert learning_rate_at(9, constant) == 0.1


def test_biases_and_frozen_weights_are_left_alone(settings):
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 2))
    model[0].requires_grad_(False)
    decayed, kept = make_optimizer(model, settings(optimizer="adamw", weight_decay=0.1)).param_groups
    assert [len(decayed["params"]), len(kept["params"])] == [1, 1]
    assert (decayed["weight_decay"], kept["weight_decay"]) == (0.1, 0.0)


def test_an_average_without_decay_is_a_copy():
    average, model = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    update_average(average, model, 0.0, 5)
    assert torch.equal(average.weight, model.weight)


def test_every_frame_of_a_sequence_is_changed_alike(settings):
    frame = torch.rand(2, 1, 3, 32, 32)
    sequence = frame.expand(-1, 5, -1, -1, -1).contiguous()
    how = settings(augmentation="stack", mixup=0.0)
    changed, _ = change(sequence, torch.eye(2), how, torch.Generator().manual_seed(0))
    assert not torch.equal(changed, sequence)
    for time in range(1, 5):
        assert torch.equal(changed[:, 0], changed[:, time])


def test_scores_by_hand():
    labels = np.array([0, 0, 0, 1])
    samples = Samples(
        np.zeros((4, 1)), tuple("abcd"), tuple("abcd"), np.eye(2, dtype=np.float32)[labels], labels, ("a", "b")
    )
    logits = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    found = score(logits, samples)
    assert found["accuracy"] == 0.75
    assert found["uar"] == pytest.approx((2 / 3 + 1) / 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 1, "warmup_epochs": 2.0}, "warmup_epochs < epochs, found 2.0 of 1"),
        ({"optimizer": "adamm"}, "optimizer: expected one of sgd, adam, adamw; found 'adamm'"),
        ({"representation": {"name": "sequence"}}, "sequences of different lengths cannot be mixed"),
    ],
)
def test_an_impossible_experiment_is_refused(options, message):
    with pytest.raises(EmoError, match=message):
        Experiment(**options)


def test_the_name_of_a_run_tells_settings_apart_but_not_folds():
    assert Experiment(fold=0).name == Experiment(fold=3).name
    assert Experiment(seed=0).name != Experiment(seed=1).name
    assert Experiment(learning_rate=0.1).name != Experiment(learning_rate=0.05).name


def test_an_experiment_survives_its_file():
    experiment = Experiment(backbone_options={"hidden": 64}, input_spec=InputSpec(size=64))
    assert Experiment.from_dict(json.loads(json.dumps(experiment.to_dict()))) == experiment
