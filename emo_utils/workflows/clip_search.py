"""Find the clips of a request: named files, and the videos of folders; other files are passed over."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from emo_utils.errors import OutputError, VideoError
from emo_utils.file_names import is_address, shortened
from emo_utils.results_folder import LISTING
from emo_utils.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES


@dataclass(frozen=True)
class PassedOver:
    """A file or folder that is not analysed, and the reason."""

    path: Path
    reason: str


@dataclass(frozen=True)
class FoundClips:
    """The clips of a request.

    Attributes:
        clips: the named files, and the videos of folders in alphabetical order, without duplicates.
        passed_over: everything else in the folders.
        single: whether the request is one file.
    """

    clips: tuple[Path, ...]
    passed_over: tuple[PassedOver, ...] = ()
    single: bool = False


def find_clips(inputs: Sequence[Path | str], recursive: bool = False, out: Path | None = None) -> FoundClips:
    """Find the clips of a request.

    Args:
        inputs: video files, and folders of them. A named file may have any suffix.
        recursive: search subfolders too, also linked ones.
        out: the folder for the results, which is not searched.

    Raises:
        VideoError: nothing was named, a path is missing, or a folder holds no video.
    """
    if not inputs:
        raise VideoError("no clip was named; expected video files or a folder of them")
    clips: list[Path] = []
    passed_over: list[PassedOver] = []
    for path in map(Path, inputs):
        if not path.is_dir():
            if not path.exists():
                if is_address(path):
                    raise VideoError(f"{path}: is an address; expected files on this machine, so download it first")
                raise VideoError(f"{path}: no such file or folder")
            clips.append(path)
            continue
        entries = list(_entries(path, recursive, {_identity(out)} if out and out.exists() else set()))
        found = [entry for entry in entries if isinstance(entry, Path)]
        if not found:
            deeper = "" if recursive else "; --recursive looks into its subfolders too"
            raise VideoError(f"{path}: holds no video; expected files ending in {', '.join(VIDEO_SUFFIXES)}{deeper}")
        clips += found
        passed_over += [entry for entry in entries if isinstance(entry, PassedOver)]
    single = len(inputs) == 1 and not Path(inputs[0]).is_dir()
    return FoundClips(tuple(dict.fromkeys(clips)), tuple(dict.fromkeys(passed_over)), single)


def _entries(folder: Path, recursive: bool, seen: set[tuple[int, int]]) -> Iterator[Path | PassedOver]:
    seen.add(_identity(folder))
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if not path.is_dir():
            reason = why_not(path)
            yield PassedOver(path, reason) if reason else path
        elif _identity(path) in seen:  # the results, or a link to a folder that was searched already
            continue
        elif path.name.startswith("."):
            yield PassedOver(path, "a hidden folder")
        elif (path / LISTING).exists():
            yield PassedOver(path, "results of emo analyze")
        elif recursive:
            yield from _entries(path, recursive, seen)
        else:
            yield PassedOver(path, "a subfolder; --recursive looks into it")


def why_not(path: Path) -> str:
    """The reason why a file of a folder is not a clip; empty if it is one."""
    suffix = path.suffix.lower()
    if path.name.startswith("."):
        return "a hidden file"
    if not path.exists():
        return "a link to a file that is not there"
    if suffix in VIDEO_SUFFIXES:
        return "" if path.is_file() else "neither file nor folder"
    if suffix in IMAGE_SUFFIXES:
        return "a picture, not a video"
    ending = f"ends in {suffix}" if suffix else "its name has no ending"
    return f"not known as a video ({ending}); name the file itself to have it read"


def _identity(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_dev, stat.st_ino


def refuse_inputs_in(out: Path, inputs: Sequence[Path]) -> None:
    """Refuse an output folder that contains an input.

    Raises:
        OutputError: an input is, or lies in, the folder for the results, also through links.
    """
    place = os.path.realpath(out)
    for path in inputs:
        own = os.path.realpath(path)
        if own == place or own.startswith(place.rstrip(os.sep) + os.sep):
            raise OutputError(
                f"{path}: lies in the folder for the results, {out}, where files are replaced; choose another --out"
            )


LONGEST_NAME = 240
"""Largest length of a folder name in bytes; a number may be added, and the limit is 255."""


def distinct_names(clips: Sequence[Path]) -> list[str]:
    """A folder name per clip: its stem. Equal stems get the suffix of the file, and then a number."""
    stems = [shortened(clip.stem, LONGEST_NAME) for clip in clips]
    alike = {stem for stem in stems if stems.count(stem) > 1} if len(set(stems)) < len(stems) else set()
    names: dict[str, None] = {}
    for clip in clips:
        stem, whole = shortened(clip.stem, LONGEST_NAME), shortened(clip.name, LONGEST_NAME)
        name = base = whole.replace(".", "_") if stem in alike else stem
        number = 2
        while name in names:
            name, number = f"{base}_{number}", number + 1
        names[name] = None
    return list(names)
