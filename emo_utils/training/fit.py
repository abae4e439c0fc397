"""The training loop: faces in, a folder with weights, history and predictions out."""

import copy
import csv
import json
import math
import time
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from emo_utils.datasets import corpora
from emo_utils.models import create_model
from emo_utils.structures import FaceImages, InputSpec
from emo_utils.training.augment import Augmentation, augment
from emo_utils.training.checkpoint import load_checkpoint, save_checkpoint
from emo_utils.training.experiment import Experiment, code_commit


def fit(experiment: Experiment, folder: Path, augmentation: Augmentation | None = None) -> nn.Module:
    """Train on the corpus's training split, keep the epoch that is best on its validation split.

    A run that was stopped goes on from its last whole epoch when `fit` is called again with the same folder.

    Writes `experiment.json`, `history.csv` (a row per epoch), checkpoints, and `best.safetensors`.

    Returns:
        The network with the weights of the best epoch, in evaluation mode.
    """
    folder.mkdir(parents=True, exist_ok=True)
    corpus = corpora.create(experiment.corpus)
    train, validation = corpus.load("train"), corpus.load("validation")
    torch.manual_seed(experiment.seed)
    rng = torch.Generator().manual_seed(experiment.seed)
    spec = experiment.input_spec
    model = create_model(experiment.backbone, spec.channels, len(train.classes)).to(memory_format=torch.channels_last)
    average = copy.deepcopy(model)
    optimizer = make_optimizer(model, experiment)
    resumed = load_checkpoint(folder, model, average, optimizer, rng)
    state = resumed or {"epoch": 0, "best_epoch": 0, "best_accuracy": -1.0, "commit": code_commit()}
    (folder / "experiment.json").write_text(json.dumps(experiment.to_dict(), indent=1))

    for epoch in range(state["epoch"], experiment.epochs):
        started = time.perf_counter()
        loss = train_one_epoch(model, average, optimizer, train, experiment, epoch, augmentation or Augmentation(), rng)
        scores = score(predict(average, validation.pixels, spec), validation)
        if scores["accuracy"] > state["best_accuracy"]:
            state |= {"best_epoch": epoch, "best_accuracy": scores["accuracy"]}
            save_weights(folder, average)
        seconds = time.perf_counter() - started
        append_history(folder / "history.csv", {"epoch": epoch, "train_loss": loss, **scores, "seconds": seconds})
        state["epoch"] = epoch + 1
        save_checkpoint(folder, model, average, optimizer, rng, state)
    return load_weights(folder, model)


def make_optimizer(model: nn.Module, experiment: Experiment) -> torch.optim.Optimizer:
    """SGD with Nesterov momentum; biases and normalisation are not decayed."""
    decayed = [p for p in model.parameters() if p.ndim > 1]
    kept = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": experiment.weight_decay}, {"params": kept, "weight_decay": 0.0}]
    return torch.optim.SGD(groups, lr=experiment.learning_rate, momentum=experiment.momentum, nesterov=True)


def learning_rate_at(progress_epochs: float, experiment: Experiment) -> float:
    """Linear warm-up, then a cosine to zero, as a function of epochs done (may be fractional)."""
    if progress_epochs < experiment.warmup_epochs:
        return experiment.learning_rate * progress_epochs / experiment.warmup_epochs
    left = (progress_epochs - experiment.warmup_epochs) / (experiment.epochs - experiment.warmup_epochs)
    return experiment.learning_rate * 0.5 * (1 + math.cos(math.pi * min(left, 1.0)))


def train_one_epoch(model, average, optimizer, faces: FaceImages, experiment, epoch: int, how, rng) -> float:
    """One pass over the faces in a new random order; returns the mean loss."""
    model.train()
    pixels, targets = torch.from_numpy(faces.pixels), torch.from_numpy(faces.votes)
    batches = torch.randperm(len(faces), generator=rng).split(experiment.batch_size)
    batches = [batch for batch in batches if len(batch) > 1]
    total = 0.0
    for step, batch in enumerate(tqdm(batches, desc=f"epoch {epoch + 1}/{experiment.epochs}", leave=False)):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate_at(epoch + step / len(batches), experiment)
        x, y = augment(pixels[batch, None].float() / 255, targets[batch], how, rng)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=_has_fast_bf16()):
            logits = model(normalise(x, experiment.input_spec))
        loss = F.cross_entropy(logits.float(), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        update_average(average, model, experiment.average_decay, step + epoch * len(batches))
        total += loss.item()
    return total / len(batches)


def normalise(x: Tensor, spec: InputSpec) -> Tensor:
    """Gray values in 0..1, float32 (N, 1, S, S), to what the network eats."""
    return ((x - spec.mean) / spec.std).contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def update_average(average: nn.Module, model: nn.Module, decay: float, step: int) -> None:
    """Move the average towards the model; the first steps move it faster."""
    decay = min(decay, (1 + step) / (10 + step))
    for kept, new in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(new, 1 - decay)
        else:
            kept.copy_(new)


@torch.no_grad()
def predict(model: nn.Module, pixels: np.ndarray, spec: InputSpec, batch_size: int = 256) -> Tensor:
    """Logits float32 (N, C) of uint8 faces (N, S, S)."""
    model.eval()
    logits = []
    for batch in torch.from_numpy(pixels).split(batch_size):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=_has_fast_bf16()):
            logits.append(model(normalise(batch[:, None].float() / 255, spec)).float())
    return torch.cat(logits)


def score(logits: Tensor, faces: FaceImages) -> dict[str, float]:
    """Validation figures of one epoch: accuracy, unweighted average recall, loss against the votes."""
    correct = logits.argmax(1).numpy() == faces.labels
    recall = [correct[faces.labels == label].mean() for label in np.unique(faces.labels)]
    loss = F.cross_entropy(logits, torch.from_numpy(faces.votes)).item()
    return {"accuracy": float(correct.mean()), "uar": float(np.mean(recall)), "loss": loss}


def save_weights(folder: Path, model: nn.Module) -> None:
    """Write `best.safetensors`."""
    from safetensors.torch import save_file

    save_file({key: value.contiguous() for key, value in model.state_dict().items()}, folder / "best.safetensors")


def load_weights(folder: Path, model: nn.Module) -> nn.Module:
    """Read `best.safetensors` into `model`, in evaluation mode."""
    from safetensors.torch import load_file

    model.load_state_dict(load_file(folder / "best.safetensors"))
    return model.eval()


def append_history(path: Path, row: dict) -> None:
    """Add one epoch's figures to `history.csv`."""
    fresh = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(row))
        if fresh:
            writer.writeheader()
        writer.writerow({key: round(value, 6) if isinstance(value, float) else value for key, value in row.items()})


@cache
def _has_fast_bf16() -> bool:
    """Whether this processor multiplies bfloat16 in hardware; elsewhere bfloat16 is slower than float32."""
    cpuinfo = Path("/proc/cpuinfo")
    return cpuinfo.exists() and "avx512_bf16" in cpuinfo.read_text()
