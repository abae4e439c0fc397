"""Detect, track and crop the faces of a clip; faces between two detections are interpolated."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from emo_utils.faces.boxes import intersection_over_union
from emo_utils.faces.crops import cut_face, gray_or_rgb, keypoints_of, pixels_for
from emo_utils.faces.cuts import CutDetector
from emo_utils.faces.detector import FaceDetector
from emo_utils.faces.tracker import SURE, FaceTracker
from emo_utils.faces.tracklets import TrackletStore
from emo_utils.measures.measure import FaceView, Instruments, Measure, measure_face
from emo_utils.motion.follow import FaceMotion, MotionFollower
from emo_utils.structures import Detections, Frame, InputSpec

NEAR = 0.5
"""Least overlap of the boxes of a face in two detections; below it the face has moved far."""


@dataclass(frozen=True)
class FaceInFrame:
    """One face of one frame.

    Attributes:
        track_id: of the track it belongs to.
        box: float32 (4,), x1 y1 x2 y2 in pixels.
        keypoints: float32 (K, 2) in pixels.
        confidence: of the detection.
        interpolated: placed between two detections.
        tracklet: number of the tracklet in the store.
    """

    track_id: int
    box: np.ndarray
    keypoints: np.ndarray
    confidence: float
    interpolated: bool = False
    tracklet: int = 0


@dataclass(frozen=True)
class ObservedFrame:
    """The faces of a frame and their crops; the pixels of the frame are not kept, to save memory."""

    frame_index: int
    time_s: float
    faces: tuple[FaceInFrame, ...]
    crops: tuple[np.ndarray, ...]
    motions: tuple[FaceMotion, ...] = ()
    measured: tuple[tuple[float, ...], ...] = ()
    """The values of the requested measures for each face."""


def observe(
    frames: Iterable[Frame],
    detector: FaceDetector,
    tracker: FaceTracker,
    every: int,
    spec: InputSpec,
    store: TrackletStore | None = None,
    motion: MotionFollower | None = None,
    measures: Sequence[Measure] = (),
    instruments: Instruments | None = None,
) -> Iterator[ObservedFrame]:
    """Detect in every `every`-th frame and place the tracked faces in the frames between.

    A frame is yielded only when the next detection is known, so at most `every` frames are held.

    If a face appears, disappears or moves far from one detection to the next, faces are detected in the frames between
    too. This gives the right first and last frame, and fast faces are not lost. The same is done around a scene cut,
    where the store ends the tracks of faces that are gone.

    Yields:
        All frames, in order.
    """
    cut = partial(_cut, spec=spec, motion=motion, measures=measures, instruments=instruments or Instruments())
    before, before_s = Detections.empty(), 0.0
    tracked: list[FaceInFrame] = []
    store, cuts = store or TrackletStore(), CutDetector()
    for group in detection_groups(frames, every):
        *skipped, frame = group
        found = detector.detect(frame.pixels)
        scenes = {f.index for f in group if cuts.is_cut(gray_or_rgb(f), f.time_s)}
        if is_calm(before, found) and not scenes and store.recognises(frame, found):
            now = track(frame, found, tracker, store)
            for f in skipped:
                yield cut(f, between(tracked, now, before_s, frame.time_s, f.time_s))
        else:
            for f in skipped:
                yield cut(f, track(f, detector.detect(f.pixels), tracker, store, f.index in scenes))
            now = track(frame, found, tracker, store, frame.index in scenes)
        yield cut(frame, now)
        before, before_s, tracked = found, frame.time_s, now


def is_calm(before: Detections, after: Detections) -> bool:
    """Whether two detections give the same number of sure faces, each near its old place."""
    old, new = (found.boxes[found.confidence >= SURE] for found in (before, after))
    if len(old) != len(new):
        return False
    return len(new) == 0 or bool((intersection_over_union(new, old).max(axis=1) >= NEAR).all())


def detection_groups(frames: Iterable[Frame], every: int) -> Iterator[list[Frame]]:
    """Groups of frames that end with a frame for detection: the first, every `every`-th after it, and the last."""
    group: list[Frame] = []
    for count, frame in enumerate(frames):
        group.append(frame)
        if count % every == 0:
            yield group
            group = []
    if group:
        yield group


def track(
    frame: Frame, found: Detections, tracker: FaceTracker, store: TrackletStore, new_scene: bool = False
) -> list[FaceInFrame]:
    """The faces of one frame that belong to a track, in the order of the tracks."""
    keypoints = keypoints_of(found.boxes, found.keypoints)
    if new_scene:
        store.cut()
    tracklets = store.enter(frame, found, tracker.update(found, frame.pixels))
    faces = [
        FaceInFrame(
            tracklet.track_id, found.boxes[row], keypoints[row], float(found.confidence[row]), tracklet=tracklet.number
        )
        for row, tracklet in tracklets.items()
    ]
    return sorted(faces, key=lambda face: face.track_id)


def between(before, after, before_s: float, after_s: float, time_s: float) -> list[FaceInFrame]:
    """The faces that occur before and after, interpolated linearly to a time between."""
    share = (time_s - before_s) / max(after_s - before_s, 1e-9)
    later = {face.track_id: face for face in after}
    return [
        FaceInFrame(
            face.track_id,
            (1 - share) * face.box + share * later[face.track_id].box,
            (1 - share) * face.keypoints + share * later[face.track_id].keypoints,
            min(face.confidence, later[face.track_id].confidence),
            interpolated=True,
            tracklet=face.tracklet,
        )
        for face in before
        if face.track_id in later
    ]


def _cut(
    frame: Frame,
    faces: list[FaceInFrame],
    spec: InputSpec,
    motion: MotionFollower | None,
    measures: Sequence[Measure],
    instruments: Instruments,
) -> ObservedFrame:
    crops = tuple(cut_face(pixels_for(frame, spec), face.box, face.keypoints, spec) for face in faces)
    motions = tuple(
        motion.update(face.track_id, gray_or_rgb(frame), face.keypoints, frame.time_s)
        for face in (faces if motion else ())
    )
    views = (
        FaceView(frame.pixels, face.box, face.keypoints, crop, frame.time_s, instruments)
        for face, crop in zip(faces, crops, strict=True)
    )
    measured = tuple(measure_face(view, measures) for view in views)
    return ObservedFrame(frame.index, frame.time_s, tuple(faces), crops, motions, measured)
