"""Downloads: resumed after a broken connection, checked by hash, unpacked safely."""

import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import requests
from pooch.hashes import hash_matches
from tqdm import tqdm
from urllib3.exceptions import MaxRetryError

from emo_utils.errors import AssetError
from emo_utils.output import whole_folder

CHUNK = 1 << 16
"""Bytes; when a connection breaks, less than this is lost."""
TIMEOUT_S = 30
TRIES = 3

LARGEST_RATIO, FREE_BYTES = 200, 100 << 20
"""A zip may unpack to so many times its size, or to so many bytes if that is more. Tables of numbers compress to a
twentieth; a bomb unpacks to a thousand times its size and more."""


def download(address: str, path: Path, known_hash: str | None = None, progress: bool = True) -> Path:
    """Fetch one file; a part that an earlier call left behind is completed, not fetched again.

    The bytes grow in `<path>.part`, which takes its final name when it is whole and its hash is right. A second process
    that wants the same file waits for the first. A server that sends nothing for `TIMEOUT_S` is asked again, for the
    rest.

    Args:
        address: where the file is.
        path: where it goes; if it exists it is checked and returned.
        known_hash: as published, `md5:...` or `sha256:...`; None where none is published.
        progress: show a bar when it takes longer than two seconds.

    Raises:
        AssetError: the address cannot be read (what came is kept for the next call), or the hash is wrong (what came
            is deleted).
    """
    if path.exists():
        return _checked(path, known_hash)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _alone(path):
        return _checked(path, known_hash) if path.exists() else _fetched(address, path, known_hash, progress)


def _checked(path: Path, known_hash: str | None) -> Path:
    if not hash_matches(path, known_hash):
        raise AssetError(f"{path}: expected {known_hash}, found another file; delete it and fetch it again")
    return path


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Wait until no other process fetches this file."""
    name = path.with_name(f".{path.name}.lock")
    with name.open("a") as lock:
        try:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        except (ImportError, OSError):  # Windows and some network file systems have no such locks
            pass
        try:
            yield
        finally:
            name.unlink(missing_ok=True)


def _fetched(address: str, path: Path, known_hash: str | None, progress: bool) -> Path:
    part = path.with_name(path.name + ".part")
    for attempt in range(1, TRIES + 1):
        try:
            _complete(address, part, progress)
            break
        except requests.RequestException as error:
            refused = error.response is not None and error.response.status_code < 500
            if refused or attempt == TRIES:
                kept = part.stat().st_size if part.exists() else 0
                raise AssetError(
                    f"{address} cannot be fetched ({_in_short(error, address)}); {kept:,} bytes are kept in {part}: "
                    f"run the same command again to go on from there, or fetch the file elsewhere and put it at {path}"
                ) from error
    if not hash_matches(part, known_hash):
        part.unlink()
        raise AssetError(
            f"{address}: expected {known_hash}, what came has another hash and was deleted; fetch it again"
        )
    os.replace(part, path)
    return path


def _complete(address: str, part: Path, progress: bool) -> None:
    """Append the missing bytes to `part`; start again if the server cannot resume."""
    have = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    with requests.get(address, headers=headers, stream=True, timeout=TIMEOUT_S) as answer:
        start, total = _content_range(answer)
        if answer.status_code == requests.codes.requested_range_not_satisfiable and have:
            if total != have:  # the file has changed, so the part cannot be used
                part.unlink()
                _complete(address, part, progress)
            return
        answer.raise_for_status()
        resumed = answer.status_code == requests.codes.partial_content and start == have
        if not resumed:
            have, total = 0, int(answer.headers.get("Content-Length", 0)) or None
        bar_options = {"unit": "B", "unit_scale": True, "desc": part.stem, "disable": not progress, "delay": 2}
        with part.open("ab" if resumed else "wb") as file, tqdm(total=total, initial=have, **bar_options) as bar:
            for block in answer.iter_content(CHUNK):
                file.write(block)
                bar.update(len(block))
    if total is not None and part.stat().st_size != total:
        raise requests.ConnectionError(f"the line broke after {part.stat().st_size:,} of {total:,} bytes")


def _content_range(answer: requests.Response) -> tuple[int | None, int | None]:
    """First byte and whole length that an answer names; None where it does not."""
    match = re.fullmatch(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)", answer.headers.get("Content-Range", ""))
    if not match:
        return None, None
    first, whole = match.groups()
    return int(first) if first else None, int(whole) if whole != "*" else None


def _in_short(error: Exception, address: str) -> str:
    """The reason in one line; the message of requests for a failed connection is long."""
    if isinstance(error, requests.ConnectionError) and error.args and isinstance(error.args[0], MaxRetryError):
        return f"{type(error).__name__}: no connection to {urlsplit(address).netloc}"
    return (str(error).splitlines() or [type(error).__name__])[0]


def unpack_zip(archive: Path, folder: Path) -> Path:
    """Unpack a zip into `folder`, which appears only when all of it is there.

    Raises:
        AssetError: not a zip, damaged, encrypted, larger unpacked than a real archive of its size or than the disk, or
            a member would be written outside of the folder (absolute path, `..`, drive, or link); then nothing is
            written at all.
    """
    try:
        with zipfile.ZipFile(archive) as files, whole_folder(folder) as part:
            for member in files.infolist():
                _refuse_outside(archive, member)
            _refuse_bomb(archive, sum(member.file_size for member in files.infolist()), part)
            files.extractall(part)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise AssetError(f"{archive} is not a whole zip ({error}); delete it and fetch it again") from error
    return folder


def _refuse_bomb(archive: Path, unpacked: int, part: Path) -> None:
    """Sizes are those that the zip declares; `zipfile` writes no more of a member than it declares."""
    packed, free = archive.stat().st_size, shutil.disk_usage(part).free
    if unpacked > max(LARGEST_RATIO * packed, FREE_BYTES):
        raise AssetError(
            f"{archive}: refused, its {packed:,} bytes unpack to {unpacked:,}, over {LARGEST_RATIO} times as many; "
            "nothing was unpacked. Do not trust this file; fetch it from its publisher"
        )
    if unpacked > free:
        raise AssetError(f"{archive}: unpacks to {unpacked:,} bytes, but {free:,} are free; make space and try again")


def _refuse_outside(archive: Path, member: zipfile.ZipInfo) -> None:
    name = PurePosixPath(member.orig_filename.replace("\\", "/"))
    is_link = (member.external_attr >> 16) & 0o170000 == 0o120000
    if name.is_absolute() or ".." in name.parts or re.match(r"[A-Za-z]:", str(name)) or is_link:
        raise AssetError(
            f"{archive}: refused, its member {member.filename!r} would be written outside of the folder it is unpacked "
            "into; nothing was unpacked. Do not trust this file; fetch it from its publisher"
        )
