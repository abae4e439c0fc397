"""The data types of the package: frozen, validated containers with shapes and units.

Coordinates are pixels of the upright frame, x to the right, y down. Times are seconds, from the presentation time stamp
of the first frame of the clip. A frame without a face gives an empty container, never None.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np

MOST_PIXELS = 12_288 * 6_912
"""Largest picture that is read, in pixels: the largest format of cameras (12K). A damaged header may declare more."""

LONGEST_SIDE_PX = 32_766
"""Longest side of a picture: OpenCV keeps places in 16 bits, and its copy inside MediaPipe ends the process beyond."""

LEFT_EYE, RIGHT_EYE, NOSE, MOUTH = 0, 1, 2, 3
"""Rows of a keypoint array; left and right as seen in the picture. Detectors may add rows after these four."""


def _check_shape(name: str, array: np.ndarray, expected: Sequence[int | None]) -> None:
    found = np.shape(array)
    if len(found) != len(expected) or any(e is not None and e != f for e, f in zip(expected, found, strict=True)):
        wanted = "(" + ", ".join("any" if e is None else str(e) for e in expected) + ")"
        raise ValueError(f"{name}: expected shape {wanted}, found {found}")


@dataclass(frozen=True)
class Clip:
    """One labelled item of a corpus: a video file, an image, or an image sequence.

    Attributes:
        clip_id: unique in its corpus, and fit to be a file name.
        path: the file; of an image sequence, its first picture.
        corpus: name of the corpus it comes from.
        subject_id: the person who is seen; if the corpus does not name persons, an id that no other clip has.
        emotion: one of `labels.ALL_EMOTIONS`.
        intensity: in the corpus's own words; None if it gives none.
        frames: the pictures of an image sequence in time order; empty for a single file.
    """

    clip_id: str
    path: Path
    corpus: str
    subject_id: str
    emotion: str
    intensity: str | None = None
    frames: tuple[Path, ...] = ()

    def __post_init__(self) -> None:
        if not self.subject_id:
            raise ValueError(f"clip {self.clip_id!r} has no subject_id: without it no split by person can be made")
        if self.frames and self.frames[0] != self.path:
            raise ValueError(f"clip {self.clip_id!r}: path must be the first of its frames, found {self.path}")


@dataclass(frozen=True)
class Frame:
    """One decoded frame: `pixels` uint8 (H, W, 3) RGB with the rotation applied, its index and its time stamp."""

    pixels: np.ndarray = field(repr=False)
    index: int
    time_s: float

    def __post_init__(self) -> None:
        _check_shape("Frame.pixels", self.pixels, (None, None, 3))
        if self.pixels.dtype != np.uint8:
            raise ValueError(f"Frame.pixels: expected uint8, found {self.pixels.dtype}")

    @cached_property
    def gray(self) -> np.ndarray:
        """The gray values, uint8 (H, W), computed once for all who need them."""
        return cv2.cvtColor(self.pixels, cv2.COLOR_RGB2GRAY)


@dataclass(frozen=True)
class Detections:
    """The faces of one frame; N may be 0.

    Attributes:
        boxes: float32 (N, 4), x1 y1 x2 y2 in pixels; may reach over the frame's edge.
        confidence: float32 (N,), 0 to 1.
        keypoints: float32 (N, K, 2) in pixels, K >= 4, rows LEFT_EYE, RIGHT_EYE, NOSE, MOUTH first; or None.
    """

    boxes: np.ndarray
    confidence: np.ndarray
    keypoints: np.ndarray | None = None

    def __post_init__(self) -> None:
        _check_shape("Detections.boxes", self.boxes, (None, 4))
        _check_shape("Detections.confidence", self.confidence, (len(self.boxes),))
        if self.keypoints is not None:
            _check_shape("Detections.keypoints", self.keypoints, (len(self.boxes), None, 2))

    def __len__(self) -> int:
        return len(self.boxes)

    @classmethod
    def empty(cls) -> "Detections":
        """No face in this frame."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))


@dataclass(frozen=True)
class FaceSequence:
    """One face over time, cut out.

    Attributes:
        crops: uint8 (T, S, S) gray or (T, S, S, 3) RGB, in time order.
        frame_index: int64 (T,), the frame each crop was taken from; never decreases. A repeated index is a face carried
            over a gap.
        time_s: float64 (T,), that frame's time; NaN for pictures without a time.
    """

    crops: np.ndarray = field(repr=False)
    frame_index: np.ndarray
    time_s: np.ndarray

    def __post_init__(self) -> None:
        colour = () if self.crops.ndim == 3 else (3,)
        _check_shape("FaceSequence.crops", self.crops, (None, None, None, *colour))
        _check_shape("FaceSequence.frame_index", self.frame_index, (len(self.crops),))
        _check_shape("FaceSequence.time_s", self.time_s, (len(self.crops),))
        _check_channels("FaceSequence", self.crops, self.frame_index)

    def __len__(self) -> int:
        return len(self.crops)


@dataclass(frozen=True)
class ChannelStack:
    """A short window of a clip as one picture with many channels, one gray face per channel.

    Attributes:
        pixels: uint8 (C, S, S), in time order.
        frame_index: int64 (C,), the frame each face was taken from; never decreases. A repeated index is a face carried
            over a gap.
        clip_id: of the clip it was made from.
        fps: frames a second of that clip; None for pictures without a time.
    """

    pixels: np.ndarray = field(repr=False)
    frame_index: np.ndarray
    clip_id: str = ""
    fps: float | None = None

    def __post_init__(self) -> None:
        _check_shape("ChannelStack.pixels", self.pixels, (None, None, None))
        _check_shape("ChannelStack.frame_index", self.frame_index, (len(self.pixels),))
        _check_channels("ChannelStack", self.pixels, self.frame_index)

    def __len__(self) -> int:
        return len(self.pixels)


def _check_channels(name: str, pixels: np.ndarray, frame_index: np.ndarray) -> None:
    if pixels.dtype != np.uint8:
        raise ValueError(f"{name}: expected uint8 pixels, found {pixels.dtype}")
    if len(frame_index) > 1 and (np.diff(frame_index) < 0).any():
        raise ValueError(f"{name}.frame_index must not go back, found {np.asarray(frame_index).tolist()}")


@dataclass(frozen=True)
class Segment:
    """One expression of one person, from its first frame to its last.

    Attributes:
        person_id, track_id: of the face.
        onset, apex, offset: first frame of the expression, frame of its greatest strength, its last frame.
        onset_s, apex_s, offset_s: their times.
        strength: largest distance of the face from rest; 1 is a plain expression (`motion.curve`).
        emotion, confidence: predicted from the crop of the apex frame; empty and NaN before that.
        pooled_emotion, pooled_confidence: of the mean of the probabilities from onset to offset.
        cut_start: the expression is present already in the first frame of the face; the onset is not seen.
        cut_end: the expression is still present in the last frame of the face; the offset is not seen.
        sustained: the clip shows this one expression throughout; neither onset nor offset is seen.
        scale: `macro` or `micro`, by the rule that found it; empty for a segment marked by hand.
        region: the part of the face with the largest displacement from rest (`motion.regions.GROUPS`).
        moved: that displacement, in face sides.
        baseline_emotion, baseline_confidence: of the mean of the probabilities from onset to offset after the person's
            baseline is taken off; empty and NaN without one.
        apex_emotion, apex_confidence: of a network that was trained on apex frames, where one was given.
    """

    person_id: int
    track_id: int
    onset: int
    apex: int
    offset: int
    onset_s: float
    apex_s: float
    offset_s: float
    strength: float
    emotion: str = ""
    confidence: float = float("nan")
    pooled_emotion: str = ""
    pooled_confidence: float = float("nan")
    cut_start: bool = False
    cut_end: bool = False
    sustained: bool = False
    scale: str = ""
    region: str = ""
    moved: float = float("nan")
    baseline_emotion: str = ""
    baseline_confidence: float = float("nan")
    apex_emotion: str = ""
    apex_confidence: float = float("nan")

    def __post_init__(self) -> None:
        if not self.onset <= self.apex <= self.offset:
            found = f"{self.onset}, {self.apex}, {self.offset}"
            raise ValueError(f"Segment: expected onset <= apex <= offset, found {found}")

    @property
    def duration_s(self) -> float:
        """From onset to offset."""
        return self.offset_s - self.onset_s


@dataclass(frozen=True)
class InputSpec:
    """The input of a model; stored beside every weights file, so that training and inference use the same.

    Attributes:
        representation: `frame` (one face crop), or the name of another representation.
        size: side of the square crop in pixels.
        margin: crop side = (1 + 2 margin) x face side; `faces.crops` defines the face side.
        alignment: `eyes` (rotated so that the eyes are level), `none`, or `box` (the detector's box, enlarged by
            `margin` of its width and height on each side and stretched to the square, `faces.crops.crop_box`).
        colour: `gray` or `rgb`.
        mean, std: of pixels scaled to 0..1; the network normalises its input with them.
        interval, channels: for stacks: one face every `interval` frames, `channels` of them.
    """

    representation: str = "frame"
    size: int = 48
    margin: float = 0.16
    alignment: str = "eyes"
    colour: str = "gray"
    mean: float = 0.5
    std: float = 0.25
    interval: int | None = None
    channels: int = 1

    def __post_init__(self) -> None:
        if self.size < 8:
            raise ValueError(f"InputSpec.size: expected at least 8 pixels, found {self.size}")
        if self.alignment not in ("eyes", "none", "box"):
            raise ValueError(f"InputSpec.alignment: expected 'eyes', 'none' or 'box', found {self.alignment!r}")
        if self.colour not in ("gray", "rgb"):
            raise ValueError(f"InputSpec.colour: expected 'gray' or 'rgb', found {self.colour!r}")

    def to_dict(self) -> dict:
        """Plain values for a JSON sidecar; `InputSpec(**d)` reads them back."""
        return asdict(self)


@dataclass(frozen=True)
class FaceImages:
    """Labelled still faces held in memory.

    Attributes:
        names: N file names.
        pixels: uint8 (N, S, S) gray.
        votes: float32 (N, C), a distribution over `classes` per image.
        labels: int64 (N,), index into `classes`.
        classes: C emotion names.
        counts: float32 (N, C), how many people voted for each of `classes`, as published; None where a set has none.
    """

    names: tuple[str, ...]
    pixels: np.ndarray = field(repr=False)
    votes: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    classes: tuple[str, ...]
    counts: np.ndarray | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        count = len(self.names)
        _check_shape("FaceImages.pixels", self.pixels, (count, None, None))
        _check_shape("FaceImages.votes", self.votes, (count, len(self.classes)))
        _check_shape("FaceImages.labels", self.labels, (count,))
        if self.counts is not None:
            _check_shape("FaceImages.counts", self.counts, (count, len(self.classes)))

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        counts = np.bincount(self.labels, minlength=len(self.classes))
        inner = ", ".join(f"{name} {count}" for name, count in zip(self.classes, counts, strict=True))
        return f"FaceImages({len(self)} faces: {inner})"
