"""The main face of a clip over time. Pixels are decoded, and faces detected, only for frames that are used."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from emo_utils.faces.boxes import intersection_over_union
from emo_utils.faces.crops import cut_face, keypoints_of
from emo_utils.faces.detector import FaceDetector
from emo_utils.faces.tracker import FAINT, SURE
from emo_utils.images import read_image
from emo_utils.structures import Clip, FaceSequence, InputSpec
from emo_utils.suffixes import IMAGE_SUFFIXES
from emo_utils.video import Picture, read_pictures

WHOLE_PICTURE = "none"
"""Used as the detector's name where pictures are face crops already, as in CK+48: the whole picture is the crop."""

BOX_MARGINS = {"mediapipe_mesh": 0.10, WHOLE_PICTURE: 0.0}
"""Margins of detectors whose box is cut out unaligned (S3.2: 10 % around the mesh). All others: aligned crops."""


def input_spec_for(detector: str, **options) -> InputSpec:
    """The crop that belongs to a detector: its box with a margin, or the aligned crop with its default margin."""
    box = {"margin": BOX_MARGINS[detector], "alignment": "box"} if detector in BOX_MARGINS else {}
    return InputSpec(**box, **options)


def image_sequence(clip: Clip) -> tuple[Path, ...]:
    """The pictures of a clip that is an image sequence or a single image, in time order; empty for a video."""
    return clip.frames or ((clip.path,) if clip.path.suffix.lower() in IMAGE_SUFFIXES else ())


def clip_pictures(clip: Clip, threads: int = 1) -> Iterator[Picture]:
    """The frames of a video, or the pictures of an image sequence, in time order.

    Pictures of an image sequence are numbered from 0 and have no time (NaN).

    Args:
        clip: what to read.
        threads: number of decoder threads; clips are prepared in parallel, so one is enough.

    Raises:
        VideoError: the clip cannot be read; for image sequences when the picture is loaded.
    """
    paths = image_sequence(clip)
    if not paths:
        yield from read_pictures(clip.path, threads=threads, strict=True)
    for index, path in enumerate(paths):
        yield Picture(index, float("nan"), partial(read_image, path))


@dataclass(frozen=True)
class FacePlace:
    """Where the main face of a frame is: `box` float32 (4,) x1 y1 x2 y2 and `keypoints` float32 (K, 2), in pixels."""

    box: np.ndarray
    keypoints: np.ndarray

    def cut(self, pixels: np.ndarray, spec: InputSpec) -> np.ndarray:
        """The crop of this face, uint8 (S, S) or (S, S, 3), out of its frame (H, W, 3)."""
        return cut_face(pixels, self.box, self.keypoints, spec)


@dataclass
class MainFace:
    """Finds the main face of a labelled clip. Create one per clip.

    It is the face with the largest overlap with the last detection. Where none overlaps, it is the largest face of high
    confidence.
    """

    detector: FaceDetector | None
    _last: np.ndarray | None = field(default=None, repr=False)

    def find(self, pixels: np.ndarray) -> FacePlace | None:
        """The main face of one frame uint8 (H, W, 3), or None."""
        if self.detector is None:
            height, width = pixels.shape[:2]
            box = np.array([[0, 0, width, height]], np.float32)
            return FacePlace(box[0], keypoints_of(box, None)[0])
        found = self.detector.detect(pixels)
        row = self._choose(found.boxes, found.confidence)
        if row is None:
            return None
        self._last = found.boxes[row]
        return FacePlace(found.boxes[row], keypoints_of(found.boxes, found.keypoints)[row])

    def _choose(self, boxes: np.ndarray, confidence: np.ndarray) -> int | None:
        if self._last is not None and len(boxes):
            overlap = intersection_over_union(self._last[None], boxes)[0] * (confidence >= FAINT)
            if overlap.max() > 0:
                return int(overlap.argmax())
        area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) * (confidence >= SURE)
        return int(area.argmax()) if len(area) and area.max() > 0 else None


@dataclass(frozen=True)
class CutFace:
    """A crop, uint8 (S, S) or (S, S, 3), and the frame it is from."""

    crop: np.ndarray = field(repr=False)
    frame_index: int
    time_s: float


class Cutter(Protocol):
    """Gives the face of each frame: cut out of the pixels in training, of a tracked face when a clip is read."""

    def cut(self, picture: Picture) -> CutFace | None:
        """The face in this frame, or None where it shows none."""
        ...


@dataclass
class FaceCutter:
    """Finds the main face of a frame and cuts it out. Create one per clip."""

    detector: FaceDetector | None
    spec: InputSpec

    def __post_init__(self):
        self._face = MainFace(self.detector)

    def cut(self, picture: Picture) -> CutFace | None:
        """The main face of this frame, or None where it shows none."""
        pixels = picture.load()
        place = self._face.find(pixels)
        if place is None:
            return None
        return CutFace(place.cut(pixels, self.spec), picture.index, picture.time_s)


def carry_over(faces: Sequence[CutFace | None]) -> list[CutFace]:
    """Fill gaps with the last face, and a gap at the start with the first face; empty if there is no face at all."""
    last = next((face for face in faces if face is not None), None)
    filled = []
    for face in faces if last is not None else ():
        last = face if face is not None else last
        filled.append(last)
    return filled


def face_sequence(pictures: Iterable[Picture], cutter: FaceCutter, carry: bool = False) -> FaceSequence:
    """The main face in each of these frames; see `FaceSequence`.

    Args:
        pictures: frames in time order.
        cutter: a new one, not used for another clip.
        carry: fill frames without a face with the last face; else they are left out. Without any face T is 0.
    """
    faces = [cutter.cut(picture) for picture in pictures]
    return to_sequence(carry_over(faces) if carry else [face for face in faces if face is not None], cutter.spec)


def to_sequence(faces: Sequence[CutFace], spec: InputSpec) -> FaceSequence:
    """Crops in one array, T may be 0."""
    shape = (spec.size, spec.size) if spec.colour == "gray" else (spec.size, spec.size, 3)
    crops = np.stack([face.crop for face in faces]) if faces else np.empty((0, *shape), np.uint8)
    index = np.array([face.frame_index for face in faces], np.int64)
    return FaceSequence(crops, index, np.array([face.time_s for face in faces], float))
