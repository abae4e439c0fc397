"""The public functions: `analyze` for one call, `Analyzer` to keep the networks loaded."""

import json
import logging
import os
import platform
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from emo_utils import __version__
from emo_utils.errors import EmoError, SourceError, VideoError
from emo_utils.inference.clip_baseline import FileBaseline
from emo_utils.inference.frame_sources import FrameSource, frame_source, open_source
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import Pipeline
from emo_utils.inference.stream import StreamRow, stream
from emo_utils.motion.segments_file import MarkedSegment
from emo_utils.reports.clips.writer import ClipResults
from emo_utils.workflows.analyses import Analyses
from emo_utils.workflows.analysis import Analysis
from emo_utils.workflows.baselines import OwnBaseline, PredictedClip, baselines_of, check_several, corrected
from emo_utils.workflows.clip_search import distinct_names
from emo_utils.workflows.progress import Progress, frame_bar, recorded_log

log = logging.getLogger("emo_utils")


FILE_OPTIONS = ("weights", "identity_weights", "baseline")
"""Options that may name a file."""


class Analyzer:
    """Networks loaded once, for any number of clips.

    Args:
        weights: a shipped name, an .onnx file, or a training run's folder; None: those of `options`.
        options: how clips are analysed; None: the defaults.
        **changes: single options by name, see `AnalysisOptions`.

    Raises:
        UnknownNameError: an unknown option, weights, detector and so on; names the most similar one.
        EmoError: the value of an option is not allowed.

    Example:
        >>> analyzer = Analyzer("ferplus", smoothing="viterbi")
        >>> analyzer.analyze("holiday.mp4").people
    """

    def __init__(self, weights: Path | str | None = None, *, options: AnalysisOptions | None = None, **changes: Any):
        if weights is not None:
            changes["weights"] = str(weights)
        self.pipeline = Pipeline((options or AnalysisOptions()).changed(changes))
        request = self.options.baseline_request
        self._own_baseline = OwnBaseline(request, self.pipeline) if request.of_each else None

    @property
    def options(self) -> AnalysisOptions:
        """How clips are analysed."""
        return self.pipeline.options

    @property
    def baseline_file(self) -> FileBaseline | None:
        """The baseline that was read from a file, if that is requested."""
        return self._own_baseline.file if self._own_baseline else None

    def analyze(
        self, source: Any, *, fps: float | None = None, seconds: float | None = None, progress: bool = True
    ) -> Analysis | Analyses:
        """Analyse a clip, a picture, a camera, or several clips.

        Args:
            source: a video or picture file; a folder of them; a list or an iterator of files; an array uint8 (H, W, 3)
                or (T, H, W, 3), RGB; a list or an iterator of such frames, or of `Frame`s; the index of a camera.
            fps: frames a second of an array or of frames without times.
            seconds: limit of the duration; needed for a camera, which has no end.
            progress: show progress bars on standard error.

        Returns:
            An `Analysis`; for a folder and for several files `Analyses`, a sequence of them. If one of several
            clips cannot be read, the others are analysed; it is logged, and named in `Analyses.failed`.

        Raises:
            SourceError: another type or shape was given.
            VideoError: the only clip cannot be read, or none of several.
        """
        opened = open_source(source, fps)
        sources = [opened] if isinstance(opened, FrameSource) else opened
        check_several(self.options, [_path_of(one) for one in sources])
        if isinstance(opened, FrameSource):
            return self.analyze_source(_ended(opened, seconds), progress=progress)
        return self._analyze_each(opened, fps, seconds, progress)

    def _analyze_each(
        self, sources: Sequence[Any], fps: float | None, seconds: float | None, progress: bool
    ) -> Analyses:
        done: list[Analysis] = []
        failed: dict[str, str] = {}
        for one in sources:
            try:
                done.append(self.analyze_source(_ended(frame_source(one, fps), seconds), progress=progress))
            except EmoError as error:
                if len(sources) == 1:
                    raise
                log.error("%s", error)
                failed[str(one)] = str(error)
        if not done:
            raise VideoError(f"none of {len(sources)} clips could be read; the first: {next(iter(failed.values()))}")
        if self.options.baseline_request.of_several:
            done = self._together(done)
        return Analyses(tuple(done), failed)

    def _together(self, analyses: Sequence[Analysis]) -> list[Analysis]:
        """Analyses with the baseline of all of them taken off."""
        named = dict(zip(distinct_names([Path(one.clip) for one in analyses]), analyses, strict=True))
        clips = [
            PredictedClip(name, _path_of(one.results.source), result.timeline, result.vectors, result.windows)
            for name, one in named.items()
            for result in [one.results.result]
        ]
        baselines = baselines_of(clips, self.options, self.pipeline.networks)
        return [
            replace(one, results=corrected(one.results, baselines[name])) if name in baselines else one
            for name, one in named.items()
        ]

    def stream(self, frames: Any, fps: float | None = None) -> Iterator[StreamRow]:
        """Analyse frames live, as from a camera: rows of a frame depend only on this frame and earlier ones.

        `inference.stream` describes the differences from `analyze`. Over eight real clips the emotion of the single
        frame is the same for 97.7 % of 1,441 faces, the smoothed one for 92.9 %. The smoothed one is an average over
        the past, so it changes 0.14 to 0.18 s later (`benchmarks/stream.py`). A smaller `smoothing_s` reduces the
        delay, and smooths less.

        Args:
            frames: a single source, as for `analyze`: a camera's index, an iterator of frames, a file ...
            fps: frames a second of an array or of frames without times.

        Yields:
            A dict per face, with the columns of the timeline contract; one with status `no_face` for a frame without.
            All rows of a frame are yielded before the next frame is read.

        Raises:
            EmoError: an option needs later frames: `smoothing` other than exponential or none, `apex_only`.
            SourceError: not a single source of frames.

        Example:
            >>> for row in emo.Analyzer().stream(0):
            ...     print(row["time_s"], row["person_id"], row["smoothed_emotion"])
        """
        return stream(self.pipeline, frame_source(frames, fps))

    def analyze_source(
        self,
        source: FrameSource,
        *,
        marked: Sequence[MarkedSegment] | None = None,
        marked_in: Path | str = "segments",
        progress: Progress = True,
    ) -> Analysis:
        """Analyse one opened source; `marked` are segments marked by hand, see `Pipeline.run`.

        `progress` may be a function that is called instead of showing a bar; an error that it raises ends the analysis.
        A baseline of several clips (`collection`, `people`) is not taken off: it needs the other clips too.
        """
        started = time.perf_counter()
        with recorded_log() as lines:
            self._log_start(source)
            with frame_bar(source.name, "analysing", source.frames, progress) as on_frame:
                result = self.pipeline.run(source, on_frame, marked, marked_in)
            about: dict[str, Any] = {"options": self._named_options(), "prior": self.pipeline.engine.prior}
            about |= {"baseline": None, "network": self._network(), "networks": self.pipeline.networks.named()}
            readable = source if source.replayable else None
            results = ClipResults(source.name, readable, result, about, self.options)
            if self._own_baseline:
                results = corrected(results, self._own_baseline.of_clip(source.name, result.timeline))
        return Analysis(results, self.options, time.perf_counter() - started, tuple(lines))

    def _named_options(self) -> dict[str, Any]:
        """The options as plain values; of files of this machine the name alone, since results are passed on."""
        return {
            name: Path(value).name if name in FILE_OPTIONS and Path(value).is_absolute() else value
            for name, value in asdict(self.options).items()
        }

    def _network(self) -> dict[str, Any]:
        """What predicts, for the summary and the reports: version, weights, threshold of `uncertain`."""
        weights, prior = self.pipeline.weights, self.pipeline.engine.prior
        return {
            "emo_utils": __version__,
            "weights": weights.name,
            "weights_sha256": weights.sidecar["sha256"],
            "uncertain_below": weights.uncertain_under(prior),
        }

    def _log_start(self, source: FrameSource) -> None:
        log.info("emo_utils %s, Python %s, %s", __version__, platform.python_version(), platform.platform(terse=True))
        log.info("clip %s", source.name)
        log.info("options %s", json.dumps(self._named_options()))
        for engine in self.pipeline.networks.engines():
            weights = engine.weights
            log.info("weights %s, SHA-256 %s, prior %s", weights.name, weights.sidecar["sha256"], engine.prior)


def _path_of(source: Any) -> Path | None:
    """The file of a source; None for frames from elsewhere."""
    if isinstance(source, FrameSource):
        return source.path
    return Path(source) if isinstance(source, str | os.PathLike) else None


def _ended(source: FrameSource, seconds: float | None) -> FrameSource:
    if seconds is not None:
        return source.first_seconds(seconds)
    if source.endless:
        raise SourceError(f"{source.name} has no end: expected seconds=10 or another number; or use Analyzer.stream")
    return source


def analyze(
    source: Any, *, fps: float | None = None, seconds: float | None = None, progress: bool = True, **options: Any
) -> Analysis | Analyses:
    """Analyse a clip, a picture, a camera, or several clips; see `Analyzer.analyze`.

    Args:
        source: what to analyse.
        fps: frames a second of an array or of frames without times.
        seconds: limit of the duration; needed for a camera.
        progress: show progress bars on standard error.
        **options: see `AnalysisOptions`: `weights`, `detector`, `sample_fps`, `smoothing`, `baseline` ...

    Example:
        >>> analysis = emo.analyze("holiday.mp4", sample_fps=10)
        >>> analysis.timeline[["time_s", "person_id", "smoothed_emotion"]]
        >>> analysis.save("results")
    """
    opened = open_source(source, fps)
    return Analyzer(**options).analyze(opened, fps=fps, seconds=seconds, progress=progress)
