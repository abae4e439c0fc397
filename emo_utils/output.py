"""Output folders that are whole or absent: written under a hidden name, and moved into place at the end."""

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emo_utils.errors import OutputError

MARKS = ("timeline.csv", "manifest.csv")
"""A folder that holds none of these was not made by this package, and is never replaced."""


def check_output(folder: Path, overwrite: bool) -> None:
    """Refuse an output folder before any work is done.

    Raises:
        OutputError: it exists and `overwrite` is not set, it is not ours to replace, or it cannot be written.
    """
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder}: expected a folder for the output, found a file")
    if folder.is_dir() and any(folder.iterdir()):
        if not overwrite:
            raise OutputError(f"{folder}: exists already and is not empty; choose another --out, or give --overwrite")
        if not any((folder / mark).exists() for mark in MARKS):
            raise OutputError(
                f"{folder}: holds files that this command did not make (no {' and no '.join(MARKS)}), so it is not "
                "overwritten; choose another --out"
            )
    parent = next(p for p in (folder.absolute(), *folder.absolute().parents) if p.exists())
    if not os.access(parent, os.W_OK | os.X_OK):
        raise OutputError(f"{folder}: cannot be written, {parent} is read-only for this user")


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Give an empty hidden folder to write into; it takes the name `folder` only if nothing went wrong.

    A folder of that name is replaced, and is untouched until the new one is complete.
    """
    folder = folder.absolute()
    part = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        part.mkdir(parents=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror})") from error
    try:
        yield part
        old = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}.old")
        if folder.exists():
            os.replace(folder, old)
        os.replace(part, folder)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(part, ignore_errors=True)
