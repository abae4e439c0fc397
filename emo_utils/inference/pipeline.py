"""From frames to timeline, motion and segments: the pipeline of detection, tracking and prediction."""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from emo_utils.errors import SourceError
from emo_utils.faces.detector import FaceDetector, create_detector
from emo_utils.faces.embedding import find_embedder
from emo_utils.faces.groups import GroupDetector
from emo_utils.faces.still import StillDetector, StillTracker
from emo_utils.faces.tracking import create_tracker
from emo_utils.faces.tracklets import TrackletStore
from emo_utils.inference.apex_network import with_apex_emotions
from emo_utils.inference.apexes import fill_apexes, predict_apexes
from emo_utils.inference.embeddings import EmbeddingLog, Embeddings
from emo_utils.inference.frame_sources import FrameSource, frame_source
from emo_utils.inference.networks import Networks, open_networks
from emo_utils.inference.observe import ObservedFrame, observe
from emo_utils.inference.options import ONE, AnalysisOptions
from emo_utils.inference.people import name_faces, person_vectors
from emo_utils.inference.person_windows import PersonWindows
from emo_utils.inference.prefetch import prefetch
from emo_utils.inference.segmenting import ClipMotion, MotionLog, name_segments, with_strength
from emo_utils.inference.sustained import sustained_segments
from emo_utils.inference.timeline_table import Naming, drop_short_tracks, face_rows, timeline_table
from emo_utils.inference.window_reader import WindowReader
from emo_utils.measures.measure import Instruments, create_measures
from emo_utils.memory import give_back_memory
from emo_utils.motion.follow import MotionFollower
from emo_utils.motion.magnify import MICRO_BAND, MagnifyOptions
from emo_utils.motion.micro import USUAL_FPS, rate_warning
from emo_utils.motion.rules import COMBINED, MOTION_ALONE
from emo_utils.motion.segments_file import MarkedSegment, place_segments
from emo_utils.provenance import Provenance
from emo_utils.structures import Segment
from emo_utils.timeline import Timeline
from emo_utils.video import Faults

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)

BATCH_FRAMES = 16

OnFrame = Callable[[int], None]
"""Called with the number of frames done, for a progress bar."""


@dataclass(frozen=True)
class PipelineResult:
    """The results for one source.

    Attributes:
        timeline: the table of faces and frames.
        motion: a DataFrame with `segmenting.MOTION_COLUMNS`; None if segments were not requested.
        segments: in time order.
        keypoints: float (4, 2) of the face of each segment in its apex frame; None if no motion was measured there.
        traces: the data from which `motion` was computed; None if segments were not requested.
        embeddings: of the faces; None if they were not requested.
        vectors: the face embedding of each person, float32 (D,), where people are compared across clips; else empty.
        windows: of a network whose features are normalised by person, for a second pass; None for others.
    """

    timeline: Timeline
    motion: "pd.DataFrame | None" = field(default=None, repr=False)
    segments: tuple[Segment, ...] = ()
    keypoints: tuple[np.ndarray | None, ...] = field(default=(), repr=False)
    traces: ClipMotion | None = field(default=None, repr=False)
    embeddings: Embeddings | None = field(default=None, repr=False)
    vectors: dict[int, np.ndarray] = field(default_factory=dict, repr=False)
    windows: PersonWindows | None = field(default=None, repr=False)


class Pipeline:
    """Networks loaded once, for any number of sources.

    Args:
        options: of the analysis.

    Raises:
        EmoError: weights, embedder or tracker cannot be loaded; raised before the first source is read.
    """

    def __init__(self, options: AnalysisOptions | None = None):
        self.options = options or AnalysisOptions()
        self.networks = open_networks(self.options)
        self.weights, self.engine = self.networks.weights, self.networks.engine
        if self.options.embeddings:
            self.networks.of_frames.check_embeddings()
        self.embedder = find_embedder(self.options.identity_weights)
        self.measures = create_measures(self.options.measures)
        create_tracker(self.options.tracker, 1.0, self.embedder)

    def run(
        self,
        source: Any,
        on_frame: OnFrame | None = None,
        marked: Sequence[MarkedSegment] | None = None,
        marked_in: Path | str = "segments",
    ) -> PipelineResult:
        """Read one source.

        Args:
            source: a `FrameSource`, or anything that `frame_sources.frame_source` accepts.
            on_frame: called with the number of frames done, for a progress bar.
            marked: segments marked by hand, used instead of found ones; None: find the segments.
            marked_in: the file of the marked segments, for messages.

        Raises:
            SourceError: not a single source of frames.
            VideoError: it cannot be read; the message says why.
            SegmentsError: a segment marked by hand does not fit the clip.
        """
        source, options = frame_source(source), self.options
        if options.apex_only and not source.replayable:
            raise SourceError(f"apex_only reads the apex frames again: expected a source for that, found {source.name}")
        if options.segments and options.expressions != "macro" and (warning := rate_warning(source.fps)):
            log.warning("%s: %s", source.name, warning)
        observed = self._observe(source, on_frame)
        timeline, traces = observed.timeline, observed.traces
        if traces is None:
            return observed
        # The probabilities of a window say nothing about when an expression begins.
        rule = MOTION_ALONE if options.apex_only or self.networks.over_time else COMBINED
        one = options.segments == ONE
        segments, motion = traces.read_one(rule) if one else traces.read(rule, options.expressions)
        if marked is not None:
            segments = with_strength(place_segments(marked, timeline, marked_in), motion)
        elif not one and not options.apex_only and options.expressions != "micro":
            segments = segments + sustained_segments(timeline, motion, segments)
        keypoints = tuple(traces.keypoints_at(segment.track_id, segment.apex) for segment in segments)
        at_apexes: list[np.ndarray | None] = []
        if self.networks.apex:
            at_apexes = self.networks.apex.predict(source, segments, keypoints, timeline)
        elif options.apex_only:
            at_apexes = predict_apexes(source, segments, keypoints, self.engine)
        if options.apex_only:
            timeline = fill_apexes(timeline, segments, at_apexes, self.engine.uncertain_below)
        named = tuple(name_segments(segments, timeline))
        if self.networks.apex:
            named = with_apex_emotions(named, at_apexes, self.networks.apex.engine.weights.classes)
        log.info("%s: %d segments, %s", source.name, len(named), "found" if marked is None else "by hand")
        give_back_memory()
        found = {"motion": motion, "segments": named, "keypoints": keypoints}
        return replace(observed, timeline=timeline, **found)

    def _observe(self, source: FrameSource, on_frame: OnFrame | None) -> PipelineResult:
        """The timeline, and the motion and embeddings of the faces if they are requested; no segments yet.

        With `apex_only` no prediction is made here: emotions and probabilities of the timeline are empty.
        """
        motion = MotionLog() if self.options.segments else None
        kept = EmbeddingLog() if self.options.embeddings else None
        across_clips = self.options.recognises_people
        store, faults = TrackletStore(self.embedder, embed_single=across_clips), Faults()
        detector, instruments = GroupDetector(create_detector(self.networks.detector)), Instruments()
        over_time = self.networks.over_time
        windows = over_time.reader(self.options.read_rate(source.fps)) if over_time else None
        try:
            # Closed here, so that an error or Ctrl-C ends the thread.
            with closing(prefetch(self._observed(source, detector, store, faults, instruments))) as ahead:
                predicted = self._predict(ahead, motion, kept, on_frame, windows)
                faces, frames = face_rows(predicted, self.networks.input_spec, self.weights.classes, self.measures)
        finally:
            detector.close()
            instruments.close()
        faces = windows.fill(faces) if windows else faces
        tracked = drop_short_tracks(faces, len(frames))
        faces = name_faces(tracked, store)
        again = windows.kept(tracked, faces["track_id"]) if windows else None
        del tracked
        vectors = person_vectors(faces, store) if across_clips else {}
        if motion:
            motion.name(faces)
        embeddings = kept.finish(faces, self.networks.of_frames.features) if kept else None
        only = [faces]
        del faces  # handed over, so that its memory is free as soon as it has become a part of the table
        table = timeline_table(only.pop(), frames, self.naming)
        timeline = Timeline(table, self.weights.classes, _provenance(source, faults, detector, table, self.networks))
        log.info("%s: %s", source.name, timeline)
        del frames, table
        give_back_memory()
        by_frame = not self.options.apex_only and not over_time
        traces = motion.finish(timeline, with_probabilities=by_frame) if motion else None
        return PipelineResult(timeline, traces=traces, embeddings=embeddings, vectors=vectors, windows=again)

    def _observed(
        self,
        source: FrameSource,
        detector: FaceDetector,
        store: TrackletStore,
        faults: Faults,
        instruments: Instruments,
    ) -> Iterator[ObservedFrame]:
        """The frames with tracked and cropped faces; the faces of a single picture have no tracks."""
        options, still = self.options, source.frames == 1
        every, rate = self.networks.detection_interval(options, source.fps)
        spare = max(1, (os.cpu_count() or 2) - 1)  # one core is for the network
        return observe(
            source.read(options.sample_fps, spare, strict=options.strict, faults=faults),
            StillDetector(detector) if still else detector,
            StillTracker() if still else create_tracker(options.tracker, rate, self.embedder),
            every,
            self.networks.input_spec,
            store,
            self._follower(source.fps) if options.segments else None,
            self.measures,
            instruments,
        )

    @property
    def naming(self) -> Naming:
        """How probabilities are smoothed, and turned into emotions."""
        smoothing = (self.options.smoothing, self.options.smoothing_s)
        over_time = self.networks.over_time is not None
        return Naming(self.weights.classes, *smoothing, self.engine.uncertain_below, self.measures, over_time)

    def _follower(self, fps: float | None) -> MotionFollower:
        magnified, one = self.options.magnify_motion, self.options.segments == ONE
        if magnified is None and (self.options.expressions == "micro" or (one and (fps or 0) >= USUAL_FPS)):
            return MotionFollower(self.options.flow, MICRO_BAND)
        return MotionFollower(self.options.flow, MagnifyOptions() if magnified else None)

    def _predict(
        self,
        observed: Iterator[ObservedFrame],
        motion: MotionLog | None,
        kept: EmbeddingLog | None,
        on_frame: OnFrame | None,
        windows: WindowReader | None,
    ) -> Iterator[tuple[ObservedFrame, np.ndarray]]:
        """Frames with the probabilities (faces, C) of their faces, predicted in batches; NaN if read in windows."""
        done = 0
        while batch := list(islice(observed, BATCH_FRAMES)):
            crops, start = [crop for frame in batch for crop in frame.crops], 0
            probabilities, embeddings = self.probabilities(crops), None
            if crops and (kept or self.networks.encoder):
                reading = self.networks.of_frames.read(np.stack(crops))
                embeddings = reading.embeddings
                probabilities = probabilities if windows else reading.probabilities
            for frame in batch:
                rows = slice(start, start := start + len(frame.faces))
                if motion:
                    motion.add(frame)
                if kept and embeddings is not None:
                    kept.add(frame, embeddings[rows])
                if windows:
                    windows.add(frame, frame.crops if embeddings is None else list(embeddings[rows]))
                yield frame, probabilities[rows]
            done += len(batch)
            if on_frame:
                on_frame(done)

    def probabilities(self, crops: Sequence[np.ndarray]) -> np.ndarray:
        """Float (N, C) of uint8 crops (S, S); NaN with `apex_only`, and for a network over time."""
        if self.options.apex_only or self.networks.over_time or not crops:
            return np.full((len(crops), len(self.weights.classes)), np.nan)
        return self.engine.predict(np.stack(crops))


def _provenance(
    source: FrameSource, faults: Faults, detector: GroupDetector, table: "pd.DataFrame", networks: Networks
) -> Provenance:
    """How a source was read; also written to the log."""
    warnings = faults.messages() + detector.warnings()
    if networks.over_time:
        warnings += networks.over_time.warnings(table)
    if (table["status"] == "no_face").all():
        warnings.append("no face was found in it")
    track, orientation = (source.info.track, source.info.orientation) if source.info else ("", "")
    for note in filter(None, (track, orientation)):
        log.info("%s: %s", source.name, note)
    for warning in warnings:
        log.warning("%s: %s", source.name, warning)
    return Provenance(detector.name, track, orientation, tuple(faults.damaged_s), faults.truncated, tuple(warnings))
