"""Networks of experiments: a new network, the network of a run, or the teachers of a run (distillation).

Distillation: G. Hinton, O. Vinyals, J. Dean, "Distilling the Knowledge in a Neural Network", 2015. The teachers get
each picture after augmentation and mixup, as the student does (L. Beyer et al., "Knowledge distillation: A good
teacher is patient and consistent", CVPR 2022).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from emo_utils.datasets.samples import Samples
from emo_utils.errors import WeightsError
from emo_utils.inference.weights import find_weights, is_run
from emo_utils.models import create_model, find_backbone
from emo_utils.models.embedding_heads import Head
from emo_utils.models.face_net import shipped_networks
from emo_utils.models.folded_norms import restore_norms
from emo_utils.models.registry import STARTS
from emo_utils.run_folder import RunFolder
from emo_utils.structures import InputSpec
from emo_utils.training.batches import normalise, read_batches, to_network
from emo_utils.training.experiment import Experiment
from emo_utils.training.optimise import autocast
from emo_utils.training.run_start import RunStart, describe_start, fill_from_run, is_run_start, warn_of_people
from emo_utils.training.weights_file import load_weights

SAMPLES_FOR_NORMS = 1000
"""Training samples from which the statistics of normalisations are taken, where the first weights have none."""


def build_network(experiment: Experiment, samples: Samples) -> nn.Module:
    """The experiment's network with its first weights, with the channels and classes of `samples`.

    Raises:
        WeightsError: the first weights are those of a run with another network.
        RunError: the folder of the first weights is no run, or has no network of this fold.
    """
    model = first_network(experiment, samples.in_channels, samples.classes)
    if getattr(model, "folded", False):
        restore_norms(model, first_inputs(samples, experiment.input_spec))
    elif isinstance(head := getattr(model, "head", None), Head) and not head.statistics:
        head.standardise_by(torch.from_numpy(np.concatenate([np.atleast_2d(item) for item in samples.items])))
    return model.to(memory_format=torch.channels_last) if samples.items[0].ndim == 3 else model


def first_network(experiment: Experiment, channels: int, classes: tuple[str, ...]) -> nn.Module:
    """A network with the experiment's first weights, before statistics of normalisations; errors as `build_network`."""
    from_run = is_run_start(experiment)
    first = "random" if from_run else experiment.weights
    model = create_model(experiment.backbone, channels, len(classes), weights=first, **experiment.backbone_options)
    if from_run:
        fill_from_run(model, experiment, channels, classes)
    return model


def check_start(experiment: Experiment, channels: int, classes: tuple[str, ...]) -> RunStart | None:
    """Make the network and find its teachers, so that whatever can fail does so before clips are prepared.

    Returns:
        What became of the run that the first weights are from; None for other weights.

    Raises:
        EmoError: the first weights, an option of the network, or a teacher cannot be had.
    """
    first_network(experiment, channels, classes)
    for teacher in experiment.teachers:
        if is_run(teacher):
            RunFolder(teacher).network(experiment.fold)
        else:
            find_weights(teacher)
    if not is_run_start(experiment):
        return None
    warn_of_people(experiment)
    return describe_start(experiment, channels, classes)


def first_inputs(samples: Samples, spec: InputSpec) -> Tensor:
    """Normalised inputs of `SAMPLES_FOR_NORMS` random samples (fixed seed), for the statistics of normalisations."""
    rows = np.random.default_rng(0).permutation(len(samples))[:SAMPLES_FOR_NORMS]
    return normalise(to_network(torch.from_numpy(samples.batch(rows)[0]), torch.device("cpu")), spec)


def load_run(folder: Path, samples: Samples) -> tuple[nn.Module, Experiment]:
    """The trained network of a run's folder, with the channels and classes of `samples`, and its settings.

    The run or the recogniser that its first weights came from need not exist any more.
    """
    run = RunFolder(folder)
    experiment = Experiment.from_dict(run.experiment())
    foreign = experiment.weights not in (None, *STARTS) or "recogniser" in find_backbone(experiment.backbone).starts
    bare = replace(experiment, weights="random") if foreign else experiment
    return load_weights(run.network_file, build_network(bare, samples)), experiment


@dataclass(frozen=True)
class Teachers:
    """Trained networks whose mean probabilities are mixed into the targets (distillation); may be empty.

    Attributes:
        share: share of the teachers' probabilities in the targets, 0 to 1.
        precision: see `Experiment`.
    """

    networks: tuple[nn.Module, ...] = field(default=(), repr=False)
    share: float = 0.0
    precision: str = "auto"

    @torch.no_grad()
    def __call__(self, x: Tensor, targets: Tensor, clips: Tensor | None = None) -> Tensor:
        """Targets moved towards the teachers' mean probabilities.

        Args:
            x: the network's input (N, C, S, S).
            targets: (N, K).
            clips: the number of each sample's clip, int64 (N,). All samples of a clip in this batch, such as two
                framings of one face, get the mean of their probabilities. None: no mean over samples.
        """
        if not self.networks:
            return targets
        with autocast(x.device, self.precision):
            mean = torch.stack([network(x).float().softmax(dim=1) for network in self.networks]).mean(dim=0)
        if clips is not None:
            _, clip, count = clips.unique(return_inverse=True, return_counts=True)
            sums = torch.zeros(len(count), mean.shape[1], device=mean.device).index_add_(0, clip, mean)
            mean = (sums / count[:, None])[clip]
        return targets.lerp(mean.to(targets.dtype), self.share)


NO_TEACHERS = Teachers()


def with_teacher_targets(samples: Samples, teachers: Teachers, spec: InputSpec, batch_size: int = 64) -> Samples:
    """The samples with targets moved towards the teachers' probabilities, the mean over the samples of a clip.

    The teachers run once, without augmentation. Teachers on augmented batches would run in every epoch.
    """
    device = next(teachers.networks[0].parameters()).device
    place = samples.clip_rows
    order = np.argsort(place, kind="stable")
    batches = np.split(order, range(batch_size, len(order), batch_size))
    probabilities = np.zeros_like(samples.targets)
    teachers_alone = replace(teachers, share=1.0)
    for rows, items, _ in read_batches(samples, batches):
        x = normalise(to_network(items, device), spec)
        probabilities[rows] = teachers_alone(x, torch.from_numpy(samples.targets[rows]).to(device)).cpu()
    sums = np.zeros((place.max() + 1, probabilities.shape[1]), probabilities.dtype)
    np.add.at(sums, place, probabilities)
    mean = (sums / np.bincount(place)[:, None])[place]
    targets = (1 - teachers.share) * samples.targets + teachers.share * mean
    return replace(samples, targets=targets.astype(samples.targets.dtype))


def load_teachers(experiment: Experiment, samples: Samples, device: torch.device) -> Teachers:
    """The experiment's teachers: each the folder of a run, or the name of shipped weights.

    From a run over several folds the network of the experiment's own fold is taken: it was not trained on the clips
    of this fold's test part.

    Raises:
        WeightsError: a teacher is absent, names other classes, or accepts other pictures.
    """
    found = [load_networks(name, experiment, samples) for name in experiment.teachers]
    networks = tuple(network.to(device).eval() for several in found for network in several)
    return Teachers(networks, experiment.teacher_share, experiment.precision)


def load_networks(name: str, experiment: Experiment, samples: Samples) -> list[nn.Module]:
    """The network of a run's folder, or the networks inside shipped weights, with the same input as the experiment's.

    Raises:
        WeightsError: it is absent, names other classes, or accepts other pictures.
        RunError: a folder that is no run, or a run without a network of this fold.
    """
    if not is_run(name):
        weights = find_weights(name)
        _check(name, weights.classes, weights.input_spec, experiment, samples)
        networks = shipped_networks(weights.name)
        return [network.to(memory_format=torch.channels_last) for network in networks]
    run = RunFolder(name).network(experiment.fold)
    network, settings = load_run(run.path, samples)
    _check(name, run.sidecar()["classes"], settings.input_spec, experiment, samples)
    return [network]


def _check(name: str, classes: Sequence[str], spec: InputSpec, experiment: Experiment, samples: Samples) -> None:
    for what, found, expected in (
        ("classes", tuple(classes), tuple(samples.classes)),
        ("input", spec, experiment.input_spec),
    ):
        if found != expected:
            raise WeightsError(f"{name}: expected its {what} to be {expected}, found {found}")
