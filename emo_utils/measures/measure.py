"""Interface and registry of the measures. A measure adds documented columns to the timeline.

A new measure is one file in this folder: a function that returns a `Measure`, registered under a name. This function
also loads what the measure needs (a network, an optional package).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from emo_utils.errors import EmoError
from emo_utils.registry import Registry

measures = Registry("measure", "emo_utils.measures")


@dataclass(frozen=True)
class Column:
    """One number per face: its meaning, unit, and range (None: no limit on that side)."""

    meaning: str
    unit: str
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        ends = ["" if end is None else f"{end:g}" for end in (self.low, self.high)]
        return f"{self.meaning}; {self.unit}, {ends[0]} to {ends[1]}".rstrip()


@dataclass(frozen=True)
class FaceView:
    """One face of one frame, with its pixels.

    Attributes:
        pixels: the frame, uint8 (H, W, 3) RGB.
        box: float (4,), x1 y1 x2 y2 in pixels.
        keypoints: float (K, 2) in pixels: left eye, right eye, nose, mouth; left and right as in the picture.
        crop: input of the network, uint8 (S, S) gray or (S, S, 3) RGB.
        time_s: time of the frame.
    """

    pixels: np.ndarray = field(repr=False)
    box: np.ndarray
    keypoints: np.ndarray
    crop: np.ndarray = field(repr=False)
    time_s: float = 0.0


@dataclass(frozen=True)
class Measure:
    """Numbers per face. One of the two functions is given and computes the columns.

    Attributes:
        name: name in the registry and for `--measures`.
        columns: the columns that it adds, in order.
        of_face: returns one value per column for a `FaceView`; NaN where it cannot be computed.
        of_probabilities: returns float (N, columns) for probabilities (N, C) and the names of the C classes. NaN
            probabilities give NaN.
    """

    name: str
    columns: dict[str, Column]
    of_face: Callable[[FaceView], Sequence[float]] | None = field(default=None, repr=False)
    of_probabilities: Callable[[np.ndarray, tuple[str, ...]], np.ndarray] | None = field(default=None, repr=False)

    def __post_init__(self):
        if (self.of_face is None) == (self.of_probabilities is None):
            raise ValueError(f"measure {self.name!r}: expected one of of_face and of_probabilities")


def create_measures(names: Sequence[str]) -> tuple[Measure, ...]:
    """Measures by name, in the order given.

    Raises:
        UnknownNameError: lists the known names.
        EmoError: one is named twice, or two have a column of the same name.
        MissingPackageError, AssetError: one needs a package or a file that is absent.
    """
    made = tuple(measures.create(name) for name in names)
    columns = [column for measure in made for column in measure.columns]
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise EmoError(f"measures {', '.join(names)}: expected each column once, found twice: {', '.join(twice)}")
    return made


def measure_columns(chosen: Sequence[Measure]) -> dict[str, Column]:
    """All columns of these measures, in order."""
    return {name: column for measure in chosen for name, column in measure.columns.items()}


def measure_face(view: FaceView, chosen: Sequence[Measure]) -> tuple[float, ...]:
    """The values of all measures with `of_face`, in the order of `face_columns`."""
    return tuple(value for measure in chosen if measure.of_face for value in measure.of_face(view))


def face_columns(chosen: Sequence[Measure]) -> list[str]:
    """The columns that `measure_face` fills, in order."""
    return list(measure_columns([measure for measure in chosen if measure.of_face]))
