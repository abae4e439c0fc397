"""Rows of a timeline frame by frame, for a live camera: a row depends on its own and earlier frames only.

It differs from the analysis of a whole clip, which uses later frames too:

- between detections a face keeps its last position, without interpolation;
- probabilities are averaged over the past only;
- a detection that is not confirmed later is shown;
- gaps in a track are not filled;
- each track counts as a person, since persons are identified from whole tracks.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from emo_utils.errors import EmoError
from emo_utils.faces.crops import crop_face, gray_or_rgb, pixels_for
from emo_utils.faces.cuts import CutDetector
from emo_utils.faces.detector import FaceDetector, create_detector
from emo_utils.faces.groups import GroupDetector
from emo_utils.faces.tracker import FaceTracker
from emo_utils.faces.tracking import create_tracker
from emo_utils.faces.tracklets import TrackletStore
from emo_utils.inference.baseline_request import NONE
from emo_utils.inference.frame_sources import FrameSource
from emo_utils.inference.observe import FaceInFrame, is_calm, track
from emo_utils.inference.pipeline import Pipeline
from emo_utils.inference.smoothing import LONGEST_GAP_S
from emo_utils.inference.timeline_table import BOX, is_low_quality
from emo_utils.structures import Detections, Frame
from emo_utils.timeline import columns

CAUSAL_SMOOTHING = ("exponential", "none")
"""The methods of `smoothing` that can work without later frames."""

StreamRow = dict[str, Any]
"""The columns of the timeline contract, in its order, for one frame and face; None or NaN for empty values."""


def stream(pipeline: Pipeline, source: FrameSource) -> Iterator[StreamRow]:
    """Analyse a source live; all rows of a frame are yielded before the next frame is read.

    Further measures (`AnalysisOptions.measures`) are not computed in a stream.

    Args:
        pipeline: with its options; `segments` and `identity_weights` have no effect in a stream.
        source: any source.

    Raises:
        EmoError: an option that needs later frames: another smoothing, `apex_only`, or a baseline; or a network over
            time.
    """
    options = pipeline.options
    if pipeline.networks.over_time:
        raise EmoError(
            f"{pipeline.weights.name} reads windows of {pipeline.networks.over_time.rule.frames} frames, which a "
            "stream does not have yet: expected weights that read single frames, such as ferplus-int8"
        )
    if options.smoothing not in CAUSAL_SMOOTHING or options.apex_only:
        raise EmoError(
            f"a stream uses no future: expected smoothing {' or '.join(CAUSAL_SMOOTHING)} and no apex_only, found "
            f"smoothing {options.smoothing}, apex_only {options.apex_only}"
        )
    if options.baseline != NONE:
        raise EmoError(f"a stream has no baseline: expected baseline 'none', found {options.baseline!r}")
    return _rows(pipeline, source)


def _rows(pipeline: Pipeline, source: FrameSource) -> Iterator[StreamRow]:
    options, spec = pipeline.options, pipeline.weights.input_spec
    every, rate = options.detection_interval(source.fps)
    detector = GroupDetector(create_detector(options.detector))
    tracker = create_tracker(options.tracker, rate, pipeline.embedder)
    faces, smoothing = LiveFaces(detector, tracker, every), CausalSmoothing(options.smoothing, options.smoothing_s)
    try:
        for frame in source.read(options.sample_fps, threads=1, strict=options.strict):
            seen = faces.update(frame)
            pixels = pixels_for(frame, spec)
            probabilities = pipeline.probabilities([crop_face(pixels, face.keypoints, spec) for face in seen])
            for face, raw in zip(seen, probabilities, strict=True):
                yield _row(pipeline, frame, face, raw, smoothing.update(face.track_id, raw, frame.time_s))
            if not seen:
                ids = {"frame_index": frame.index, "time_s": frame.time_s, "status": "no_face"}
                yield _ordered(ids, pipeline.weights.classes)
    finally:
        detector.detector.close()


class LiveFaces:
    """The faces of the current frame: detected in some frames, kept unchanged in the others.

    After faces appear, disappear or move far, and at a scene cut, each frame is a detection until the faces are calm.

    Args:
        detector: finds faces.
        tracker: follows them from one detection to the next.
        every: frames from one detection to the next while the faces are calm.
    """

    def __init__(self, detector: FaceDetector, tracker: FaceTracker, every: int):
        self._detector, self._tracker, self._every = detector, tracker, every
        self._store, self._cuts = TrackletStore(), CutDetector()
        self._found = Detections.empty()
        self._faces: list[FaceInFrame] = []
        self._frames_to_next = 0

    def update(self, frame: Frame) -> list[FaceInFrame]:
        """The faces of the next frame, in the order of tracks; `interpolated` marks those without new detection."""
        cut = self._cuts.is_cut(gray_or_rgb(frame), frame.time_s)
        if self._frames_to_next > 0 and not cut:
            self._frames_to_next -= 1
            return [replace(face, interpolated=True) for face in self._faces]
        found = self._detector.detect(frame.pixels)
        self._faces = track(frame, found, self._tracker, self._store, cut)
        self._frames_to_next = self._every - 1 if is_calm(self._found, found) and not cut else 0
        self._found = found
        return self._faces


class CausalSmoothing:
    """Exponential average of each track's probabilities over the past.

    Args:
        method: one of `CAUSAL_SMOOTHING`.
        seconds: the time constant.
    """

    def __init__(self, method: str, seconds: float):
        self._seconds = seconds if method == "exponential" else 0.0
        self._last: dict[int, tuple[np.ndarray, float]] = {}

    def update(self, track_id: int, probabilities: np.ndarray, time_s: float) -> np.ndarray:
        """Add the probabilities of the next frame of a track; returns the smoothed ones, float (C,)."""
        before, before_s = self._last.get(track_id, (probabilities, -math.inf))
        if time_s - before_s > LONGEST_GAP_S or self._seconds <= 0:
            smoothed = probabilities.astype(float)
        else:
            kept = math.exp(-(time_s - before_s) / self._seconds)
            smoothed = kept * before + (1 - kept) * probabilities
        self._last[track_id] = (smoothed, time_s)
        self._last = {key: last for key, last in self._last.items() if time_s - last[1] <= LONGEST_GAP_S}
        return smoothed


def _row(pipeline: Pipeline, frame: Frame, face: FaceInFrame, raw: np.ndarray, smoothed: np.ndarray) -> StreamRow:
    classes = pipeline.weights.classes
    values: StreamRow = {
        "frame_index": frame.index,
        "time_s": frame.time_s,
        "track_id": face.track_id,
        "person_id": face.track_id,
        "status": _status(pipeline, face, float(smoothed.max())),
        "detection_confidence": face.confidence,
        **{name: float(edge) for name, edge in zip(BOX, face.box, strict=True)},
    }
    for prefix, row in (("", raw), ("smoothed_", smoothed)):
        values[f"{prefix}emotion"] = classes[int(row.argmax())]
        values[f"{prefix}confidence"] = float(row.max())
        values |= {f"{prefix}p_{name}": float(value) for name, value in zip(classes, row, strict=True)}
    return _ordered(values, classes)


def _status(pipeline: Pipeline, face: FaceInFrame, confidence: float) -> str:
    if confidence < pipeline.engine.uncertain_below:
        return "uncertain"
    if is_low_quality(face, pipeline.weights.input_spec):
        return "low_quality"
    return "interpolated" if face.interpolated else "ok"


def _ordered(values: StreamRow, classes: tuple[str, ...]) -> StreamRow:
    return {name: values.get(name) for name in columns(classes)}
