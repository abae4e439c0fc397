"""What a training run is: its settings, its folder, and where the code stood."""

import subprocess
from dataclasses import asdict, dataclass, field
from pathlib import Path

from emo_utils.structures import InputSpec


@dataclass(frozen=True)
class Experiment:
    """All that decides a run's result, together with the data and the code's commit."""

    corpus: str = "ferplus"
    """Name of the corpus to train on."""
    backbone: str = "face_net"
    """Name of the network."""
    seed: int = 0
    """Start of every random number of the run."""
    epochs: int = 60
    """Times each training face is seen."""
    batch_size: int = 128
    """Faces a step."""
    learning_rate: float = 0.1
    """Peak of the one-cycle schedule (SGD with Nesterov momentum)."""
    momentum: float = 0.9
    """Of SGD."""
    weight_decay: float = 5e-4
    """Of all weights but biases and normalisation."""
    warmup_epochs: float = 2.0
    """Linear rise of the learning rate; a cosine to zero follows."""
    average_decay: float = 0.999
    """Of the exponential moving average of the weights; the average is what is evaluated and kept."""
    input_spec: InputSpec = field(default_factory=InputSpec)
    """What the network eats."""

    def __post_init__(self):
        if self.epochs < 1 or self.batch_size < 2:
            raise ValueError(f"expected epochs >= 1 and batch_size >= 2, found {self.epochs} and {self.batch_size}")
        if not 0 <= self.warmup_epochs < self.epochs:
            raise ValueError(f"expected 0 <= warmup_epochs < epochs, found {self.warmup_epochs} of {self.epochs}")

    def to_dict(self) -> dict:
        """Plain values for JSON."""
        return asdict(self)


def code_commit() -> str:
    """Commit of the code in use, with `+changes` where the tree differs from it; `unknown` outside a git checkout."""
    root = Path(__file__).resolve().parents[2]

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        changes = git("status", "--porcelain", "--untracked-files=no", "--", "emo_utils")
        return git("rev-parse", "--short=12", "HEAD") + ("+changes" if changes else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
