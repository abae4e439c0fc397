"""Interface and registry of the representations. A representation is a spec that turns a clip into sample files."""

from collections.abc import Iterable
from dataclasses import Field, asdict, dataclass, fields
from pathlib import Path
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np

from emo_utils.errors import EmoError, MissingPackageError
from emo_utils.extras import is_installed, missing
from emo_utils.faces.detector import FaceDetector
from emo_utils.registry import Registry
from emo_utils.representations.face_sequence import Cutter
from emo_utils.structures import Clip, InputSpec
from emo_utils.video import Picture

representations = Registry("representation", "emo_utils.representations")

UNSAID_WHERE_NONE = "unsaid_where_none"
"""Metadata key of a spec's field that `describe` leaves out where it is None. A field that is added to a representation
has it, so that the hashes of older samples and runs stay."""


@dataclass(frozen=True)
class Written:
    """The samples made of one clip.

    Attributes:
        files: names of the sample files in the given folder, in time order.
        frames: number of frames read.
        coverage: share, 0 to 1, of the analysed frames in which a face was found. The others show the face of another
            frame, or are left out.
        note: a remark on a clip that was processed without error; usually empty.
    """

    files: tuple[str, ...]
    frames: int
    coverage: float
    note: str = ""


class Representation(Protocol):
    """A frozen dataclass whose fields define its samples completely; equal specs give identical bytes."""

    name: ClassVar[str]
    version: ClassVar[int]
    """To be increased when the same fields give other samples than before."""
    detector: str
    """A registered face detector, or `none` where the pictures are face crops already."""
    package: ClassVar[str]
    """Optional package that the samples need; the attribute may be absent."""

    @property
    def input_spec(self) -> InputSpec:
        """Input specification of a model trained on these samples."""
        ...

    def write(self, clip: Clip, detector: FaceDetector | None, folder: Path) -> Written:
        """Write the samples of one clip into an empty folder.

        Raises:
            VideoError: the clip cannot be read.
            SampleError: the clip is too short, or shows no face.
        """
        ...


@dataclass(frozen=True)
class Span:
    """The frames of one sample of a `Windowed` representation.

    Attributes:
        frames: number of frames that a sample covers; None: the whole clip.
        step: frames from one used frame to the next.
        shortest: smallest number of frames that gives a sample.
    """

    frames: int | None
    step: int
    shortest: int


@runtime_checkable
class Windowed(Protocol):
    """A representation whose samples are windows of frames: a network on them can be read along a clip."""

    @property
    def span(self) -> Span:
        """The frames of one sample."""
        ...

    def sample(self, pictures: Iterable[Picture], cutter: Cutter) -> np.ndarray | None:
        """One sample as the input of a network, uint8, from the frames of one window.

        Preparing a corpus and reading a clip both make it here.

        Args:
            pictures: the frames of the window in order; their indices count from 0.
            cutter: gives the face of each of them.

        Returns:
            None where the window is too short or shows no face.
        """
        ...


def create_representation(name: str, **options) -> Representation:
    """Create a spec by name; options that are None take their defaults.

    Raises:
        UnknownNameError: the name is not registered; lists the known names.
        EmoError: the representation has no such option, or its value is not valid.
        MissingPackageError: it needs a package that is not installed.
    """
    kind = representations.get(name)
    package = getattr(kind, "package", "")
    if package and not is_installed(package):
        raise MissingPackageError(missing(f"representation {name!r}", package))
    given = {key: value for key, value in options.items() if value is not None}
    known = [field.name for field in fields(kind)]
    if foreign := sorted(set(given) - set(known)):
        raise EmoError(f"representation {name!r} has no option {', '.join(foreign)}; it has: {', '.join(known)}")
    return kind(**given)


def describe(spec: Representation) -> dict:
    """A spec as plain values for JSON: all that its samples depend on. Nested objects use their own `describe`."""
    values = {item.name: getattr(spec, item.name) for item in fields(spec) if _said(spec, item)}
    plain = {key: value.describe() if hasattr(value, "describe") else value for key, value in values.items()}
    contract = asdict(spec.input_spec)
    return {"representation": spec.name, "version": spec.version, "options": plain, "input_spec": contract}


def _said(spec: Representation, item: Field) -> bool:
    return getattr(spec, item.name) is not None or not item.metadata.get(UNSAID_WHERE_NONE)
