"""A network that was trained on apex frames reads the apex of each segment, beside a frame network's timeline (S0.6).

The face is found in the apex frame by the detector of the training samples and cut as they were.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from emo_utils.faces.boxes import intersection_over_union
from emo_utils.faces.crops import cut_face, keypoints_of
from emo_utils.faces.detector import FaceDetector, detectors
from emo_utils.inference.apexes import in_order_of
from emo_utils.inference.frame_sources import FrameSource
from emo_utils.inference.sample_engine import SampleEngine
from emo_utils.structures import InputSpec, Segment
from emo_utils.timeline import Timeline

SAME_FACE = 0.3
"""Least overlap of the boxes of a tracked face and a face found in the apex frame."""


@dataclass(frozen=True)
class ApexNetwork:
    """Predicts from apex frames.

    Attributes:
        engine: runs the network.
        detector: a registered face detector, that of the training samples.
    """

    engine: SampleEngine
    detector: str

    def predict(
        self,
        source: FrameSource,
        segments: Sequence[Segment],
        keypoints: Sequence[np.ndarray | None],
        timeline: Timeline,
    ) -> list[np.ndarray | None]:
        """Probabilities float32 (C,) of each segment; None where no motion was measured at its apex.

        Args:
            source: the clip; it is opened again.
            segments: of the clip.
            keypoints: float (4, 2) of the tracked face at the apex of each segment, or None.
            timeline: with the boxes of the faces.
        """
        places = {
            segment: (_box(timeline, segment), points)
            for segment, points in zip(segments, keypoints, strict=True)
            if points is not None
        }
        if not places:
            return [None] * len(segments)
        detector = detectors.create(self.detector)
        try:
            read, crops = zip(*_crops(source, places, detector, self.engine.weights.input_spec), strict=True)
        finally:
            detector.close()
        return in_order_of(segments, read, self.engine.predict_samples(crops))


def _box(timeline: Timeline, segment: Segment) -> np.ndarray:
    faces = timeline.faces
    own = faces[(faces["track_id"] == segment.track_id) & (faces["frame_index"] == segment.apex)]
    return own[["x1", "y1", "x2", "y2"]].to_numpy(np.float32)[0]


def _crops(
    source: FrameSource, places: dict[Segment, tuple[np.ndarray, np.ndarray]], detector: FaceDetector, spec: InputSpec
) -> Iterator[tuple[Segment, np.ndarray]]:
    """Segments with their samples uint8 (C, S, S), in order of time; only apex frames are converted."""
    last = max(segment.apex for segment in places)
    for picture in source.pictures():
        own = [segment for segment in places if segment.apex == picture.index]
        if own:
            pixels = picture.load()
            found = detector.detect(pixels)
            points = keypoints_of(found.boxes, found.keypoints)
            for segment in own:
                box, keypoints = places[segment]
                if len(found):
                    overlap = intersection_over_union(box[None], found.boxes)[0]
                    if overlap.max() >= SAME_FACE:
                        box, keypoints = found.boxes[overlap.argmax()], points[overlap.argmax()]
                yield segment, as_sample(cut_face(pixels, box, keypoints, spec))
        if picture.index >= last:
            return


def as_sample(crop: np.ndarray) -> np.ndarray:
    """A crop uint8 (S, S) or (S, S, 3) as a training sample (C, S, S)."""
    return crop[None] if crop.ndim == 2 else np.ascontiguousarray(crop.transpose(2, 0, 1))


def with_apex_emotions(
    segments: Sequence[Segment], predictions: Sequence[np.ndarray | None], classes: Sequence[str]
) -> tuple[Segment, ...]:
    """Segments with `apex_emotion` and `apex_confidence`."""
    return tuple(
        segment
        if row is None
        else replace(segment, apex_emotion=classes[int(row.argmax())], apex_confidence=round(float(row.max()), 6))
        for segment, row in zip(segments, predictions, strict=True)
    )
