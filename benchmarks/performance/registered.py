"""The parts of the benchmark by name, in the order of their files' registration."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from clips import base_clip, scaled
from rows import Row


@dataclass(frozen=True)
class Bench:
    """What a part is given.

    Attributes:
        folder: a temporary folder for clips and results, shared by all parts.
        repeats: measurements of each case.
        hour: measure the memory of a whole hour of video, instead of ten minutes.
        quick: tiny clips, to see that everything runs; the figures mean nothing.
    """

    folder: Path
    repeats: int
    hour: bool = False
    quick: bool = False

    @cached_property
    def base(self) -> Path:
        """The clip of one face that most parts use."""
        clip = base_clip(self.folder)
        return scaled(clip, 180, 24, self.folder) if self.quick else clip

    def size(self, usual: int, quick: int) -> int:
        """A number of frames, clips or seconds."""
        return quick if self.quick else usual


Part = Callable[[Bench], Iterator[Row]]
PARTS: dict[str, Part] = {}


def part(function: Part) -> Part:
    """Add a part; its name is the function's."""
    PARTS[function.__name__] = function
    return function
