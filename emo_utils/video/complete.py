"""Detects truncated files: compares the length that a file declares with its size in bytes."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

GIF_TRAILER = b"\x3b"

EBML_SEGMENT = b"\x18\x53\x80\x67"


def missing_bytes(path: Path, container_format: str, index_end: int) -> str | None:
    """The reason why a file is truncated. Empty if it is complete; None if its format does not declare a length.

    Args:
        path: the file.
        container_format: FFmpeg's name of the format.
        index_end: end of the last packet in its index, in bytes; 0 without an index.
    """
    size = path.stat().st_size
    if index_end > size:
        return f"its index reaches to byte {index_end}, but the file ends at {size}"
    names = set(container_format.split(","))
    with path.open("rb") as file:
        if names & {"mp4", "mov"}:
            return _missing(_mp4_end(file, size, indexed=index_end > 0), size)
        if "avi" in names:
            return _missing(_riff_end(file, size), size)
        if names & {"matroska", "webm"}:
            return _missing(_matroska_end(file), size)
        if "gif" in names:
            file.seek(max(0, size - 64))
            return "" if file.read().rstrip(b"\0").endswith(GIF_TRAILER) else "the mark of its end is missing"
    return None


def _missing(end: int | None, size: int) -> str | None:
    if end is None:
        return None
    return f"its parts reach to byte {end}, but the file ends at {size}" if end > size else ""


def whole_fragments_end(path: Path) -> int | None:
    """Start of the truncated last fragment of an mp4, in bytes; None for other files.

    FFmpeg does not open a file that ends in the header of a fragment, although all earlier fragments can be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        boxes = list(_mp4_boxes(file, size))
    if not boxes or boxes[0][0] != b"ftyp" or boxes[-1][0] != b"moof" or boxes[-1][2] <= size:
        return None
    return boxes[-1][1]


def _mp4_boxes(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """Type, start and end of each top-level box of the file, up to the first invalid one."""
    place = 0
    while place + 8 <= size:
        file.seek(place)
        head = file.read(16)
        length, kind = int.from_bytes(head[:4]), head[4:8]
        if length == 1:
            length = int.from_bytes(head[8:16])
        if length < 8 or not kind.isalnum():
            return
        yield kind, place, place + length
        place += length


def _mp4_end(file: BinaryIO, size: int, indexed: bool) -> int:
    """End of the last box. If the file has an index and no fragments, it is complete."""
    boxes = list(_mp4_boxes(file, size))
    fragmented = any(kind == b"moof" for kind, _, _ in boxes)
    return size if indexed and not fragmented else max((end for _, _, end in boxes), default=size)


def _riff_end(file: BinaryIO, size: int) -> int | None:
    """End of the last RIFF list; AVI files over 1 GB have several. None if the header has no length."""
    place = 0
    while place + 12 <= size:
        file.seek(place)
        head = file.read(12)
        length = int.from_bytes(head[4:8], "little")
        if head[:4] != b"RIFF" or length in (0, 0xFFFFFFFF):
            break
        place += 8 + length
    return place or None


def _matroska_end(file: BinaryIO) -> int | None:
    """End of the main segment; None if its header has no length."""
    file.seek(0, os.SEEK_SET)
    head = file.read(4096)
    place = head.find(EBML_SEGMENT)
    if place < 0 or place + 12 > len(head):
        return None
    start = place + len(EBML_SEGMENT)
    width = 9 - head[start].bit_length()  # bytes of the length field: leading zeros of its first byte, plus one
    value = int.from_bytes(head[start : start + width]) & ((1 << 7 * width) - 1)
    unknown = value == (1 << 7 * width) - 1
    return None if unknown else start + width + value
