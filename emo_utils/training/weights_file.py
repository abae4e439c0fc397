"""The tensors of a trained network on disk, as safetensors."""

from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import nn

from emo_utils.output import whole_file


def save_weights(path: Path, model: nn.Module) -> None:
    """Write the tensors of `model`."""
    with whole_file(path) as part:
        save_file({key: value.contiguous() for key, value in model.state_dict().items()}, part)


def load_weights(path: Path, model: nn.Module) -> nn.Module:
    """Read tensors into `model`, in evaluation mode.

    Raises:
        RuntimeError: they are another network's.
    """
    model.load_state_dict(load_file(path))
    return model.eval()
