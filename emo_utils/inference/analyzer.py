"""A clip in, a timeline out."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from emo_utils.errors import EmoError
from emo_utils.faces.crops import face_side
from emo_utils.faces.detector import create_detector
from emo_utils.faces.embedding import find_embedder
from emo_utils.faces.tracking import TRACKERS, check_tracker, create_tracker
from emo_utils.faces.tracklets import TrackletStore
from emo_utils.inference import weights as weights_files
from emo_utils.inference.engines import OnnxEngine
from emo_utils.inference.observe import ObservedFrame, observe
from emo_utils.inference.people import name_faces
from emo_utils.inference.prefetch import prefetch
from emo_utils.inference.segmenting import ClipMotion, MotionLog
from emo_utils.inference.smoothing import METHODS, smooth
from emo_utils.motion.flow import DEFAULT as DEFAULT_FLOW
from emo_utils.motion.flow import find_flow
from emo_utils.motion.follow import MotionFollower
from emo_utils.motion.magnify import MagnifyOptions
from emo_utils.provenance import Provenance
from emo_utils.timeline import TYPES, Timeline, columns
from emo_utils.video import Faults, VideoInfo, probe, read_frames

log = logging.getLogger(__name__)

DETECTION_S = 0.2
"""Time between detections; `docs/ARCHITECTURE.md` tells what is lost by not detecting in every frame."""

FAINT_FIND = 0.5
"""Detection confidence under which a face counts as low quality."""

FILLED_GAP_S = 0.3
"""A track lost for at most this long is filled in between its ends."""

FEWEST_FINDS = 2
"""A track found less often than this is taken for an error of the detector and left out."""

BATCH_FRAMES = 16


@dataclass(frozen=True)
class AnalysisOptions:
    """How a clip is read."""

    weights: str = weights_files.DEFAULT
    """A shipped name, an .onnx file, or a training run's folder."""
    detector: str = "mediapipe"
    """A registered face detector."""
    detect_every: int | None = None
    """Detect in every n-th frame, tracks fill in between; None: about every `DETECTION_S` seconds."""
    sample_fps: float | None = None
    """Read about this many frames a second; None reads all."""
    smoothing: str = next(iter(METHODS))
    """How probabilities are smoothed over time."""
    smoothing_s: float = 0.25
    """Its time constant or window in seconds."""
    identity_weights: str = "auto"
    """Embedding network that tells people apart: `auto` (ArcFace if it was fetched), `none`, `arcface`, a file."""
    tracker: str = TRACKERS[0]
    """How faces are followed; see `faces.tracking.TRACKERS`."""

    segments: bool = True
    """Measure motion, and find onset, apex and offset of the expressions."""
    flow: str = DEFAULT_FLOW
    """Optical flow by which motion is measured; see `motion.flow.METHODS`."""
    magnify_motion: bool = False
    """Magnify the aligned face before its motion is measured (S0.4); helps with very small motions, costs time."""
    apex_only: bool = False
    """Let the network read the apex frames alone; segments are found by motion alone then."""
    prior: str | None = None
    """Class shares under which probabilities stand: `uniform`, or the corpus of the weights as they were trained;
    None: what the weights' sidecar says is best for clips. See `inference.prior`."""
    strict: bool = False
    """Refuse a file that is damaged or cut off, rather than read what is left of it."""

    def __post_init__(self):
        if self.apex_only and not self.segments:
            raise EmoError("apex_only reads the apexes of segments: it cannot be asked for without segments")
        find_flow(self.flow)
        if self.detect_every is not None and self.detect_every < 1:
            raise EmoError(f"detect_every: expected 1 or more, found {self.detect_every}")
        if self.smoothing not in METHODS:
            smooth(np.zeros((1, 1)), np.zeros(1), self.smoothing)
        check_tracker(self.tracker)


class Analyzer:
    """Weights loaded once, for any number of clips."""

    def __init__(self, options: AnalysisOptions | None = None):
        self.options = options or AnalysisOptions()
        self.weights = weights_files.find_weights(self.options.weights)
        self.engine = OnnxEngine(self.weights, threads=1, prior=self.options.prior or self.weights.clip_prior)
        self.embedder = find_embedder(self.options.identity_weights)
        create_tracker(self.options.tracker, 1.0, self.embedder)  # what it lacks is told before the first clip

    def analyze(self, path: Path | str, on_frame: Callable[[int], None] | None = None) -> Timeline:
        """Read one clip: its timeline alone; `reading.read_clip` gives its segments too.

        Args:
            path: the clip.
            on_frame: called with the number of frames done, for a progress bar.

        Raises:
            VideoError: the clip cannot be read; the message says why.
        """
        return self._analyze(path, on_frame, None)

    def follow(self, path: Path | str, on_frame: Callable[[int], None] | None = None) -> tuple[Timeline, ClipMotion]:
        """Read one clip: its timeline, and the motion of its faces.

        With `apex_only` no face is read: the timeline's emotions and probabilities are empty.
        """
        motion = MotionLog()
        timeline = self._analyze(path, on_frame, motion)
        return timeline, motion.finish(timeline, read=not self.options.apex_only)

    def _follower(self) -> MotionFollower:
        return MotionFollower(self.options.flow, MagnifyOptions() if self.options.magnify_motion else None)

    def _analyze(self, path: Path | str, on_frame, motion: MotionLog | None) -> Timeline:
        info = probe(path)
        options = self.options
        rate = min(options.sample_fps or info.fps or 25.0, info.fps or 25.0)
        every = options.detect_every or max(1, round(DETECTION_S * rate))
        detector, faults = create_detector(options.detector), Faults()
        try:
            spare = max(1, (os.cpu_count() or 2) - 1)  # one core is for reading the faces
            frames = read_frames(path, options.sample_fps, spare, strict=options.strict, faults=faults)
            store = TrackletStore(self.embedder)
            tracker = create_tracker(options.tracker, rate / every, self.embedder)
            follower = self._follower() if motion else None
            observed = observe(frames, detector, tracker, every, self.weights.input_spec, store, follower)
            # Closed here, so that an error or Ctrl-C ends the thread, which would otherwise outlive the interpreter.
            with closing(prefetch(observed)) as ahead:
                table = self._table(self._read(ahead, on_frame), store, motion)
        finally:
            detector.close()
        provenance = _provenance(info, faults, detector.name, table)
        for note in (info.track, info.orientation):
            if note:
                log.info("%s: %s", Path(path).name, note)
        for warning in provenance.warnings:
            log.warning("%s: %s", Path(path).name, warning)
        timeline = Timeline(table, self.weights.classes, provenance)
        log.info("%s: %s", Path(path).name, timeline)
        return timeline

    def _read(self, observed: Iterable[ObservedFrame], on_frame) -> Iterator[tuple[ObservedFrame, np.ndarray]]:
        """Frames with the probabilities (faces, C) of their faces, read in batches."""
        observed, done = iter(observed), 0
        size = self.weights.input_spec.size
        while batch := list(islice(observed, BATCH_FRAMES)):
            crops = [crop for frame in batch for crop in frame.crops]
            if self.options.apex_only:
                read = np.full((len(crops), len(self.weights.classes)), np.nan)
            else:
                read = self.engine.predict(np.stack(crops) if crops else np.empty((0, size, size), np.uint8))
            start = 0
            for frame in batch:
                yield frame, read[start : start + len(frame.faces)]
                start += len(frame.faces)
            done += len(batch)
            if on_frame:
                on_frame(done)

    def _table(self, readings, store: TrackletStore, motion: MotionLog | None) -> pd.DataFrame:
        """The timeline's table from the readings of all frames."""
        classes = self.weights.classes
        frames, rows, probabilities, small = [], [], [], []
        crop_sides = 1 + 2 * self.weights.input_spec.margin
        for frame, read in readings:
            frames.append((frame.frame_index, frame.time_s))
            if motion:
                motion.add(frame)
            for face, values in zip(frame.faces, read, strict=True):
                ids = (frame.frame_index, frame.time_s, face.track_id, face.tracklet)
                rows.append((*ids, *face.box, face.confidence, face.interpolated))
                probabilities.append(values)
                small.append(face_side(face.keypoints[None])[0] * crop_sides < self.weights.input_spec.size / 2)
        boxes = ["x1", "y1", "x2", "y2"]
        ids = ["frame_index", "time_s", "track_id", "tracklet"]
        faces = pd.DataFrame(rows, columns=[*ids, *boxes, "detection_confidence", "interpolated"])
        values = [f"p_{name}" for name in classes]
        faces["interpolated"] = faces["interpolated"].astype(bool)
        faces[values] = np.array(probabilities, float).reshape(len(rows), len(classes))
        faces["low_quality"] = np.array(small, bool) | (faces["detection_confidence"] < FAINT_FIND)
        faces = name_faces(_drop_flashes(faces), store)
        if motion:
            motion.name(faces)
        frames = pd.DataFrame(frames, columns=["frame_index", "time_s"])
        faces = pd.concat([_fill_gaps(track, frames) for _, track in faces.groupby("track_id")] or [faces])
        return self._finish(faces, frames)

    def _finish(self, faces: pd.DataFrame, frames: pd.DataFrame) -> pd.DataFrame:
        """Add emotions, smoothing, status and the rows of the frames without a face."""
        classes, options = self.weights.classes, self.options
        values = [f"p_{name}" for name in classes]
        read = faces[values].to_numpy(float)
        smoothed = read.copy()
        for _, rows in faces.reset_index(drop=True).groupby("track_id").groups.items():
            times_s = faces["time_s"].to_numpy()[rows]
            smoothed[rows] = smooth(read[rows], times_s, options.smoothing, options.smoothing_s)
        for prefix, table in (("", read), ("smoothed_", smoothed)):
            named = ~np.isnan(table).any(axis=1)
            top = np.array(classes, object)[table.argmax(axis=1)] if len(faces) else np.empty(0, object)
            faces[f"{prefix}emotion"] = np.where(named, top, None)
            faces[f"{prefix}confidence"] = table.max(axis=1) if len(faces) else np.nan
        uncertain = faces["smoothed_confidence"] < self.engine.uncertain_below
        applies = [uncertain, faces["low_quality"], faces["interpolated"]]
        faces["status"] = np.select(applies, ["uncertain", "low_quality", "interpolated"], "ok")
        empty = frames[~frames["frame_index"].isin(faces["frame_index"])].assign(status="no_face")
        table = pd.concat([faces, empty]) if len(faces) else empty
        table = table.reindex(columns=columns(classes)).astype(TYPES)
        return table.sort_values(["frame_index", "track_id"], ignore_index=True)


def _provenance(info: VideoInfo, faults: Faults, detector: str, table: pd.DataFrame) -> Provenance:
    warnings = faults.messages()
    if (table["status"] == "no_face").all():
        warnings.append("no face was found in it")
    damaged_s, truncated = tuple(faults.damaged_s), faults.truncated
    return Provenance(detector, info.track, info.orientation, damaged_s, truncated, tuple(warnings))


def _drop_flashes(faces: pd.DataFrame) -> pd.DataFrame:
    """Leave out tracks that were found too seldom to be a face."""
    finds = (~faces["interpolated"]).groupby(faces["track_id"]).transform("sum")
    return faces[finds >= FEWEST_FINDS] if len(faces) else faces


def _fill_gaps(track: pd.DataFrame, frames: pd.DataFrame) -> pd.DataFrame:
    """One track with its short gaps filled by straight lines; longer ones stay visible."""
    first, last = track["frame_index"].iloc[[0, -1]]
    inside = frames[frames["frame_index"].between(first, last)]
    filled = inside.merge(track.drop(columns="time_s"), on="frame_index", how="left")
    missing = filled["track_id"].isna().to_numpy()
    if not missing.any():
        return track
    known_s = track["time_s"].to_numpy()
    after = np.searchsorted(known_s, filled["time_s"].to_numpy()[missing])
    short = known_s[after] - known_s[after - 1] <= FILLED_GAP_S
    numbers = filled.columns.drop(["frame_index", "time_s", "interpolated", "low_quality"])
    for column in numbers:
        line = np.interp(filled["time_s"], known_s, track[column].to_numpy(float))
        filled[column] = filled[column].astype(float).where(~missing, line)
    filled["interpolated"] = filled["interpolated"].where(~missing, True).astype(bool)
    filled["low_quality"] = filled["low_quality"].where(~missing, False).astype(bool)
    keep = np.ones(len(filled), bool)
    keep[np.flatnonzero(missing)[~short]] = False
    return filled[keep]
