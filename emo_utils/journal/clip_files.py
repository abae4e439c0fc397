"""The clips of a journal: copied in whole, erased for good, and cleared of what killed processes left.

A clip is copied while the transaction of its entry is open. So no other process writes at that time, and a file
without an entry is certain to be left from a process that was killed.
"""

import os
import re
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import IO

from emo_utils.errors import JournalError, in_words
from emo_utils.output import whole_file

SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")

BLOCK = 1 << 20


def stored_name(entry_id: str, clip_name: str) -> str:
    """The name of a stored clip: the entry's id, and the suffix of the clip if it is a plain one."""
    suffix = Path(clip_name).suffix.lower()
    return entry_id + (suffix if SUFFIX.fullmatch(suffix) else "")


def copy_in(source: Path, target: Path) -> None:
    """Copy a clip, readable by its owner only; on return its bytes are on the disk, not only in memory.

    Raises:
        JournalError: it cannot be read, or does not fit on the disk; no part of it stays.
    """
    try:
        with source.open("rb") as old:
            write_in(old, target)
    except OSError as error:
        raise JournalError(f"{source.name}: cannot be copied into the journal ({in_words(error)})") from error


def write_in(source: IO[bytes], target: Path, most: int | None = None) -> None:
    """Write what is read from `source` to a new file; see `copy_in`.

    Raises:
        JournalError: there are more than `most` bytes.
        OSError: it cannot be read or written.
    """
    with whole_file(target) as part, os.fdopen(os.open(part, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as new:
        while block := source.read(BLOCK):
            new.write(block)
            if most is not None and new.tell() > most:
                raise JournalError(f"{target.name}: expected at most {most} bytes, found more")
        new.flush()
        os.fsync(new.fileno())
    sync_folder(target.parent)


def erase(path: Path) -> None:
    """Overwrite a file with zeros and remove it.

    The file system may keep older copies of the blocks: snapshots, journals, and the wear levelling of an SSD.
    """
    if not path.is_file() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    with path.open("r+b") as file:
        for start in range(0, path.stat().st_size, BLOCK):
            file.write(b"\0" * min(BLOCK, path.stat().st_size - start))
        file.flush()
        os.fsync(file.fileno())
    path.unlink(missing_ok=True)
    sync_folder(path.parent)


def strays(folder: Path, known: Collection[str]) -> list[Path]:
    """Files in the folder of clips that belong to no entry."""
    return [path for path in sorted(folder.iterdir()) if path.name not in known and not path.is_dir()]


def sync_folder(folder: Path) -> None:
    """Have the system write the names in a folder to the disk, where it can."""
    with suppress(OSError):  # Windows has no such call for folders
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
