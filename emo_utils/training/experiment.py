"""The settings of a training run, its name, and the commit of the code."""

import subprocess
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from emo_utils.errors import EmoError
from emo_utils.hashing import sha256_of_json
from emo_utils.run_identity import differing
from emo_utils.structures import InputSpec

CHOICES = {
    "optimizer": ("sgd", "adam", "adamw"),
    "schedule": ("cosine", "one_cycle", "constant"),
    "balance": ("none", "weights", "sampling"),
    "select_by": ("accuracy", "uar", "loss"),
    "control": ("none", "labels", "frames"),
    "precision": ("auto", "bfloat16", "float32"),
    "normalise": ("none", "person", "ranks"),
}


RANGES = {
    "learning_rate": (1e-12, 1e3),
    "momentum": (0, 1),
    "weight_decay": (0, 1e3),
    "average_decay": (0, 1),
    "label_smoothing": (0, 1),
    "clip_gradient": (0, 1e9),
    "sharpness": (0, 1e3),
    "patience": (0, 10**9),
    "mixup": (0, 1e3),
    "teacher_share": (0, 1),
    "seed": (0, 2**32 - 1),
    "fold": (0, 10**6),
}
"""Least and largest value of each number."""


@dataclass(frozen=True)
class Experiment:
    """The settings of a run. With the data and the code's commit they determine the result.

    Raises:
        EmoError: values out of range, or settings that contradict each other.
    """

    corpus: str = "ferplus"
    """Name of the corpus to train on."""
    backbone: str = "face_net"
    """Name of the network."""
    backbone_options: dict = field(default_factory=dict)
    """Of the network."""
    weights: str | None = None
    """First weights: one of `models.registry.STARTS`, or the folder of a run; None is the backbone's own default."""
    representation: dict = field(default_factory=lambda: {"name": "frame"})
    """Name and options of what the network accepts; `frame` is a still face."""
    protocol: str = "official"
    """How clips are split into parts: `random`, `subject` (no person in two parts), `official`."""
    fold: int = 0
    """The fold whose people (or clips) are the test part."""
    folds: int | None = None
    """How many folds; None takes the number used in the literature."""
    seed: int = 0
    """Seed of all random numbers of the run, and of the split."""
    epochs: int = 60
    """Number of passes over the training samples."""
    batch_size: int = 128
    """Samples per step, over all processes."""
    optimizer: str = "sgd"
    """`sgd` (Nesterov), `adam`, `adamw`."""
    learning_rate: float = 0.1
    """Its peak."""
    momentum: float = 0.9
    """Of SGD."""
    weight_decay: float = 5e-4
    """Of all weights but biases and normalisation."""
    schedule: str = "cosine"
    """After the warm-up: `cosine` to zero; `one_cycle` (rise over 30 %, then cosine); `constant`."""
    warmup_epochs: float = 2.0
    """Linear rise of the learning rate."""
    average_decay: float = 0.999
    """Decay of the exponential moving average of the weights, which is evaluated and kept; 0 turns it off."""
    label_smoothing: float = 0.0
    """Share of a target that is spread evenly over the classes."""
    balance: str = "none"
    """Balancing of rare classes: `weights` in the loss, or drawn more often by `sampling`."""
    clip_gradient: float = 0.0
    """Largest norm of the gradient; 0 turns it off."""
    sharpness: float = 0.0
    """Radius of sharpness-aware minimisation (`training.optimise.sam_perturbation`), which takes twice the time;
    0 turns it off."""
    patience: int = 0
    """Epochs without a better validation figure after which training stops; 0 turns it off."""
    select_by: str = "accuracy"
    """Validation figure by which the best epoch is chosen; the loss decides ties."""
    augmentation: str = "faces"
    """Name of a preset of `training.augmentation`."""
    mixup: float = 0.2
    """Alpha of mixup's Beta distribution (Zhang et al., ICLR 2018); 0 turns it off."""
    teachers: tuple[str, ...] = ()
    """Teachers for distillation: folders of runs, or names of shipped weights; see `training.networks`."""
    teacher_share: float = 0.5
    """Share of the teachers' mean probabilities in the targets; the rest are the corpus's own targets."""
    teach_once: bool = False
    """Teachers predict each sample once, without augmentation, and not in every epoch after augmentation."""
    control: str = "none"
    """Control experiment: `labels` shuffles the training labels, `frames` the order in time, in every part."""
    normalise: str = "none"
    """Features and embeddings: `person` standardises them by all clips of a person, `ranks` takes their ranks among
    these; neither needs a label, and both use clips of test people (`training.person`)."""
    precision: str = "auto"
    """Precision of the network: `auto` takes bfloat16 where the device multiplies it in hardware."""
    input_spec: InputSpec = field(default_factory=InputSpec)
    """Size and colour of the pixels, and how they are normalised."""

    def __post_init__(self):
        if self.epochs < 1 or self.batch_size < 2:
            raise EmoError(f"expected epochs >= 1 and batch_size >= 2, found {self.epochs} and {self.batch_size}")
        if not 0 <= self.warmup_epochs < self.epochs:
            raise EmoError(f"expected 0 <= warmup_epochs < epochs, found {self.warmup_epochs} of {self.epochs}")
        for name, known in CHOICES.items():
            if getattr(self, name) not in known:
                raise EmoError(f"{name}: expected one of {', '.join(known)}; found {getattr(self, name)!r}")
        for name, (least, most) in RANGES.items():
            value = getattr(self, name)
            if not least <= value <= most:  # also true for NaN
                raise EmoError(f"{name}: expected a number from {least:g} to {most:g}, found {value}")
        if self.teachers and self.representation["name"] in ("sequence", "features"):
            raise EmoError("teachers accept pictures; a network of sequences or of features cannot have any")
        if self.normalise != "none" and not self.over_features:
            raise EmoError(
                f"normalise {self.normalise}: expected features or the embeddings of an encoder, found pictures "
                f"({self.representation['name']}); leave it out"
            )
        if self.mixup and self.representation["name"] == "sequence":
            raise EmoError("mixup mixes pictures; sequences of different lengths cannot be mixed. Use mixup 0")

    @property
    def over_features(self) -> bool:
        """Whether the network's input are numbers: a table's, or the embeddings of encoders."""
        return self.representation["name"] == "features" or bool(self.representation.get("encoders"))

    def to_dict(self) -> dict:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> "Experiment":
        """The inverse of `to_dict`; keys of older versions that no longer exist are ignored."""
        known = {item.name for item in fields(cls)}
        values = {key: value for key, value in values.items() if key in known}
        values["teachers"] = tuple(values.get("teachers", ()))
        return cls(**{**values, "input_spec": InputSpec(**values.get("input_spec", {}))})

    @classmethod
    def defaults(cls) -> dict:
        """The default of each setting, as in `to_dict`."""
        return cls().to_dict()

    @property
    def name(self) -> str:
        """Name of the run, without the fold: readable parts, then eight digits that depend on all settings.

        The digits are a hash of the settings that differ from the defaults. A new setting with a default does not
        change the names of older runs.
        """
        settings = {key: value for key, value in self.to_dict().items() if key != "fold"}
        digits = sha256_of_json(differing(settings, self.defaults()))[:8]
        backbone = self.backbone.replace("/", "_")
        return f"{backbone}-{self.representation['name']}-{self.protocol}-s{self.seed}-{digits}"


def code_commit() -> str:
    """Commit of this code, with `+changes` where files differ from it; `unknown` outside a git checkout."""
    root = Path(__file__).resolve().parents[2]

    def git(*arguments: str) -> str:
        command = ["git", "--no-optional-locks", "-C", str(root), *arguments]  # a lock would outlive a killed process
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        changes = git("status", "--porcelain", "--untracked-files=no", "--", "emo_utils")
        return git("rev-parse", "--short=12", "HEAD") + ("+changes" if changes else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
