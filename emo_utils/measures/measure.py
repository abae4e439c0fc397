"""Interface and registry of the measures. A measure adds documented columns to the timeline.

A new measure is one file in this folder: a function that returns a `Measure`, registered under a name. Whether the
things that it needs (a model file, an optional package) are there is checked by `Measure.load`: its columns are known
without them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from emo_utils.errors import EmoError
from emo_utils.registry import Registry

if TYPE_CHECKING:
    import pandas as pd

Instrument = TypeVar("Instrument")

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


class Instruments:
    """What measures share while one clip is read, such as a network; each is made when it is first used."""

    def __init__(self):
        self._made: dict[type, Any] = {}

    def get(self, kind: type[Instrument]) -> Instrument:
        """The instrument of this type, a class without arguments that has `close`."""
        if kind not in self._made:
            self._made[kind] = kind()
        return self._made[kind]

    def close(self) -> None:
        """Close all instruments."""
        while self._made:
            self._made.popitem()[1].close()


@dataclass(frozen=True)
class FaceView:
    """One face of one frame, with its pixels.

    Attributes:
        pixels: the frame, uint8 (H, W, 3) RGB.
        box: float (4,), x1 y1 x2 y2 in pixels.
        keypoints: float (K, 2) in pixels: left eye, right eye, nose, mouth; left and right as in the picture.
        crop: input of the network, uint8 (S, S) gray or (S, S, 3) RGB.
        time_s: time of the frame.
        instruments: shared by all faces of the clip.
    """

    pixels: np.ndarray = field(repr=False)
    box: np.ndarray
    keypoints: np.ndarray
    crop: np.ndarray = field(repr=False)
    time_s: float = 0.0
    instruments: Instruments = field(default_factory=Instruments, repr=False, compare=False)
    _computed: dict[str, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    def once(self, name: str, compute: Callable[[], Any]) -> Any:
        """A value that several measures need: computed by the first that asks, then kept under its name."""
        if name not in self._computed:
            self._computed[name] = compute()
        return self._computed[name]


@dataclass(frozen=True)
class Measure:
    """Numbers per face. One of the two functions is given and computes the columns.

    Attributes:
        name: name in the registry and for `--measures`.
        columns: the columns that it adds, in order.
        of_face: returns one value per column for a `FaceView`; NaN where it cannot be computed.
        of_probabilities: returns float (N, columns) for probabilities (N, C) and the names of the C classes. NaN
            probabilities give NaN.
        unreliable: tells from the values of a face, one per column, that its expression cannot be predicted reliably;
            the row then has the status `low_quality`. Only with `of_face`.
        load: makes sure that what the measure needs is there, such as a model file; called before the first clip.
        summary: further numbers per person in `summary.json`, by name.
        of_person: returns those numbers, one per name, for the table of one person's rows of the timeline, in time
            order; None for a number that cannot be computed.
    """

    name: str
    columns: dict[str, Column]
    of_face: Callable[[FaceView], Sequence[float]] | None = field(default=None, repr=False)
    of_probabilities: Callable[[np.ndarray, tuple[str, ...]], np.ndarray] | None = field(default=None, repr=False)
    unreliable: Callable[[Sequence[float]], bool] | None = field(default=None, repr=False)
    load: Callable[[], object] | None = field(default=None, repr=False)
    summary: dict[str, Column] = field(default_factory=dict, repr=False)
    of_person: "Callable[[pd.DataFrame], Sequence[float | None]] | None" = field(default=None, repr=False)

    def __post_init__(self):
        if (self.of_face is None) == (self.of_probabilities is None):
            raise ValueError(f"measure {self.name!r}: expected one of of_face and of_probabilities")


def create_measures(names: Sequence[str]) -> tuple[Measure, ...]:
    """Measures by name, in the order given; what they need is there afterwards.

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
    for measure in made:
        if measure.load:
            measure.load()
    return made


def measure_columns(chosen: Sequence[Measure]) -> dict[str, Column]:
    """All columns of these measures, in order."""
    return {name: column for measure in chosen for name, column in measure.columns.items()}


def measure_face(view: FaceView, chosen: Sequence[Measure]) -> tuple[float, ...]:
    """The values of all measures with `of_face`, in the order of `face_columns`."""
    return tuple(value for measure in chosen if measure.of_face for value in measure.of_face(view))


def is_unreliable(values: Sequence[float], chosen: Sequence[Measure]) -> bool:
    """Whether one of the measures finds that the face cannot be read reliably; `values` are those of `measure_face`."""
    start = 0
    for measure in (one for one in chosen if one.of_face):
        own = values[start : start + len(measure.columns)]
        if measure.unreliable and measure.unreliable(own):
            return True
        start += len(own)
    return False


def person_numbers(rows: "pd.DataFrame") -> dict[str, float | None]:
    """The numbers for the summary of one person, of all measures whose columns are in the person's rows."""
    numbers: dict[str, float | None] = {}
    for measure in (measures.create(name) for name in measures):
        if measure.of_person and set(measure.columns) <= set(rows.columns):
            numbers |= zip(measure.summary, measure.of_person(rows), strict=True)
    return numbers


def face_columns(chosen: Sequence[Measure]) -> list[str]:
    """The columns that `measure_face` fills, in order."""
    return list(measure_columns([measure for measure in chosen if measure.of_face]))
