"""Folders of results with a listing of the files that this package wrote, so that no other file is ever changed.

The listing holds the source, the request, and the SHA-256 of every file written. A file that is not in the listing, or
was changed since, belongs to the user. It is neither replaced nor removed; a new file of that name is written
beside it, as `segments.new.csv`.
"""

import json
import os
import re
import shutil
import uuid
from collections.abc import Container, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from emo_utils import __version__
from emo_utils.file_names import shortened
from emo_utils.hashing import sha256_of_file
from emo_utils.output import write_text_whole

LISTING = ".emo-results.json"

LANDING, INCOMPLETE, DONE = "landing", "incomplete", "done"
"""Status of a listing: files are being moved in (or the process was killed then); an output is missing; complete."""

PART = re.compile(r"\..+\.[0-9a-f]{8}\.part(\.\w+)?")


@dataclass(frozen=True)
class SourceFile:
    """The state of a file when it was read."""

    path: str
    size: int
    mtime_ns: int
    sha256: str

    @classmethod
    def of(cls, path: Path) -> "SourceFile":
        """The present state of a file."""
        stat = path.stat()
        return cls(str(path.absolute()), stat.st_size, stat.st_mtime_ns, sha256_of_file(path))

    def unchanged(self, path: Path) -> bool:
        """Whether a path holds the same bytes; if the modification time differs, the hash is compared."""
        stat = path.stat()
        if stat.st_size != self.size:
            return False
        return stat.st_mtime_ns == self.mtime_ns or sha256_of_file(path) == self.sha256

    def same_clip(self, path: Path) -> bool:
        """Whether a path is this file, changed or not, or an identical file of the same name in another folder."""
        own = Path(os.path.normpath(self.path))
        return own == Path(os.path.abspath(path)) or (own.name == path.name and self.unchanged(path))


@dataclass(frozen=True)
class Listing:
    """What this package wrote into a folder.

    Attributes:
        source: the file that was read; None for frames from another source.
        request: a hash of the options and outputs requested.
        status: `LANDING`, `INCOMPLETE` or `DONE`.
        files: the SHA-256 of each file by its path below the folder; two while a file is being replaced.
        outcome: plain values to report again without reading the results.
    """

    source: SourceFile | None
    request: str
    status: str = DONE
    files: dict[str, list[str]] = field(default_factory=dict, repr=False)
    outcome: dict = field(default_factory=dict, repr=False)

    def write(self, folder: Path, name: str = LISTING, place: Path | None = None) -> None:
        """Write the listing into a folder, in one step; `place` is where that folder will be, if it is moved."""
        values = {"written_by": f"emo_utils {__version__}", **asdict(self)}
        if self.source:
            values["source"]["path"] = relative_path(self.source.path, place or folder)
        write_text_whole(folder / name, json.dumps(values, indent=1) + "\n")

    def wrote(self, folder: Path, name: str) -> bool:
        """Whether this package wrote a file and it is unchanged since."""
        path = folder / name
        return name in self.files and path.is_file() and sha256_of_file(path) in self.files[name]

    def present(self, folder: Path) -> bool:
        """Whether all files exist, changed or not."""
        return all((folder / name).is_file() for name in self.files)


def relative_path(path: Path | str, folder: Path) -> str:
    """A path as seen from a folder, so that results name no folder of this machine; absolute on another drive."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        return str(path)


def read_listing(folder: Path, name: str = LISTING) -> Listing | None:
    """The listing of a folder; None if there is none that can be read."""
    try:
        values = json.loads((folder / name).read_text())
        values.pop("written_by", None)
        source = values.pop("source")
        if source:
            source["path"] = os.path.normpath(folder.absolute() / source["path"])
        return Listing(source and SourceFile(**source), **values)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def new_part(folder: Path, name: str) -> Path:
    """A hidden name in a folder, for results that are being written; see `sweep`."""
    return folder / f".{shortened(name, 100)}.{uuid.uuid4().hex[:8]}.part"


def sweep(folder: Path) -> None:
    """Remove what killed processes left in a folder and in the folders of results in it."""
    for place in (folder, *(path.parent for path in folder.glob(f"*/{LISTING}"))):
        for path in place.glob(".*.part*"):
            if PART.fullmatch(path.name):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


def land(part: Path, folder: Path, listing: Listing, name: str = LISTING, keep: Container[str] = ()) -> list[str]:
    """Move finished results to their place. If the process is killed meanwhile, every file is still in the listing.

    Args:
        part: the folder of the finished files, on the same disk; it is removed.
        folder: their place. Files of the user stay; files of an earlier listing are replaced or removed.
        listing: of the finished results; its `files` are filled in here.
        name: of the file that holds the listing.
        keep: files of an earlier listing that stay although they are not in `part`.

    Returns:
        The new names of files whose own name is taken by a file of the user.
    """
    hashes = {path.relative_to(part).as_posix(): sha256_of_file(path) for path in _files(part)}
    final = replace(listing, files={file: [one] for file, one in hashes.items()})
    if not folder.exists():
        final.write(part, name, folder)
        os.rename(part, folder)
        return []
    old = read_listing(folder, name)
    places = {file: _free_name(folder, file, old) for file in hashes}
    before = {file: one for file, one in old.files.items() if old.wrote(folder, file)} if old else {}
    stay = {file: one for file, one in before.items() if file in keep and file not in hashes}
    final = replace(listing, files=stay | {places[file]: [one] for file, one in hashes.items()})
    both = {file: before.get(file, []) + final.files.get(file, []) for file in {**before, **final.files}}
    replace(final, status=LANDING, files=both).write(folder, name)
    for file in before.keys() - final.files.keys():
        (folder / file).unlink()
    for file, place in places.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        os.replace(part / file, folder / place)
    for file in before:
        _remove_empty(folder, (folder / file).parent)
    final.write(folder, name)
    shutil.rmtree(part)
    return [place for file, place in places.items() if place != file]


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def _free_name(folder: Path, name: str, old: Listing | None) -> str:
    """The name for a new file: its own, or another one if a file of the user has that name."""
    path, number = Path(name), 1
    place = name
    while (folder / place).exists() and not (old and old.wrote(folder, place)):
        place = path.with_name(f"{path.stem}.new{number if number > 1 else ''}{path.suffix}").as_posix()
        number += 1
    return place


def _remove_empty(folder: Path, inner: Path) -> None:
    with suppress(OSError):  # there are other files in it
        while inner != folder:
            inner.rmdir()
            inner = inner.parent
