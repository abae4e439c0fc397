"""Outputs of a clip; each is one file of `reports.clips.writers`, found by importing that package."""

import logging
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from emo_utils.errors import EmoError, MissingPackageError, OutputError, in_words
from emo_utils.extras import is_installed, missing
from emo_utils.inference.frame_sources import FrameSource
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import PipelineResult
from emo_utils.memory import give_back_memory
from emo_utils.registry import Registry

log = logging.getLogger(__name__)

writers = Registry("output", "emo_utils.reports.clips.writers")

TABLES, PICTURES, VIDEOS = 10, 20, 30
"""Order of the writers: fast and important ones first, so that a later failure loses least. The timeline is first."""


@dataclass(frozen=True)
class ClipResults:
    """A clip and its results.

    Attributes:
        name: of the file or of another source.
        source: the source of the frames; None if they cannot be read again.
        result: timeline, motion and segments.
        about: plain values about the analysis, such as options and prior.
        options: of the analysis.
        apex_jpegs: pictures for the report by person and apex frame, kept when the apex pictures are written, so that
            the clip is not decoded again for them.
    """

    name: str
    source: FrameSource | None
    result: PipelineResult = field(repr=False)
    about: dict = field(default_factory=dict, repr=False)
    options: AnalysisOptions = field(default_factory=AnalysisOptions, repr=False)
    apex_jpegs: dict[tuple[int, int], bytes] = field(default_factory=dict, repr=False, compare=False)

    @property
    def window(self) -> dict | None:
        """The windows of the network, if it reads windows over time."""
        networks = self.about.get("networks") or [{}]
        return networks[0].get("window")


OnFrame = Callable[[int], None]
"""Called with the number of frames done, for a progress bar."""


@dataclass(frozen=True)
class Writer:
    """One output.

    Attributes:
        name: in the registry, and of `--outputs`.
        files: each file or pattern of files, with what it holds.
        write: called with the results, a folder to write into, and `OnFrame` or None.
        order: writers run in increasing order.
        default: whether it is written by default.
        needs_source: it reads the frames of the clip again.
        needs_video: it reads a video file again.
        needs_motion: it needs results of the search for segments.
        needs_embeddings: it needs embeddings (`AnalysisOptions.embeddings`).
        required: if it fails, the clip has failed; a failure of other outputs is a warning.
        package: an optional package that it needs; if that is not installed, the output is left out.
    """

    name: str
    files: dict[str, str] = field(repr=False)
    write: Callable[[ClipResults, Path, OnFrame | None], None] = field(repr=False)
    order: int
    default: bool = True
    needs_source: bool = False
    needs_video: bool = False
    needs_motion: bool = False
    needs_embeddings: bool = False
    required: bool = False
    package: str = ""

    def __call__(self, results: ClipResults, folder: Path, on_frame: OnFrame | None = None) -> None:
        """Write this output into a folder."""
        self.write(results, folder, on_frame)

    def applies(self, results: ClipResults) -> bool:
        """Whether these results have what this output needs."""
        lacking = (
            self.needs_source and results.source is None,
            self.needs_video and (results.source is None or results.source.info is None),
            self.needs_motion and results.result.motion is None,
            self.needs_embeddings and results.result.embeddings is None,
        )
        return not any(lacking)


def writer(name: str, files: dict[str, str], order: int, **traits: bool | str):
    """Decorate a function `(results, folder, on_frame)` to register it as the writer of an output; see `Writer`."""

    def add(write: Callable[[ClipResults, Path, OnFrame | None], None]):
        writers.register(name)(Writer(name, files, write, order, **traits))
        return write

    return add


def in_order(names: Iterable[str] | None = None) -> list[Writer]:
    """The writers of these names, or the default ones, in order; required ones are always included.

    Raises:
        UnknownNameError: lists the known names.
    """
    known = [writers.get(name) for name in writers]
    chosen = [one.name for one in known if one.default] if names is None else [writers.get(name).name for name in names]
    return sorted((one for one in known if one.required or one.name in chosen), key=lambda one: (one.order, one.name))


def choose_outputs(names: str | None = None, **switched: bool) -> list[str]:
    """Names of the chosen outputs: a list with commas or the default ones, then single ones switched on or off.

    Raises:
        UnknownNameError: lists the known names.
        MissingPackageError: a named output needs a package that is not installed.
    """
    given = None if names is None else [name.strip() for name in names.split(",") if name.strip()]
    for one in map(writers.get, given or ()):
        if one.package and not is_installed(one.package):
            raise MissingPackageError(missing(f"output {one.name!r}", one.package))
    chosen = {one.name for one in in_order(given)}
    for name in switched:
        writers.get(name)
    if given is None:
        chosen = {name for name in writers if switched.get(name, name in chosen)}
    else:
        chosen |= {name for name, on in switched.items() if on and not writers.get(name).default}
    return [one.name for one in in_order(chosen)]


@dataclass(frozen=True)
class Missing:
    """An output that could not be written, and why."""

    output: str
    reason: str

    def __str__(self) -> str:
        return f"{self.output} ({self.reason})"


def write_outputs(
    results: ClipResults,
    folder: Path,
    chosen: Sequence[Writer],
    progress: Callable[[str], AbstractContextManager[OnFrame | None]] = lambda output: nullcontext(),
) -> tuple[Missing, ...]:
    """Write the outputs in turn; one that fails leaves no file and does not stop the others.

    Args:
        results: of the clip.
        folder: an existing folder; only complete files appear in it.
        chosen: see `in_order`.
        progress: gives, for an output's name, a context with the `OnFrame` of its progress bar.

    Returns:
        The outputs that could not be written.

    Raises:
        OutputError: a required output could not be written.
    """
    lost = []
    results = shown_results(results)
    for one in chosen:
        if not one.applies(results):
            continue
        if one.package and not is_installed(one.package):
            log.info("%s", missing(f"{', '.join(one.files)} is left out: it", one.package))
            continue
        try:
            with _complete_only(folder) as part, progress(one.name) as on_frame:
                one(results, part, on_frame)
            give_back_memory()
        except Exception as error:  # a failed picture must not lose a long analysis
            if one.required:
                raise OutputError(f"{results.name}: {one.name} cannot be written: {in_words(error)}") from error
            log.warning("%s: %s is missing: %s", results.name, one.name, in_words(error))
            log.info("%s", one.name, exc_info=not isinstance(error, EmoError | OSError))
            lost.append(Missing(one.name, in_words(error)))
    return tuple(lost)


def shown_results(results: ClipResults) -> ClipResults:
    """The results as they may be shown: with `blur_faces`, the faces in the frames of their source are hidden."""
    if not results.options.blur_faces or results.source is None:
        return results
    from emo_utils.reports.clips.blur import hidden_source  # loads a detector

    return replace(results, source=hidden_source(results.source, results.result.timeline, results.options.detector))


@contextmanager
def _complete_only(folder: Path) -> Iterator[Path]:
    """Give an empty folder to write into; its files are moved into `folder` if no error occurs."""
    part = folder / ".writing.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        yield part
        for path in sorted(path for path in part.rglob("*") if path.is_file()):
            place = folder / path.relative_to(part)
            place.parent.mkdir(parents=True, exist_ok=True)
            os.replace(path, place)
    finally:
        shutil.rmtree(part, ignore_errors=True)
