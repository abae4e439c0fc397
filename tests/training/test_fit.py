import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from emo_utils.models import backbones, create_model
from emo_utils.training.augment import Augmentation, augment
from emo_utils.training.experiment import Experiment
from emo_utils.training.fit import learning_rate_at

TRAIN = """
import os, sys
from pathlib import Path
import torch
import emo_utils.training.fit as fit_module
from emo_utils.training.experiment import Experiment

torch.set_num_threads(1)
fit_module._has_fast_bf16 = lambda: False
die_in = int(sys.argv[2])
train_one_epoch = fit_module.train_one_epoch
def train_or_die(model, average, optimizer, faces, experiment, epoch, how, rng):
    if epoch == die_in:
        fit_module.update_average = lambda *a: os.kill(os.getpid(), 9)   # dies after its first step, mid-epoch
    return train_one_epoch(model, average, optimizer, faces, experiment, epoch, how, rng)
fit_module.train_one_epoch = train_or_die
fit_module.fit(Experiment(epochs=3, batch_size=32, warmup_epochs=0.5), Path(sys.argv[1]))
"""


def run_training(folder: Path, corpus: Path, die_in: int = -1) -> int:
    environment = {**os.environ, "FERPLUS_ARCHIVE": str(corpus)}
    command = [sys.executable, "-c", TRAIN, str(folder), str(die_in)]
    return subprocess.run(command, env=environment, capture_output=True, text=True).returncode


def test_a_killed_run_goes_on_to_the_same_weights(tmp_path, tiny_ferplus):
    assert run_training(tmp_path / "whole", tiny_ferplus) == 0
    assert run_training(tmp_path / "broken", tiny_ferplus, die_in=2) == -9
    assert json.loads((tmp_path / "broken" / "checkpoint.json").read_text())["epoch"] == 2
    assert run_training(tmp_path / "broken", tiny_ferplus) == 0
    for name in ("0003-checkpoint.safetensors", "best.safetensors"):
        whole, resumed = (load_file(tmp_path / run / name) for run in ("whole", "broken"))
        assert whole.keys() == resumed.keys()
        for key in whole:
            assert torch.equal(whole[key], resumed[key]), f"{name}: {key} differs"
    histories = [(tmp_path / run / "history.csv").read_text().splitlines() for run in ("whole", "broken")]
    without_seconds = [[line.rsplit(",", 1)[0] for line in history] for history in histories]
    assert without_seconds[0] == without_seconds[1]


@pytest.mark.parametrize("name", list(backbones))
def test_every_backbone_learns_eight_faces_by_heart(name):
    torch.manual_seed(0)
    model = create_model(name, in_channels=1, num_classes=8)
    faces, labels = torch.rand(8, 1, 48, 48), torch.arange(8)
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3)
    for _ in range(40):
        loss = torch.nn.functional.cross_entropy(model(faces), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert (model(faces).argmax(1) == labels).all()


def test_the_shipped_network_is_small_enough():
    assert sum(p.numel() for p in create_model("face_net", 1, 8).parameters()) <= 2_000_000


def test_light_and_contrast_do_not_change_the_reading():
    torch.manual_seed(0)
    model = create_model("face_net", 1, 8).eval()
    faces = torch.rand(4, 1, 48, 48)
    torch.testing.assert_close(model(faces), model(faces * 0.5 + 0.2), atol=1e-3, rtol=1e-2)


def test_the_learning_rate_rises_then_falls_to_zero():
    experiment = Experiment(epochs=10, learning_rate=0.1, warmup_epochs=2)
    assert learning_rate_at(0, experiment) == 0
    assert learning_rate_at(2, experiment) == pytest.approx(0.1)
    assert learning_rate_at(6, experiment) == pytest.approx(0.05)
    assert learning_rate_at(10, experiment) == pytest.approx(0, abs=1e-9)


def test_augmentation_is_drawn_anew_and_depends_on_the_seed_alone():
    faces, targets = torch.rand(6, 1, 48, 48), torch.eye(8)[:6]
    rng = torch.Generator().manual_seed(1)
    first, second = (augment(faces, targets, Augmentation(), rng)[0] for _ in range(2))
    again = augment(faces, targets, Augmentation(), torch.Generator().manual_seed(1))[0]
    assert torch.equal(first, again)
    assert not torch.equal(first, second)


def test_mixup_mixes_targets_as_it_mixes_faces():
    still = dict.fromkeys(("flip", "rotation_deg", "log_scale", "shift", "log_gamma", "blur", "noise", "erase"), 0.0)
    levels = torch.linspace(0.2, 0.9, 8)
    faces = levels.view(-1, 1, 1, 1).expand(-1, 1, 48, 48)
    mixed, targets = augment(faces, torch.eye(8), Augmentation(**still, mixup=1.0), torch.Generator().manual_seed(3))
    torch.testing.assert_close(mixed[:, 0, 20, 20], targets @ levels, atol=1e-4, rtol=1e-4)
    np.testing.assert_allclose(targets.sum(1), 1, rtol=1e-5)
    assert not torch.equal(targets, torch.eye(8))


def test_an_impossible_experiment_is_refused():
    with pytest.raises(ValueError, match="warmup_epochs < epochs, found 2.0 of 1"):
        Experiment(epochs=1)
