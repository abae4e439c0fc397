"""The files of each visitor: a folder of their own, which only their cookie opens, and which is deleted in time."""

import os
import re
import secrets
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from emo_utils.apps.page.limits import Limits
from emo_utils.errors import EmoError
from emo_utils.hashing import sha256_of_text

COOKIE = "emo_visitor"
"""Name of the cookie. Its value is random and never in a path; a folder has the name of its hash."""

TOKEN = re.compile(r"[0-9a-f]{64}")
JOB = re.compile(r"[0-9a-f]{32}")
UPLOADS, RESULTS = "uploads", "results"

MOST_UPLOADS = 4
"""Uploads of a visitor that are kept at the same time; the oldest is deleted first."""

SWEEP_S = 30.0
"""Time between searches for files that are too old."""


class NotYours(EmoError):
    """A file that does not exist, or that is another visitor's; the two are not told apart."""


@dataclass(frozen=True)
class Job:
    """A folder for one upload or for one set of results; its name cannot be guessed."""

    name: str
    folder: Path


class Visitors:
    """The folders of all visitors, under one folder that only this user of the machine can read.

    Args:
        limits: how long files are kept, and how large they may be together.
        root: the folder; None: a new temporary one.
    """

    def __init__(self, limits: Limits, root: Path | None = None):
        self.limits = limits
        self.root = Path(root or tempfile.mkdtemp(prefix="emo-page-")).resolve()
        self.root.mkdir(parents=True, exist_ok=True)
        self.root.chmod(0o700)
        self._in_use: set[Path] = set()
        self._closed = threading.Event()

    @staticmethod
    def new_token() -> str:
        """A value for the cookie of a new visitor."""
        return secrets.token_hex(32)

    def folder(self, token: str | None) -> Path:
        """The folder of a visitor; it is not made.

        Raises:
            NotYours: the cookie is missing or was not made here.
        """
        if not token or not TOKEN.fullmatch(token):
            raise NotYours("this page has lost its cookie; allow cookies for it, and load it again")
        return self.root / sha256_of_text(token)[:32]

    def new_upload(self, token: str | None) -> Job:
        """A folder for an upload; the oldest uploads of the visitor are deleted.

        Raises:
            NotYours: no cookie.
            EmoError: the files of all visitors are too large.
        """
        uploads = self.folder(token) / UPLOADS
        if self.used_bytes() > self.limits.max_store_bytes:
            raise EmoError("the page holds too many files now; try again in some minutes")
        older = sorted(uploads.glob("*"), key=lambda path: path.stat().st_mtime)
        for path in older[: max(0, len(older) - MOST_UPLOADS + 1)]:
            self.delete(path)
        return _new_job(uploads)

    def new_results(self, token: str | None) -> Job:
        """A folder for results."""
        return _new_job(self.folder(token) / RESULTS)

    def owned(self, token: str | None, path: Path | str) -> Path:
        """A file of this visitor.

        Raises:
            NotYours: it is not in the visitor's folder, or there is no such file.
        """
        found = Path(os.path.realpath(path))
        if not found.is_relative_to(self.folder(token)) or not found.is_file():
            raise NotYours("this file is not there; upload the clip again")
        return found

    def result(self, token: str | None, job: str) -> Path:
        """The folder of a visitor's results.

        Raises:
            NotYours: there is none of this name.
        """
        folder = self.folder(token) / RESULTS / job
        if not JOB.fullmatch(job) or not folder.is_dir():
            raise NotYours("these results are not there; they may have been deleted")
        return folder

    def upload_of(self, path: Path) -> Path:
        """The folder of the upload that holds a file."""
        depth = len(self.root.parts) + 3
        return Path(*path.parts[:depth])

    @contextmanager
    def in_use(self, *folders: Path) -> Iterator[None]:
        """Keep folders from being deleted for their age within this block."""
        self._in_use.update(folders)
        try:
            yield
        finally:
            self._in_use.difference_update(folders)

    def delete(self, folder: Path) -> None:
        """Delete a folder of a visitor, unless it is in use."""
        if folder not in self._in_use:
            shutil.rmtree(folder, ignore_errors=True)

    def forget(self, token: str | None) -> None:
        """Delete all files of a visitor that are not in use."""
        for job in self.folder(token).glob("*/*"):
            self.delete(job)

    def used_bytes(self) -> int:
        """Size of the files of all visitors."""
        return sum(_size(path) for path in self.root.rglob("*"))

    def sweep(self, now_s: float | None = None) -> None:
        """Delete what is older than the limit, by the clock of the files."""
        oldest = (time.time() if now_s is None else now_s) - 60 * self.limits.keep_minutes
        for job in self.root.glob("*/*/*"):
            if job.stat().st_mtime < oldest:
                self.delete(job)

    def start_sweeping(self) -> None:
        """Sweep again and again in a thread, until `close`."""
        threading.Thread(target=self._sweep_until_closed, name="sweep", daemon=True).start()

    def _sweep_until_closed(self) -> None:
        while not self._closed.wait(SWEEP_S):
            self.sweep()

    def close(self) -> None:
        """Delete the files of all visitors."""
        self._closed.set()
        shutil.rmtree(self.root, ignore_errors=True)


def _new_job(parent: Path) -> Job:
    name = secrets.token_hex(16)
    (parent / name).mkdir(parents=True)
    return Job(name, parent / name)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # deleted meanwhile
        return 0
