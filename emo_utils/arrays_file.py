"""Files of NumPy arrays (.npz) that hold the fields of a dataclass."""

from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from emo_utils.errors import EmoError

Arrays = TypeVar("Arrays")


def save_arrays(arrays: Any, path: Path) -> None:
    """Write the fields of a dataclass, all arrays, as a compressed .npz file; equal arrays give equal bytes."""
    np.savez_compressed(path, **vars(arrays))


def load_arrays(kind: type[Arrays], path: Path | str, expected: str) -> Arrays:
    """Read a file of `save_arrays`.

    Args:
        kind: the dataclass.
        path: of the file.
        expected: what the file should hold, for the message.

    Raises:
        EmoError: it is no such file.
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return kind(**{name: arrays[name] for name in kind.__dataclass_fields__})  # type: ignore[attr-defined]
    except (OSError, KeyError, ValueError) as error:
        found = f"{type(error).__name__}: {error}"
        raise EmoError(f"{path}: expected {expected}, found {found}; analyse the clip again") from error
