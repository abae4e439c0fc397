"""Parts of a training step: optimizer, learning rate, loss, perturbed weights, moving average of the weights."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from emo_utils.datasets.samples import Samples
from emo_utils.models.output import WithLoss
from emo_utils.training.experiment import Experiment

ONE_CYCLE_RISE = 0.3
"""Share of a one-cycle schedule in which the rate rises (L. Smith, N. Topin, 2019, as in torch)."""
ONE_CYCLE_START = 1 / 25
"""Learning rate at the start of a one-cycle schedule, as a share of its peak."""


def make_optimizer(model: nn.Module, experiment: Experiment) -> torch.optim.Optimizer:
    """The experiment's optimizer over all trainable weights; no weight decay of biases and normalisations."""
    trainable = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trainable if p.ndim > 1], "weight_decay": experiment.weight_decay},
        {"params": [p for p in trainable if p.ndim <= 1], "weight_decay": 0.0},
    ]
    if experiment.optimizer == "sgd":
        return torch.optim.SGD(groups, experiment.learning_rate, momentum=experiment.momentum, nesterov=True)
    kind = torch.optim.AdamW if experiment.optimizer == "adamw" else torch.optim.Adam
    return kind(groups, experiment.learning_rate)


def learning_rate_at(done_epochs: float, experiment: Experiment) -> float:
    """Learning rate after a number of epochs (may be fractional): the warm-up, then the schedule."""
    peak, warmup = experiment.learning_rate, experiment.warmup_epochs
    if done_epochs < warmup:
        return peak * done_epochs / warmup
    done = min((done_epochs - warmup) / (experiment.epochs - warmup), 1.0)
    if experiment.schedule == "constant":
        return peak
    if experiment.schedule == "cosine":
        return peak * _cosine(done)
    if done < ONE_CYCLE_RISE:
        return peak * (1 - (1 - ONE_CYCLE_START) * _cosine(done / ONE_CYCLE_RISE))
    return peak * _cosine((done - ONE_CYCLE_RISE) / (1 - ONE_CYCLE_RISE))


def _cosine(done: float) -> float:
    """From 1 to 0."""
    return 0.5 * (1 + math.cos(math.pi * done))


def class_weights(samples: Samples, experiment: Experiment) -> Tensor | None:
    """Weights of classes in the loss, inverse to their frequency, mean 1 over the samples; None for equal weights."""
    if experiment.balance != "weights":
        return None
    counts = np.bincount(samples.labels, minlength=len(samples.classes))
    present = (counts > 0).sum()
    return torch.tensor(len(samples) / (present * np.maximum(counts, 1)), dtype=torch.float32)


def loss_of(output: Tensor | WithLoss, targets: Tensor, weights: Tensor | None, smoothing: float) -> Tensor:
    """Cross-entropy against distributions (N, K), plus the network's own loss where it has one."""
    logits, own = output if isinstance(output, WithLoss) else (output, 0.0)
    return F.cross_entropy(logits.float(), targets, weight=weights, label_smoothing=smoothing) + own


@contextmanager
def sam_perturbation(model: nn.Module, radius: float) -> Iterator[None]:
    """Inside the context, add a perturbation of length `radius` along the gradient to the weights; undo it at the end.

    The gradient at the perturbed weights, where the loss is about largest within `radius`, leads to a flat minimum:
    sharpness-aware minimisation (P. Foret et al., ICLR 2021). The running statistics of batch normalisation do not
    change inside the context, since the perturbed weights are never used for predictions.

    Args:
        model: with gradients of the loss, which are cleared.
        radius: length of the perturbation, over all weights together.
    """
    weights = [p for p in model.parameters() if p.grad is not None]
    norms = [module for module in model.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    momenta = [norm.momentum for norm in norms]
    with torch.no_grad():
        originals = [p.clone() for p in weights]
        length = torch.linalg.vector_norm(torch.stack([torch.linalg.vector_norm(p.grad) for p in weights]))
        for p in weights:
            p.add_(p.grad * (radius / (length + 1e-12)))
            p.grad = None
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        with torch.no_grad():
            for p, original in zip(weights, originals, strict=True):
                p.copy_(original)
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum


@torch.no_grad()
def update_average(average: nn.Module, model: nn.Module, decay: float, step: int) -> None:
    """Update the moving average of the weights; the decay is smaller in the first steps, and 0 copies the model.

    torch's `AveragedModel` and timm's `ModelEmaV3` copy the model at their first update and have another warm-up.
    With them the figures of finished runs would change.
    """
    decay = min(decay, (1 + step) / (10 + step))
    for kept, new in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        if kept.is_floating_point() and decay:
            kept.lerp_(new, 1 - decay)
        else:
            kept.copy_(new)


def autocast(device: torch.device, precision: str = "auto") -> torch.autocast:
    """Autocast to bfloat16 as `Experiment.precision` says. Without hardware support it is slower than float32."""
    wanted = has_fast_bf16(device.type) if precision == "auto" else precision == "bfloat16"
    return torch.autocast(device.type, torch.bfloat16, enabled=wanted)


@cache
def has_fast_bf16(device: str) -> bool:
    """Whether this device multiplies bfloat16 in hardware."""
    if device == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    cpuinfo = Path("/proc/cpuinfo")
    return device == "cpu" and cpuinfo.exists() and "avx512_bf16" in cpuinfo.read_text()
