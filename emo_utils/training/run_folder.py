"""What a run keeps in its folder beside checkpoints: the best weights and the history of its epochs."""

import csv
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import nn

from emo_utils.output import whole_file


def save_weights(folder: Path, model: nn.Module) -> None:
    """Write `best.safetensors`."""
    with whole_file(folder / "best.safetensors") as part:
        save_file({key: value.contiguous() for key, value in model.state_dict().items()}, part)


def load_weights(folder: Path, model: nn.Module) -> nn.Module:
    """Read `best.safetensors` into `model`, in evaluation mode."""
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


def read_history(folder: Path) -> list[dict]:
    """The rows of `history.csv`, numbers as numbers."""
    path = folder / "history.csv"
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
