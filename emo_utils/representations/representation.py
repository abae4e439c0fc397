"""What every representation offers, and their registry: a spec with a name and fields that turns a clip into files."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import ClassVar, Protocol

from emo_utils.errors import EmoError, MissingPackageError
from emo_utils.extras import is_installed, missing
from emo_utils.faces.detector import FaceDetector
from emo_utils.registry import Registry
from emo_utils.structures import Clip, InputSpec

representations = Registry("representation", "emo_utils.representations")


@dataclass(frozen=True)
class Written:
    """What was made of one clip.

    Attributes:
        files: names of the sample files in the folder that was given, in time order.
        frames: frames read.
        coverage: share, 0 to 1, of the frames asked for a face that show one themselves; the rest carry another
            frame's face, or are left out.
        note: what a user should know though the clip is fine; empty mostly.
    """

    files: tuple[str, ...]
    frames: int
    coverage: float
    note: str = ""


class Representation(Protocol):
    """A frozen dataclass whose fields say all that its samples depend on; two equal ones give the same bytes."""

    name: ClassVar[str]
    version: ClassVar[int]
    """Raised when the same fields give other samples than before."""
    detector: str
    """A registered face detector, or `none` where pictures are faces already."""
    package: ClassVar[str]
    """An optional package that its samples need; may be left out."""

    @property
    def input_spec(self) -> InputSpec:
        """What a model trained on these samples must be given."""
        ...

    def write(self, clip: Clip, detector: FaceDetector | None, folder: Path) -> Written:
        """Make the samples of one clip in an empty folder.

        Raises:
            VideoError: the clip cannot be read.
            SampleError: it can, but is too short, or shows no face.
        """
        ...


def create_representation(name: str, **options) -> Representation:
    """Make a spec by name; options that are None take their defaults.

    Raises:
        UnknownNameError: with the known names.
        EmoError: the representation has no such option, or its value makes no sense.
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
    """All that a spec's samples depend on, as plain values for JSON; a part that is no plain value gives its own."""
    values = {field.name: getattr(spec, field.name) for field in fields(spec)}
    plain = {key: value.describe() if hasattr(value, "describe") else value for key, value in values.items()}
    contract = asdict(spec.input_spec)
    return {"representation": spec.name, "version": spec.version, "options": plain, "input_spec": contract}
