"""Clips in, folders of results out: the one way that notebook, command line and web page read a clip."""

import csv
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from emo_utils.errors import EmoError, VideoError
from emo_utils.inference.frame_sources import file_source
from emo_utils.inference.options import AnalysisOptions
from emo_utils.motion.segments_file import MarkedSegment, check_clips, read_segments, segments_of_clip
from emo_utils.output import check_output, whole_folder
from emo_utils.reports.clips.writer import in_order
from emo_utils.structures import Segment
from emo_utils.suffixes import VIDEO_SUFFIXES
from emo_utils.timeline import Timeline
from emo_utils.workflows.analyzer import Analyzer

log = logging.getLogger("emo_utils")


@dataclass(frozen=True)
class ClipResult:
    """What became of one clip: `status` is `ok` or `failed`, with the reason; `missing`: outputs not written."""

    clip: Path
    folder: Path
    status: str
    reason: str = ""
    seconds: float = 0.0
    timeline: Timeline | None = field(default=None, repr=False)
    summary: dict = field(default_factory=dict, repr=False)
    segments: tuple[Segment, ...] = field(default=(), repr=False)
    missing: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether the clip was read to its end, and all that was asked for was written."""
        return self.status == "ok" and not self.missing and not self.summary.get("truncated")


def analyze_clips(
    inputs: Sequence[Path | str],
    out: Path | str,
    options: AnalysisOptions | None = None,
    outputs: Sequence[str] | None = None,
    *,
    segments_file: Path | str | None = None,
    overwrite: bool = False,
    progress: bool = True,
) -> list[ClipResult]:
    """Read clips and write their results.

    One clip named outright is written into `out` itself; several, or a folder, into one folder each, with a
    `manifest.csv` that names every clip and what became of it. Each folder appears whole or not at all.

    Args:
        inputs: video files and folders of them.
        out: the output folder.
        options: how clips are read.
        outputs: names of what is written, see `reports.clips.writer`; None takes the default ones.
        segments_file: segments corrected by hand, used instead of those found; see `motion.segments_file`.
        overwrite: replace results that are there already.
        progress: show progress bars on standard error.

    Raises:
        EmoError: the request itself is wrong (no videos, unknown names, output in the way), or the only clip failed.
    """
    out = Path(out)
    clips = find_clips(inputs)
    check_output(out, overwrite)
    chosen = [one.name for one in in_order(outputs)]
    by_hand = HandMarks.read(segments_file, clips) if segments_file else None
    analyzer = Analyzer(options=options)
    if by_hand and not analyzer.options.segments:
        raise EmoError("a file of segments was given, but segments were switched off; give one of the two")
    single = len(clips) == 1 and not Path(inputs[0]).is_dir()
    if single:
        return [analyze_clip(clips[0], out, analyzer, chosen, by_hand=by_hand, progress=progress)]
    results = []
    with whole_folder(out) as part:
        for clip, name in zip(clips, distinct_names(clips), strict=True):
            result = _try_clip(clip, part / name, analyzer, chosen, by_hand, progress)
            results.append(ClipResult(**{**vars(result), "folder": out / name}))
        write_manifest(results, part / "manifest.csv")
    return results


@dataclass(frozen=True)
class HandMarks:
    """Segments that a person marked, and the file they are from."""

    path: Path
    rows: tuple[MarkedSegment, ...]

    @classmethod
    def read(cls, path: Path | str, clips: Sequence[Path]) -> "HandMarks":
        """Read a file of segments of these clips.

        Raises:
            SegmentsError: a row makes no sense, or is about another clip.
        """
        marks = cls(Path(path), tuple(read_segments(path)))
        check_clips(marks.rows, [clip.name for clip in clips], path)
        return marks

    def of(self, clip: Path) -> list[MarkedSegment]:
        """The rows about one clip."""
        return segments_of_clip(self.rows, clip.name)


def analyze_clip(
    clip: Path,
    folder: Path,
    analyzer: Analyzer,
    outputs: Sequence[str] | None = None,
    *,
    by_hand: HandMarks | None = None,
    progress: bool = True,
) -> ClipResult:
    """Read one clip and write its folder: the outputs, and a log. Of the outputs, only the timeline must succeed.

    Raises:
        VideoError: the clip cannot be read; nothing is written then.
        SegmentsError: a segment marked by hand does not fit the clip; likewise.
        OutputError: its timeline cannot be written; likewise.
    """
    started = time.perf_counter()
    source = file_source(Path(clip))
    with whole_folder(folder) as part:
        marked = {"marked": by_hand.of(clip), "marked_in": by_hand.path} if by_hand else {}
        analysis = analyzer.analyze_source(source, progress=progress, **marked)
        missing = analysis.write(part, outputs, progress)
    reason = f"read, but without {', '.join(map(str, missing))}" if missing else ""
    seconds, reading = time.perf_counter() - started, analysis.results.reading
    return ClipResult(
        clip, folder, "ok", reason, seconds, reading.timeline, analysis.summary(), reading.segments,
        tuple(map(str, missing)),
    )  # fmt: skip


def _try_clip(clip: Path, folder: Path, analyzer: Analyzer, outputs, by_hand, progress: bool) -> ClipResult:
    started = time.perf_counter()
    try:
        return analyze_clip(clip, folder, analyzer, outputs, by_hand=by_hand, progress=progress)
    except Exception as error:  # one clip must not stop the others; the manifest names it
        reason = str(error) if isinstance(error, EmoError) else f"{type(error).__name__}: {error}"
        log.error("%s", reason, exc_info=not isinstance(error, EmoError))
        return ClipResult(clip, folder, "failed", reason, time.perf_counter() - started)


def find_clips(inputs: Sequence[Path | str]) -> list[Path]:
    """Files as named, and the videos of folders (not of their subfolders) in alphabetical order.

    Raises:
        VideoError: nothing was named, a path is missing, or a folder holds no video.
    """
    if not inputs:
        raise VideoError("no clip was named; expected video files or a folder of them")
    clips: list[Path] = []
    for path in map(Path, inputs):
        if not path.is_dir():
            if not path.exists():
                raise VideoError(f"{path}: no such file or folder")
            clips.append(path)
            continue
        found = sorted(p for p in path.iterdir() if p.suffix.lower() in VIDEO_SUFFIXES and not p.name.startswith("."))
        if not found:
            raise VideoError(f"{path}: holds no video; expected files ending in {', '.join(VIDEO_SUFFIXES)}")
        clips.extend(found)
    return list(dict.fromkeys(clips))


def distinct_names(clips: Sequence[Path]) -> list[str]:
    """A folder name per clip: its stem, with its suffix and then a number where stems are the same."""
    names: list[str] = []
    for clip in clips:
        alike = sum(other.stem == clip.stem for other in clips) > 1
        name = base = clip.name.replace(".", "_") if alike else clip.stem
        number = 2
        while name in names:
            name, number = f"{base}_{number}", number + 1
        names.append(name)
    return names


def write_manifest(results: Sequence[ClipResult], path: Path) -> None:
    """Write a row per clip: clip, status, reason, folder, frames, people, seconds."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["clip", "status", "reason", "folder", "frames", "people", "seconds"])
        for result in results:
            people = len(result.summary.get("people", ()))
            frames = result.summary.get("frames", "")
            reason = result.reason or "; ".join(result.summary.get("warnings", ()))
            folder = result.folder.name if result.status == "ok" else ""
            writer.writerow([result.clip, result.status, reason, folder, frames, people, f"{result.seconds:.2f}"])
