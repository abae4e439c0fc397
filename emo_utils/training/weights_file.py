"""The tensors of a trained network on disk, as safetensors."""

from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from emo_utils.errors import OutputError, WeightsError
from emo_utils.output import whole_file


def save_weights(path: Path, model: nn.Module) -> None:
    """Write the tensors of `model`."""
    write_safetensors(path, model.state_dict())


def load_weights(path: Path, model: nn.Module) -> nn.Module:
    """Read tensors into `model`, in evaluation mode.

    Raises:
        WeightsError: not such a file.
        RuntimeError: they are another network's.
    """
    model.load_state_dict(read_safetensors(path))
    return model.eval()


def write_safetensors(path: Path, tensors: dict[str, Tensor]) -> None:
    """Write tensors by name; the file appears whole or not at all.

    Raises:
        OutputError: it cannot be written; safetensors hides the system's error.
    """
    try:
        with whole_file(path) as part:
            save_file({key: value.contiguous() for key, value in tensors.items()}, part)
    except SafetensorError as error:
        raise OutputError(f"{path}: cannot be written ({error}); free some space and try again") from error


def read_safetensors(path: Path, device: str = "cpu") -> dict[str, Tensor]:
    """The tensors of a file by name. The format holds numbers only: reading it runs no code, as a pickle would.

    Raises:
        WeightsError: it is missing, damaged, or of another format.
    """
    try:
        return load_file(path, device=device)
    except (OSError, SafetensorError) as error:
        raise WeightsError(f"{path}: expected tensors as safetensors, found none that can be read ({error})") from None
