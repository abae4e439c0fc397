"""The folder of the results of each clip, the finished results, and the status of each clip."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from emo_utils.errors import OutputError
from emo_utils.file_names import as_text
from emo_utils.results_folder import DONE, INCOMPLETE, Listing, read_listing
from emo_utils.timeline import Timeline
from emo_utils.workflows.clip_manifest import OK, ClipRow, clip_text
from emo_utils.workflows.clip_search import distinct_names
from emo_utils.workflows.clip_task import Outcome
from emo_utils.workflows.output_folder import OTHERWISE


@dataclass(frozen=True)
class ClipResult:
    """The result of one clip: status, folder, summary.

    Attributes:
        clip: the file.
        folder: of its results.
        status: `ok` or `failed`.
        reason: why it failed, or warnings for a clip with status `ok`.
        seconds: duration of the analysis.
        missing: outputs that could not be written, with reasons.
        summary: the content of `summary.json`.
        read_before: it was finished by an earlier run, and not analysed again.
    """

    clip: Path
    folder: Path
    status: str
    reason: str = ""
    seconds: float = 0.0
    missing: tuple[str, ...] = ()
    summary: dict = field(default_factory=dict, repr=False)
    read_before: bool = False

    @classmethod
    def of(cls, clip: Path, folder: Path, outcome: Outcome) -> "ClipResult":
        """The result of a clip that was analysed now."""
        return cls(
            clip, folder, outcome.status, outcome.reason, outcome.seconds, outcome.missing, outcome.summary
        )  # fmt: skip

    @classmethod
    def listed(cls, clip: Path, folder: Path, listing: Listing) -> "ClipResult":
        """The result of a clip that was finished before."""
        values = listing.outcome
        return cls(clip, folder, OK, values["reason"], values["seconds"], (), values["summary"], read_before=True)

    @property
    def complete(self) -> bool:
        """Whether the clip was read to its end, and all requested outputs were written."""
        return self.status == OK and not self.missing and not self.summary.get("truncated")

    @property
    def timeline(self) -> Timeline:
        """The timeline, read from its file."""
        return Timeline.load(self.folder / "timeline.csv")

    def row(self) -> ClipRow:
        """Its row of the manifest, which lies beside the clips' folders."""
        clip = clip_text(self.clip, self.folder.parent)
        reason = self.reason.replace(as_text(self.clip), as_text(self.clip.name))
        if self.status != OK:
            return ClipRow(clip, self.status, reason, seconds=f"{self.seconds:.2f}")
        counts = str(self.summary["frames"]), str(len(self.summary["people"]))
        return ClipRow(clip, OK, reason, as_text(self.folder.name), *counts, f"{self.seconds:.2f}")


@dataclass(frozen=True)
class Place:
    """A clip and the folder of its results; `finished` is the result if nothing is left to do."""

    clip: Path
    folder: Path
    request: str
    finished: ClipResult | None = None


def place_clips(clips: Sequence[Path], requests: Sequence[str], out: Path, overwrite: bool, redo: bool) -> list[Place]:
    """Choose a folder below `out` for each clip, and find the finished clips.

    A folder with the results of another clip, or only with files of the user, is not used.

    Raises:
        OutputError: there are results of these clips with other options, and they may not be replaced.
    """
    places, taken = [], set()
    for clip, name, request in zip(clips, distinct_names(clips), requests, strict=True):
        folder, number = out / name, 2
        while folder in taken or not _may_hold(folder, clip):
            folder, number = out / f"{name}_{number}", number + 1
        taken.add(folder)
        places.append(place_clip(clip, folder, request, redo))
    _refuse_others([place for place in places if not place.finished], out, overwrite or redo)
    return places


def place_clip(clip: Path, folder: Path, request: str, redo: bool) -> Place:
    """Check whether a folder holds the finished results of a clip."""
    listing = read_listing(folder)
    same = listing and listing.status == DONE and listing.request == request and _is_of(listing, clip)
    if redo or not same or not listing.present(folder):
        return Place(clip, folder, request)
    return Place(clip, folder, request, ClipResult.listed(clip, folder, listing))


def _may_hold(folder: Path, clip: Path) -> bool:
    if not folder.exists():
        return True
    listing = read_listing(folder)
    return _same_clip(listing, clip) if listing else folder.is_dir() and not any(folder.iterdir())


def _refuse_others(places: Sequence[Place], out: Path, allowed: bool) -> None:
    others = [place for place in places if not allowed and made_otherwise(place)]
    if others:
        names = ", ".join(place.folder.name for place in others[:3]) + (", ..." if len(others) > 3 else "")
        raise OutputError(
            f"{out}: holds results of {len(others)} of these clips that were made with other options or of another "
            f"version of the file ({names}); {OTHERWISE}"
        )


def made_otherwise(place: Place) -> bool:
    """Whether a folder holds complete results of another request or another file."""
    listing = read_listing(place.folder)
    if listing is None or listing.status not in (DONE, INCOMPLETE):
        return False
    return listing.request != place.request or not _is_of(listing, place.clip)


def _is_of(listing: Listing, clip: Path) -> bool:
    return listing.source is not None and listing.source.unchanged(clip)


def _same_clip(listing: Listing, clip: Path) -> bool:
    return listing.source is not None and listing.source.same_clip(clip)
