"""Where an ONNX file keeps its numbers: read without the package `onnx`, which the base install lacks.

The format is protocol buffers (onnx.proto): a model (field 7) holds a graph, a graph its tensors and nodes, a node
tensors and further graphs. A tensor may name another file that holds its numbers.
"""

import mmap
from collections.abc import Iterator
from pathlib import Path

from emo_utils.errors import EmoError, WeightsError

MODEL, TRAINING, FUNCTION, GRAPH, NODE, ATTRIBUTE, SPARSE, TENSOR, ENTRY = range(9)

FIELDS = {
    MODEL: {7: GRAPH, 20: TRAINING, 25: FUNCTION},
    TRAINING: {1: GRAPH, 2: GRAPH},
    FUNCTION: {7: NODE, 11: ATTRIBUTE},
    GRAPH: {1: NODE, 5: TENSOR, 15: SPARSE},
    NODE: {5: ATTRIBUTE},
    ATTRIBUTE: {5: TENSOR, 6: GRAPH, 10: TENSOR, 11: GRAPH, 22: SPARSE, 23: SPARSE},
    SPARSE: {1: TENSOR, 2: TENSOR},
    TENSOR: {13: ENTRY},
}
"""Fields that lead to a tensor's file, by the message that holds them."""

DEEPEST = 64
"""Graphs inside graphs; a file with more is no network."""


def refuse_data_elsewhere(path: Path, error: type[EmoError] = WeightsError) -> None:
    """Refuse an ONNX file with numbers in another file: that file has no hash, and could be any file of this machine.

    Raises:
        EmoError: of the class `error`: there is such a file, or this is no ONNX file.
    """
    try:
        found = external_files(path)
    except (ValueError, IndexError, OSError) as wrong:
        raise error(f"{path}: not an ONNX file that can be read ({wrong}); fetch or export it again") from None
    if found:
        raise error(
            f"{path}: expected a file that holds all its numbers, found some in {found[0]!r}; save it in one file "
            "(onnx.save without save_as_external_data)"
        )


def external_files(path: Path) -> list[str]:
    """Names of the other files in which an ONNX file keeps numbers, as they are written in it.

    Raises:
        ValueError: not protocol buffers.
    """
    if path.stat().st_size == 0:
        raise ValueError("it is empty")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return sorted(set(_names(data, 0, len(data), MODEL, 0)))


def _names(data: bytes | mmap.mmap, start: int, end: int, kind: int, depth: int) -> Iterator[str]:
    """The values of `location` in a message and below it."""
    if depth > DEEPEST:
        raise ValueError("graphs too deep inside each other")
    for number, first, last in _fields(data, start, end):
        below = FIELDS[kind].get(number)
        if below == ENTRY:
            texts = {field: data[a:b] for field, a, b in _fields(data, first, last)}
            if texts.get(1) == b"location":
                yield texts.get(2, b"").decode("utf-8", "backslashreplace")
        elif below is not None:
            yield from _names(data, first, last, below, depth + 1)


def _fields(data: bytes | mmap.mmap, place: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Number, start and end of each field that has a length; numbers of fixed length are passed over."""
    while place < end:
        key, place = _varint(data, place, end)
        kind = key & 7
        if kind == 0:
            _, place = _varint(data, place, end)
        elif kind in (1, 5):
            place += 8 if kind == 1 else 4
        elif kind == 2:
            length, place = _varint(data, place, end)
            if place + length > end:
                raise ValueError("it is cut off or damaged")
            yield key >> 3, place, place + length
            place += length
        else:
            raise ValueError("it is no ONNX file")


def _varint(data: bytes | mmap.mmap, place: int, end: int) -> tuple[int, int]:
    """A number of seven bits a byte, and the place after it."""
    value = 0
    for shift in range(0, 70, 7):
        if place >= end:
            raise ValueError("it is cut off or damaged")
        value |= (data[place] & 127) << shift
        place += 1
        if not data[place - 1] & 128:
            return value, place
    raise ValueError("it is no ONNX file")
