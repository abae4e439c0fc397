"""Atomic output: files and folders are written under a hidden name and renamed when complete."""

import os
import shutil
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from emo_utils.errors import OutputError
from emo_utils.file_names import shortened

PART = ".part"


@contextmanager
def whole_file(path: Path | str) -> Iterator[Path]:
    """Give a hidden path to write a file to; it is renamed to `path` only if no error occurs.

    An existing file of that name is replaced only when the new one is complete. The hidden file lies in the same
    folder, which is made if absent. It has the same suffix as `path`, for writers that choose the format by the suffix.
    """
    path = Path(path).absolute()
    part = _hidden(path, PART + path.suffix)
    make_folder(path.parent, path)
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_text_whole(path: Path | str, text: str) -> None:
    """Write a text file atomically, in UTF-8 and with the line ends of `text`; see `whole_file`."""
    with whole_file(path) as part:
        part.write_text(text, encoding="utf-8", newline="")


@contextmanager
def whole_folder(folder: Path | str, made_elsewhere: Callable[[], bool] = lambda: False) -> Iterator[Path]:
    """Give an empty hidden folder to write into; it is renamed to `folder` only if no error occurs.

    An existing folder of that name is replaced only when the new one is complete.

    Args:
        folder: the final name.
        made_elsewhere: called at the end; whether another process has made the same folder meanwhile. Then that folder
            is kept, since other processes may be reading it.
    """
    folder = Path(folder).absolute()
    part = _hidden(folder, PART)
    make_folder(part, folder)
    try:
        yield part
        if made_elsewhere():
            return
        old = _hidden(folder, ".old")
        if folder.exists():
            os.replace(folder, old)
        os.replace(part, folder)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def is_part(path: Path) -> bool:
    """Whether this is the hidden name of unfinished output."""
    return path.name.startswith(".") and PART in path.suffixes


def _hidden(path: Path, ending: str) -> Path:
    return path.with_name(f".{shortened(path.name, 200)}.{uuid.uuid4().hex[:8]}{ending}")


def make_folder(folder: Path, wanted: Path | None = None) -> None:
    """Make a folder and those above it, where they are absent.

    Raises:
        OutputError: it cannot be made; names `wanted`, by default the folder.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{wanted or folder}: cannot be written ({error.strerror})") from error
