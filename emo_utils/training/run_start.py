"""A run as the start of another: its weights as first weights, also for other classes or channels.

Where the classes differ, the last layer keeps its random weights. Where the channels of a picture differ, the first
convolution is adapted (`models.stem.adapt_stem`). All other tensors must fit.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from emo_utils.errors import WeightsError
from emo_utils.models import create_model
from emo_utils.models.registry import STARTS
from emo_utils.models.stem import adapt_stem
from emo_utils.run_folder import RunFolder
from emo_utils.training.experiment import Experiment
from emo_utils.training.weights_file import read_safetensors

log = logging.getLogger(__name__)

KEPT = "kept"


@dataclass(frozen=True)
class RunStart:
    """What became of a run's network as the start of another.

    Attributes:
        folder: of the fold whose network it is.
        head: `kept`, or that the last layer was made anew and why.
        stem: `kept`, or how the first convolution was adapted.
    """

    folder: str
    head: str = KEPT
    stem: str = KEPT

    @property
    def is_whole(self) -> bool:
        """Whether the network is taken as it is."""
        return self.head == self.stem == KEPT

    def __str__(self) -> str:
        return f"first weights of {self.folder}: last layer {self.head}; first layer {self.stem}"


def is_run_start(experiment: Experiment) -> bool:
    """Whether the first weights are those of a run."""
    return experiment.weights not in (None, *STARTS) and Path(experiment.weights).is_dir()


def starting_run(experiment: Experiment) -> RunFolder:
    """The fold of a run whose network is the start.

    Of a run with the same split it is the experiment's own fold, whose test part that network has not seen; of any
    other run it is the first finished fold.

    Raises:
        RunError: it is no run, or has no network of that fold.
        WeightsError: its network is another backbone.
    """
    run, theirs = RunFolder(experiment.weights), _settings(experiment)
    if theirs.backbone != experiment.backbone:
        raise WeightsError(
            f"first weights of {experiment.weights}: expected those of {experiment.backbone}, found {theirs.backbone}; "
            f"give --backbone {theirs.backbone}"
        )
    if _split(theirs) == _split(experiment):
        return run.network(experiment.fold if run.folds() else None)
    return run.network(next((fold.number for fold in run.finished_folds()), None))


def _settings(experiment: Experiment) -> Experiment:
    """The settings of the run that is the start; those of its folds differ in the fold alone."""
    run = RunFolder(experiment.weights)
    return Experiment.from_dict(next(iter(run.folds()), run).experiment())


def _split(experiment: Experiment) -> tuple:
    """What a split depends on besides the fold; a published split depends on nothing else."""
    drawn = () if experiment.protocol == "official" else (experiment.folds, experiment.seed)
    return experiment.corpus, experiment.protocol, *drawn


def describe_start(experiment: Experiment, channels: int, classes: tuple[str, ...]) -> RunStart:
    """What becomes of the run's network; no tensor is read. See `starting_run` for errors."""
    run = starting_run(experiment)
    theirs, spec = tuple(run.sidecar()["classes"]), run.sidecar()["input_spec"]
    head = KEPT
    if theirs != tuple(classes):
        head = f"made anew, for {', '.join(classes)} instead of {', '.join(theirs)}"
    adapted = spec.get("channels", channels) != channels and spec.get("representation") != "features"
    stem = f"adapted from {spec['channels']} to {channels} channels" if adapted else KEPT
    return RunStart(str(run.path), head, stem)


def warn_of_people(experiment: Experiment) -> None:
    """Say in the log that the start may have seen the test part: it was trained on the same corpus, split otherwise."""
    theirs = _settings(experiment)
    if theirs.corpus == experiment.corpus and _split(theirs) != _split(experiment):
        log.warning(
            "%s was trained on %s with another split: it may have learnt from people of the test part, and figures are "
            "too high then",
            experiment.weights, experiment.corpus,
        )  # fmt: skip


def fill_from_run(model: nn.Module, experiment: Experiment, channels: int, classes: tuple[str, ...]) -> None:
    """Put the run's tensors into a new network of `channels` and `classes`; see the module.

    Raises:
        WeightsError: another tensor than those of the first and last layer differs.
    """
    run, own = starting_run(experiment), model.state_dict()
    tensors = read_safetensors(run.network_file)
    old_classes = tuple(run.sidecar()["classes"])
    anew = _head_of(experiment, channels, len(classes), own) if old_classes != tuple(classes) else set()
    how = experiment.backbone_options.get("stem")
    fitted = {key: own[key] if key in anew else _fitted(tensors[key], own[key], how) for key in own if key in tensors}
    if set(tensors) != set(own) or any(fitted[key].shape != own[key].shape for key in own):
        raise WeightsError(
            f"first weights of {experiment.weights}: expected those of {experiment.backbone} with the options "
            f"{experiment.backbone_options}, {channels} channels and {len(classes)} classes, found another network's, "
            f"with the options {run.experiment().get('backbone_options')}; give the same with --option"
        )
    model.load_state_dict(fitted)


def _head_of(experiment: Experiment, channels: int, classes: int, own: dict[str, Tensor]) -> set[str]:
    """The tensors that depend on the number of classes: those whose shape differs in a network with one class more."""
    other = create_model(experiment.backbone, channels, classes + 1, "random", **experiment.backbone_options)
    return {key for key, tensor in other.state_dict().items() if tensor.shape != own[key].shape}


def _fitted(old: Tensor, new: Tensor, how: str | None) -> Tensor:
    """The old tensor; a first convolution with other channels is adapted."""
    is_stem = old.ndim == new.ndim == 4 and old.shape[0] == new.shape[0] and old.shape[2:] == new.shape[2:]
    return adapt_stem(old, new.shape[1], how) if is_stem and old.shape[1] != new.shape[1] else old
