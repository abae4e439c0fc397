"""Lock a folder for one process at a time. The system releases the lock when the process ends, for any reason."""

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO

from emo_utils.errors import OutputError

log = logging.getLogger(__name__)

LOCK = ".emo.lock"
"""The lock file in a folder that is being written; if a killed process leaves it behind, it does no harm."""


@contextmanager
def only_process(folder: Path, task: str) -> Iterator[None]:
    """Make a folder if it is absent, and lock it against other processes of this package.

    Args:
        folder: the folder to lock; if it was made here and is empty at the end, it is removed.
        task: what is done there; named in the error of a second process.

    Raises:
        OutputError: another process works there (its number and task are named), or the folder cannot be written.
    """
    path = folder / LOCK
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = _acquire(path)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error.strerror})") from error
    with lock:
        lock.truncate(0)
        lock.write(f"{task}, process {os.getpid()} on {socket.gethostname()}, since {datetime.now():%Y-%m-%d %H:%M:%S}")
        lock.flush()
        try:
            yield
        finally:
            with suppress(OSError):  # the work is done; what is left of the lock does no harm
                path.unlink()
                for place in made:
                    place.rmdir()  # fails where there is anything in it


def _acquire(path: Path) -> IO[str]:
    """The locked file. If another process removes it between opening and locking, it is opened again."""
    while True:
        lock = path.open("a+", encoding="utf-8")
        try:
            _lock(lock, path)
            if path.exists() and os.path.samestat(os.fstat(lock.fileno()), path.stat()):
                return lock
        except BaseException:
            lock.close()
            raise
        lock.close()


def _lock(lock: IO[str], path: Path) -> None:
    try:
        import fcntl

        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:  # Windows has no such locks
        pass
    except BlockingIOError:
        first = path.read_text(encoding="utf-8") or "another process"
        raise OutputError(
            f"{path.parent}: is being written by {first}; wait for it to end, or choose another folder"
        ) from None
    except OSError as error:  # some network file systems have none
        log.warning("%s: cannot be locked (%s); take care that no other run writes there", path.parent, error.strerror)
