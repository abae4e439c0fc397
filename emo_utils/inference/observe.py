"""Follow the faces through a clip: detect, track, fill in between, and cut out what the network will read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from emo_utils.faces.crops import crop_face, keypoints_of
from emo_utils.faces.detector import FaceDetector
from emo_utils.faces.tracking import Tracker
from emo_utils.structures import Frame, InputSpec


@dataclass(frozen=True)
class FaceInFrame:
    """One face of one frame.

    Attributes:
        track_id: of the track it belongs to.
        box: float32 (4,), x1 y1 x2 y2 in pixels.
        keypoints: float32 (K, 2) in pixels.
        confidence: the detector's.
        interpolated: placed between two finds rather than found.
    """

    track_id: int
    box: np.ndarray
    keypoints: np.ndarray
    confidence: float
    interpolated: bool = False


@dataclass(frozen=True)
class ObservedFrame:
    """A frame's faces and their crops; the pixels themselves are gone, so that memory stays flat."""

    frame_index: int
    time_s: float
    faces: tuple[FaceInFrame, ...]
    crops: tuple[np.ndarray, ...]


def observe(
    frames: Iterable[Frame], detector: FaceDetector, tracker: Tracker, every: int, spec: InputSpec
) -> Iterator[ObservedFrame]:
    """Detect in every `every`-th frame and place the tracked faces in the frames between.

    A frame is given out only when the next detection is known, so at most `every` frames are held.

    Yields:
        All frames, in order.
    """
    before: list[FaceInFrame] = []
    before_s = 0.0
    waiting: list[Frame] = []
    for count, frame in enumerate(frames):
        waiting.append(frame)
        if count % every:
            continue
        now = detect_and_track(frame, detector, tracker)
        yield from (_cut(f, between(before, now, before_s, frame.time_s, f.time_s), spec) for f in waiting[:-1])
        yield _cut(frame, now, spec)
        before, before_s, waiting = now, frame.time_s, []
    if waiting:  # the clip ends between two detections: look at its last frame too
        last = waiting[-1]
        now = detect_and_track(last, detector, tracker)
        yield from (_cut(f, between(before, now, before_s, last.time_s, f.time_s), spec) for f in waiting[:-1])
        yield _cut(last, now, spec)


def detect_and_track(frame: Frame, detector: FaceDetector, tracker: Tracker) -> list[FaceInFrame]:
    """The tracked faces of one frame."""
    found = detector.detect(frame.pixels)
    keypoints = keypoints_of(found.boxes, found.keypoints)
    rows = tracker.update(found)
    return [
        FaceInFrame(track, found.boxes[row], keypoints[row], float(found.confidence[row]))
        for track, row in sorted(rows.items())
    ]


def between(before, after, before_s: float, after_s: float, time_s: float) -> list[FaceInFrame]:
    """The faces that are there both before and after, placed at a time between by straight lines."""
    share = (time_s - before_s) / max(after_s - before_s, 1e-9)
    later = {face.track_id: face for face in after}
    return [
        FaceInFrame(
            face.track_id,
            (1 - share) * face.box + share * later[face.track_id].box,
            (1 - share) * face.keypoints + share * later[face.track_id].keypoints,
            min(face.confidence, later[face.track_id].confidence),
            interpolated=True,
        )
        for face in before
        if face.track_id in later
    ]


def _cut(frame: Frame, faces: list[FaceInFrame], spec: InputSpec) -> ObservedFrame:
    crops = tuple(crop_face(frame.pixels, face.keypoints, spec) for face in faces)
    return ObservedFrame(frame.index, frame.time_s, tuple(faces), crops)
