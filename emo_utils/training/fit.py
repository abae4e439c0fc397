"""The training loop: from samples to a folder with weights, history and checkpoints.

One process on a CPU or a GPU, or several by `accelerate launch`; then each gets its share of every batch.
"""

import copy
import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from emo_utils.datasets.samples import Samples
from emo_utils.output import make_folder, write_text_whole
from emo_utils.run_folder import RunFolder
from emo_utils.training.augment import augment, mixup
from emo_utils.training.augment_time import augment_time
from emo_utils.training.augmentation import PRESETS
from emo_utils.training.batches import (
    AUGMENTATION,
    DROPOUT,
    ORDER,
    draw_batches,
    normalise,
    read_batches,
    seed_of,
    share_of,
    to_network,
)
from emo_utils.training.checkpoint import load_checkpoint, save_checkpoint
from emo_utils.training.experiment import Experiment, code_commit
from emo_utils.training.networks import NO_TEACHERS, Teachers, build_network, load_teachers, with_teacher_targets
from emo_utils.training.optimise import (
    autocast,
    class_weights,
    learning_rate_at,
    loss_of,
    make_optimizer,
    sam_perturbation,
    update_average,
)
from emo_utils.training.run_start import describe_start, is_run_start
from emo_utils.training.weights_file import load_weights, save_weights

OnEpoch = Callable[[dict], None]


def fit(experiment: Experiment, parts: dict[str, Samples], folder: Path, on_epoch: OnEpoch | None = None) -> nn.Module:
    """Train on the part `train`; keep the epoch that is best on the part `validation`.

    A stopped run resumes from its last complete epoch when `fit` is called again with the same folder. It ends with
    the same weights as one that was not stopped (bit for bit on a CPU). Without a validation part the last epoch is
    kept.

    Writes settings, history, checkpoints and the best network as `run_folder` lists them.

    Args:
        experiment: the settings.
        parts: samples by part; the part `test` is not used here.
        folder: of the run.
        on_epoch: called with each row of the history, also those of epochs before a resume.

    Returns:
        The network with the weights of the best epoch, in evaluation mode, on the device it was trained on.
    """
    accelerator = Accelerator()
    train, validation = parts["train"], parts["validation"]
    torch.manual_seed(experiment.seed)
    model = build_network(experiment, train)
    average = copy.deepcopy(model).to(accelerator.device)
    model, optimizer = accelerator.prepare(model, make_optimizer(model, experiment))
    unwrapped = accelerator.unwrap_model(model)
    teachers = load_teachers(experiment, train, accelerator.device)
    if experiment.teachers and experiment.teach_once:
        train, teachers = with_teacher_targets(train, teachers, experiment.input_spec), NO_TEACHERS
    make_folder(folder)
    run = RunFolder(folder)
    state = load_checkpoint(folder, unwrapped, average, optimizer) or _new_state()
    if accelerator.is_main_process:
        write_text_whole(run.experiment_file, json.dumps(experiment.to_dict(), indent=1))
        if is_run_start(experiment) and not run.start_file.exists():
            start = describe_start(experiment, train.in_channels, train.classes)
            write_text_whole(run.start_file, json.dumps(asdict(start), indent=1) + "\n")
        _replay(run, state, on_epoch)

    while state["epoch"] < experiment.epochs and not _should_stop(state, experiment):
        started = time.perf_counter()
        epoch = state["epoch"]
        loss = train_one_epoch(accelerator, model, average, optimizer, train, experiment, epoch, teachers)
        scores = score(predict(average, validation, experiment), validation) if len(validation) else {}
        row = {"epoch": epoch, "train_loss": loss, **scores, "seconds": time.perf_counter() - started}
        better = _is_better(scores, state["best"], experiment.select_by)
        state |= {"epoch": epoch + 1} | ({"best_epoch": epoch, "best": scores} if better else {})
        state = broadcast_object_list([state])[0]  # so that all processes stop together
        if accelerator.is_main_process:
            if better:
                save_weights(run.network_file, average)
            run.append_history(row)
            save_checkpoint(folder, unwrapped, average, optimizer, state)
            if on_epoch:
                on_epoch(row)
    accelerator.wait_for_everyone()
    return load_weights(run.network_file, average)


def train_one_epoch(
    accelerator, model, average, optimizer, samples: Samples, experiment, epoch: int, teachers: Teachers = NO_TEACHERS
) -> float:
    """One pass over the samples in a new random order; returns the mean loss."""
    model.train()
    device, rank = accelerator.device, accelerator.process_index
    torch.manual_seed(seed_of(experiment.seed, epoch, rank, DROPOUT))
    rng = torch.Generator(device).manual_seed(seed_of(experiment.seed, epoch, rank, AUGMENTATION))
    order = seed_of(experiment.seed, epoch, ORDER)
    together = bool(teachers.networks) and not experiment.mixup  # a mixed picture belongs to no single clip
    clips = torch.from_numpy(samples.clip_rows) if together else None
    batches = draw_batches(samples, experiment.batch_size, experiment.balance, order, together)
    batches = [share_of(batch, rank, accelerator.num_processes) for batch in batches]
    batches = [batch for batch in batches if len(batch) > 1]  # batch normalisation needs at least two samples
    weights = class_weights(samples, experiment)
    weights = None if weights is None else weights.to(device)
    bar = tqdm(
        read_batches(samples, batches), f"epoch {epoch + 1}/{experiment.epochs}", len(batches), leave=False, delay=2,
        disable=None if accelerator.is_main_process else True,
    )  # fmt: skip
    total = torch.zeros((), device=device)
    for step, (rows, items, mask) in enumerate(bar):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate_at(epoch + step / len(batches), experiment)
        targets = torch.from_numpy(samples.targets[rows]).to(device)
        x, targets = change(to_network(items, device), targets, experiment, rng)
        if x.ndim == 3 and mask is not None:
            x, mask = augment_time(x, mask.to(device), PRESETS[experiment.augmentation], rng)
        targets = teachers(x, targets, clips[rows].to(device) if together else None)
        inputs = (x,) if mask is None else (x, mask.to(device))
        optimizer.zero_grad()
        total += backward(accelerator, model, inputs, targets, weights, experiment)
        if experiment.sharpness:
            with sam_perturbation(accelerator.unwrap_model(model), experiment.sharpness):
                backward(accelerator, model, inputs, targets, weights, experiment)
        if experiment.clip_gradient:
            accelerator.clip_grad_norm_(model.parameters(), experiment.clip_gradient)
        optimizer.step()
        update_average(average, accelerator.unwrap_model(model), experiment.average_decay, step + epoch * len(batches))
    return accelerator.reduce(total / max(len(batches), 1), "mean").item()


def backward(accelerator, model, inputs: tuple, targets: Tensor, weights: Tensor | None, experiment) -> Tensor:
    """Add the gradients of a batch's loss to those of the weights; returns the loss."""
    with autocast(accelerator.device, experiment.precision):
        output = model(*inputs)
    loss = loss_of(output, targets, weights, experiment.label_smoothing)
    accelerator.backward(loss)
    return loss.detach()


def change(x: Tensor, targets: Tensor, experiment: Experiment, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Augmented and normalised inputs with their targets; all frames of a sequence get the same change."""
    if x.ndim > 3:
        flat = x.flatten(1, -3) if x.ndim == 5 else x
        x = augment(flat, PRESETS[experiment.augmentation], rng).view_as(x)
    x, targets = mixup(x, targets, experiment.mixup, rng)
    return normalise(x, experiment.input_spec), targets


@torch.no_grad()
def predict(model: nn.Module, samples: Samples, experiment: Experiment, batch_size: int = 64) -> Tensor:
    """Logits float32 (N, K) of all samples, on the CPU."""
    model.eval()
    device = next(model.parameters()).device
    logits = []
    for _, items, mask in read_batches(
        samples, np.split(np.arange(len(samples)), range(batch_size, len(samples), batch_size))
    ):
        x = normalise(to_network(items, device), experiment.input_spec)
        with autocast(device, experiment.precision):
            output = model(x, mask.to(device)) if mask is not None else model(x)
        logits.append(output.float().cpu())
    return torch.cat(logits)


def score(logits: Tensor, samples: Samples) -> dict[str, float]:
    """Figures of one epoch: accuracy, unweighted average recall, loss against the targets."""
    correct = logits.argmax(1).numpy() == samples.labels
    recall = [correct[samples.labels == label].mean() for label in np.unique(samples.labels)]
    loss = F.cross_entropy(logits, torch.from_numpy(samples.targets)).item()
    return {"accuracy": float(correct.mean()), "uar": float(np.mean(recall)), "loss": loss}


def _new_state() -> dict:
    return {"epoch": 0, "best_epoch": -1, "best": {}, "commit": code_commit()}


def _is_better(scores: dict, best: dict, select_by: str) -> bool:
    if not scores or not best:
        return True
    if select_by == "loss":
        return scores["loss"] < best["loss"]
    return (scores[select_by], -scores["loss"]) > (best[select_by], -best["loss"])


def _should_stop(state: dict, experiment: Experiment) -> bool:
    """Early stopping: no better epoch among the last `patience` ones."""
    return bool(experiment.patience) and state["epoch"] - 1 - state["best_epoch"] >= experiment.patience


def _replay(run: RunFolder, state: dict, on_epoch: OnEpoch | None) -> None:
    """Remove history rows after the checkpoint, and report the others to `on_epoch`."""
    rows = run.history()[: state["epoch"]].to_dict("records")
    run.history_file.unlink(missing_ok=True)
    for row in rows:
        run.append_history(row)
        if on_epoch:
            on_epoch(row)
