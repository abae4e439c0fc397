"""Downloads: resumed after a broken connection, checked by hash, unpacked safely."""

import os
import re
import zipfile
from pathlib import Path, PurePosixPath

import requests
from pooch.hashes import hash_matches
from tqdm import tqdm

from emo_utils.errors import AssetError
from emo_utils.output import whole_folder

CHUNK = 1 << 16
"""Bytes; when a connection breaks, less than this is lost."""
TIMEOUT_S = 30
TRIES = 3


def download(address: str, path: Path, known_hash: str | None = None, progress: bool = True) -> Path:
    """Fetch one file; a part that an earlier call left behind is completed, not fetched again.

    The bytes grow in `<path>.part`, which takes its final name when it is whole and its hash is right.

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
        if not hash_matches(path, known_hash):
            raise AssetError(f"{path}: expected {known_hash}, found another file; delete it and fetch it again")
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
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
                    f"{address} cannot be fetched ({_first_line(error)}); {kept:,} bytes are kept in {part}: run the "
                    f"same command again to go on from there, or fetch the file elsewhere and put it at {path}"
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


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def unpack_zip(archive: Path, folder: Path) -> Path:
    """Unpack a zip into `folder`, which appears only when all of it is there.

    Raises:
        AssetError: not a zip, damaged, or a member would be written outside of the folder (absolute path, `..`, drive,
            or link); then nothing is written at all.
    """
    try:
        with zipfile.ZipFile(archive) as files, whole_folder(folder) as part:
            for member in files.infolist():
                _refuse_outside(archive, member)
            files.extractall(part)
    except zipfile.BadZipFile as error:
        raise AssetError(f"{archive} is not a whole zip ({error}); delete it and fetch it again") from error
    return folder


def _refuse_outside(archive: Path, member: zipfile.ZipInfo) -> None:
    name = PurePosixPath(member.orig_filename.replace("\\", "/"))
    is_link = (member.external_attr >> 16) & 0o170000 == 0o120000
    if name.is_absolute() or ".." in name.parts or re.match(r"[A-Za-z]:", str(name)) or is_link:
        raise AssetError(
            f"{archive}: refused, its member {member.filename!r} would be written outside of the folder it is unpacked "
            "into; nothing was unpacked. Do not trust this file; fetch it from its publisher"
        )
