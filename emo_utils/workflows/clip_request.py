"""How clips are to be read and what is written of each: checked once, before the first clip."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from emo_utils import __version__
from emo_utils.errors import EmoError
from emo_utils.file_names import as_text
from emo_utils.hashing import sha256_of_json
from emo_utils.inference.options import AnalysisOptions
from emo_utils.motion.segments_file import MarkedSegment, check_clips, read_segments, segments_of_clip
from emo_utils.reports.clips.writer import in_order
from emo_utils.timeline import VERSION
from emo_utils.workflows.analyzer import Analyzer
from emo_utils.workflows.clip_task import ClipTask


@dataclass(frozen=True)
class Request:
    """How clips are read and what is written of each.

    Attributes:
        analyzer: networks and options.
        outputs: names of the writers.
        marks: segments marked by hand; None: find them.
        marked_in: the file they are from.
    """

    analyzer: Analyzer
    outputs: tuple[str, ...]
    marks: tuple[MarkedSegment, ...] | None = None
    marked_in: Path | None = None

    @classmethod
    def of(
        cls,
        options: AnalysisOptions | None,
        outputs: Sequence[str] | None = None,
        segments_file: Path | str | None = None,
        clips: Sequence[Path] = (),
    ) -> "Request":
        """Check a request and load its networks.

        Raises:
            EmoError: an unknown name, segments that are switched off and given, or absent weights.
            SegmentsError: a row of the segments makes no sense, or is about another clip.
        """
        names = tuple(one.name for one in in_order(outputs))
        marks = tuple(read_segments(segments_file)) if segments_file else None
        if marks is not None:
            check_clips(marks, [as_text(clip.name) for clip in clips], segments_file)
            if options and not options.segments:
                raise EmoError("a file of segments was given, but segments were switched off; give one of the two")
        return cls(Analyzer(options=options), names, marks, Path(segments_file) if segments_file else None)

    def task(self, clip: Path, part: Path, progress: bool) -> ClipTask:
        """What to do for one clip."""
        return ClipTask(clip, part, self.analyzer.options, self.outputs, self._marked(clip), self.marked_in, progress)

    def key(self, clip: Path) -> str:
        """A hash of all that the results of a clip depend on, but for the clip itself."""
        marked = self._marked(clip)
        pipeline = self.analyzer.pipeline
        about = {
            "version": [__version__, VERSION],
            "options": asdict(self.analyzer.options),
            "weights": pipeline.weights.sidecar["sha256"],
            "identity": pipeline.embedder.sha256 if pipeline.embedder else None,
            "outputs": self.outputs,
            "segments": None if marked is None else [asdict(mark) for mark in marked],
        }
        return sha256_of_json(about)

    def _marked(self, clip: Path) -> tuple[MarkedSegment, ...] | None:
        return None if self.marks is None else tuple(segments_of_clip(self.marks, as_text(clip.name)))
