"""A request to analyse clips: options and outputs, checked once before the first clip."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path

from emo_utils import __version__
from emo_utils.errors import EmoError
from emo_utils.file_names import as_text
from emo_utils.hashing import sha256_of_json
from emo_utils.inference.baseline_request import NONE
from emo_utils.inference.options import AnalysisOptions
from emo_utils.motion.segments_file import MarkedSegment, check_clips, read_segments, segments_of_clip
from emo_utils.reports.clips.writer import in_order
from emo_utils.timeline import VERSION
from emo_utils.workflows.analyzer import Analyzer
from emo_utils.workflows.clip_task import ClipTask, networks_of


@dataclass(frozen=True)
class Request:
    """Options and outputs for the analysis of clips.

    Attributes:
        analyzer: networks and options.
        outputs: names of the writers.
        marks: segments marked by hand; None: find the segments.
        marked_in: the file of the marked segments.
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
            EmoError: an unknown name, absent weights, or a file of segments while segments are switched off.
            SegmentsError: a row of the segments is wrong, or names another clip.
        """
        names = tuple(one.name for one in in_order(outputs))
        marks = tuple(read_segments(segments_file)) if segments_file else None
        if marks is not None:
            check_clips(marks, [as_text(clip.name) for clip in clips], segments_file)
            if options and not options.segments:
                raise EmoError("a file of segments was given, but segments were switched off; give one of the two")
        return cls(Analyzer(options=options), names, marks, Path(segments_file) if segments_file else None)

    def task(self, clip: Path, part: Path, progress: bool) -> ClipTask:
        """The task for one clip."""
        marked = self._marked(clip)
        return ClipTask(
            clip, part, self.analyzer.options, self.outputs, marked, self.marked_in, progress, self._networks
        )  # fmt: skip

    @cached_property
    def _networks(self) -> tuple[str, ...]:
        return networks_of(self.analyzer)

    def key(self, clip: Path) -> str:
        """A hash of everything that the results depend on, except the clip itself."""
        marked = self._marked(clip)
        pipeline, options = self.analyzer.pipeline, self.analyzer.options
        own = self.analyzer.baseline_file
        if options.baseline_request.of_several:  # taken off in a second pass, from what the first has written
            options = replace(options, baseline=NONE, subject=None)
        about = {
            "version": [__version__, VERSION],
            "options": asdict(options),
            "baseline": own and own.about["sha256"],
            "vectors": self.analyzer.options.recognises_people and pipeline.embedder is not None,
            "weights": [engine.weights.sidecar["sha256"] for engine in pipeline.networks.engines()],
            "identity": pipeline.embedder.sha256 if pipeline.embedder else None,
            "outputs": self.outputs,
            "segments": None if marked is None else [asdict(mark) for mark in marked],
        }
        return sha256_of_json(about)

    def _marked(self, clip: Path) -> tuple[MarkedSegment, ...] | None:
        return None if self.marks is None else tuple(segments_of_clip(self.marks, as_text(clip.name)))
