"""What a training run is: its settings, its name, and where the code stood."""

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
    """All that decides a run's result, together with the data and the code's commit.

    Raises:
        EmoError: values that make no sense.
    """

    corpus: str = "ferplus"
    """Name of the corpus to train on."""
    backbone: str = "face_net"
    """Name of the network."""
    backbone_options: dict = field(default_factory=dict)
    """Of the network."""
    weights: str | None = None
    """Where its first weights come from: `models.registry.STARTS`, or the folder of a run; None is the backbone's own
    default."""
    representation: dict = field(default_factory=lambda: {"name": "frame"})
    """Name and options of what the network accepts; `frame` is a still face."""
    protocol: str = "official"
    """Who trains and who tests: `random`, `subject`, `official`."""
    fold: int = 0
    """The fold whose people (or clips) test."""
    folds: int | None = None
    """How many folds; None takes the literature's."""
    seed: int = 0
    """Start of every random number of the run, and of the split."""
    epochs: int = 60
    """Times each training sample is seen."""
    batch_size: int = 128
    """Samples a step, over all processes."""
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
    """Of the exponential moving average of the weights, which is what is evaluated and kept; 0 turns it off."""
    label_smoothing: float = 0.0
    """Share of a target spread evenly over the classes."""
    balance: str = "none"
    """Rare classes: `weights` in the loss, or drawn more often by `sampling`."""
    clip_gradient: float = 0.0
    """Largest norm of the gradient; 0 turns it off."""
    sharpness: float = 0.0
    """Radius of sharpness-aware minimisation (`training.optimise.sam_perturbation`), which takes twice the time;
    0 turns it off."""
    patience: int = 0
    """Epochs without a better validation figure after which training stops; 0 turns it off."""
    select_by: str = "accuracy"
    """Validation figure that chooses the epoch that is kept; the loss decides ties."""
    augmentation: str = "faces"
    """Name of a preset of `training.augment`."""
    mixup: float = 0.2
    """Alpha of mixup's Beta distribution (Zhang et al., ICLR 2018); 0 turns it off."""
    teachers: tuple[str, ...] = ()
    """Runs (their folders) or shipped weights whose mean probabilities are learnt too; see `training.networks`."""
    teacher_share: float = 0.5
    """Of the teachers in what is learnt; the rest are the corpus's own targets."""
    teach_once: bool = False
    """Teachers read each sample once, as it is, and not in every epoch as it was changed."""
    control: str = "none"
    """`labels`: training labels shuffled; `frames`: the order in time shuffled, in every part. To see what is left."""
    precision: str = "auto"
    """Of the network's sums: `auto` takes bfloat16 where the device multiplies it in hardware."""
    input_spec: InputSpec = field(default_factory=InputSpec)
    """How the pixels were made and how they are normalised."""

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
            if not least <= value <= most:  # which is true of NaN, too
                raise EmoError(f"{name}: expected a number from {least:g} to {most:g}, found {value}")
        if self.teachers and self.representation["name"] in ("sequence", "features"):
            raise EmoError("teachers read pictures; a network of sequences or of features cannot have any")
        if self.mixup and self.representation["name"] == "sequence":
            raise EmoError("mixup mixes pictures; sequences of different lengths cannot be mixed. Use mixup 0")

    def to_dict(self) -> dict:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict) -> "Experiment":
        """Read `to_dict` back; keys of older versions that are no more are passed over."""
        known = {item.name for item in fields(cls)}
        values = {key: value for key, value in values.items() if key in known}
        values["teachers"] = tuple(values.get("teachers", ()))
        return cls(**{**values, "input_spec": InputSpec(**values.get("input_spec", {}))})

    @classmethod
    def defaults(cls) -> dict:
        """The value that each setting has where nothing is said, as `to_dict` gives them."""
        return cls().to_dict()

    @property
    def name(self) -> str:
        """Of all folds together: readable parts, then eight digits that differ when any setting does.

        The digits are a hash of the settings that are not the defaults: a setting that is added with a default leaves
        the names of older runs as they were.
        """
        settings = {key: value for key, value in self.to_dict().items() if key != "fold"}
        digits = sha256_of_json(differing(settings, self.defaults()))[:8]
        backbone = self.backbone.replace("/", "_")
        return f"{backbone}-{self.representation['name']}-{self.protocol}-s{self.seed}-{digits}"


def code_commit() -> str:
    """Commit of the code that runs, with `+changes` where files differ from it; `unknown` outside a checkout."""
    root = Path(__file__).resolve().parents[2]

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        changes = git("status", "--porcelain", "--untracked-files=no", "--", "emo_utils")
        return git("rev-parse", "--short=12", "HEAD") + ("+changes" if changes else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
