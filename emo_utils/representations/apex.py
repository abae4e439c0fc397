"""The crop of a clip's apex frame, one PNG per clip.

Source: S0.6 and S0.9, where a still-image network classifies the apex frame. By default, the apex is that of the
strongest segment found by `motion.segments`, from facial motion and the strength of expression given by a scorer. If
the face does not move, or with the rule `strongest`, it is the frame with the highest score after a short moving
average. The scorer is passed as an argument, since networks are on a higher floor. An image sequence runs from onset to
apex (CK+), so its last picture is the apex.
"""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import ClassVar, Protocol

import cv2
import numpy as np

from emo_utils.errors import EmoError, SampleError
from emo_utils.faces.detector import DEFAULT, FaceDetector
from emo_utils.motion.follow import FaceMotion, MotionFollower
from emo_utils.motion.segments import strongest_apex
from emo_utils.representations.face_sequence import (
    CutFace,
    FaceCutter,
    FacePlace,
    MainFace,
    clip_pictures,
    image_sequence,
    input_spec_for,
)
from emo_utils.representations.representation import Written, representations
from emo_utils.structures import Clip, InputSpec

BATCH_CROPS = 16

RULES = ("motion", "strongest")
"""Rules for the apex of a video; `motion` falls back to `strongest`."""


class Scorer(Protocol):
    """Scores the strength of an expression. It is sent to worker processes, so it must be picklable."""

    input_spec: InputSpec
    """Crop that it needs."""

    def describe(self) -> dict:
        """Its identity as plain values: part of the spec and of the spec's hash."""
        ...

    def __call__(self, crops: np.ndarray) -> np.ndarray:
        """Strength of the expression, float (N,), of uint8 crops (N, S, S) or (N, S, S, 3)."""
        ...


@representations.register("apex")
@dataclass(frozen=True)
class ApexSpec:
    """How the apex crop is found and cut.

    Attributes:
        scorer: scores the strength of the expression in the frames of a video; not needed for image sequences.
        by: `motion`: the apex of the strongest segment; `strongest`: the frame of the highest score.
        every: score every n-th frame.
        average: width of the centred moving average of the scores; odd.
        size: side of the crop in pixels.
        colour: `rgb` or `gray`.
        detector: see `Representation`.
    """

    name: ClassVar[str] = "apex"
    version: ClassVar[int] = 3

    scorer: Scorer | None = None
    by: str = RULES[0]
    every: int = 2
    average: int = 5
    size: int = 224
    colour: str = "rgb"
    detector: str = DEFAULT

    def __post_init__(self):
        if self.by not in RULES:
            raise EmoError(f"apex: by: expected one of {', '.join(RULES)}, found {self.by!r}")
        if self.every < 1 or self.average < 1 or self.average % 2 == 0:
            raise EmoError(
                f"apex: expected every of 1 or more and an odd average, found {self.every} and {self.average}"
            )

    @property
    def input_spec(self) -> InputSpec:
        """See `Representation`."""
        channels = 3 if self.colour == "rgb" else 1
        options = {"size": self.size, "colour": self.colour, "channels": channels}
        return input_spec_for(self.detector, representation=self.name, **options)

    def write(self, clip: Clip, detector: FaceDetector | None, folder: Path) -> Written:
        """See `Representation`; the file is `apex_frame_000042.png`, named after its frame."""
        face, frames, coverage = find_apex(clip, detector, self)
        name = f"apex_frame_{face.frame_index:06d}.png"
        crop = face.crop if self.colour == "gray" else cv2.cvtColor(face.crop, cv2.COLOR_RGB2BGR)
        (folder / name).write_bytes(cv2.imencode(".png", crop)[1].tobytes())
        return Written((name,), frames, coverage)


def find_apex(clip: Clip, detector: FaceDetector | None, spec: ApexSpec) -> tuple[CutFace, int, float]:
    """The crop of the apex frame, the number of frames read, and the share of analysed frames with a face.

    Raises:
        VideoError: the clip cannot be read.
        SampleError: no face was found.
        EmoError: the clip is a video and the spec has no scorer.
    """
    if image_sequence(clip):
        pictures = list(clip_pictures(clip))
        face = FaceCutter(detector, spec.input_spec).cut(pictures[-1])
        if face is None:
            raise SampleError(f"{clip.path}: no face was found in the last picture of the sequence")
        return face, len(pictures), 1.0
    if spec.scorer is None:
        raise EmoError("apex: expected a scorer of the strength of expression, which a video needs; none was given")
    faces, scores, frames, analysed = _score(clip, detector, spec)
    if not faces:
        raise SampleError(f"{clip.path}: no face was found in the analysed frames ({analysed} of {frames})")
    face = faces[_choose(faces, scores, spec)]
    picture = next(islice(clip_pictures(clip), face.frame_index, None))
    cut = CutFace(face.place.cut(picture.load(), spec.input_spec), face.frame_index, picture.time_s)
    return cut, frames, len(faces) / analysed


@dataclass(frozen=True)
class _FrameFace:
    """The main face of one frame; `motion` is None if the rule does not use it."""

    frame_index: int
    time_s: float
    place: FacePlace
    motion: FaceMotion | None


def _choose(faces: list[_FrameFace], scores: np.ndarray, spec: ApexSpec) -> int:
    if spec.by == "motion":
        index, times_s = np.array([face.frame_index for face in faces]), np.array([face.time_s for face in faces])
        apex = strongest_apex(index, times_s, [face.motion for face in faces], scores)
        if apex is not None:
            return apex
    return int(moving_average(scores, spec.average).argmax())


def _score(clip: Clip, detector: FaceDetector | None, spec: ApexSpec):
    """Faces and scores of every n-th frame that shows a face; numbers of frames read and analysed."""
    face, follower = MainFace(detector), MotionFollower() if spec.by == "motion" else None
    faces: list[_FrameFace] = []
    scores, crops = [], []
    frames = analysed = 0

    def score_batch() -> None:
        if crops:
            scores.extend(spec.scorer(np.stack(crops)))
            crops.clear()

    for picture in clip_pictures(clip):
        frames += 1
        if picture.index % spec.every:
            continue
        pixels, analysed = picture.load(), analysed + 1
        if (place := face.find(pixels)) is not None:
            motion = follower.update(0, pixels, place.keypoints, picture.time_s) if follower else None
            faces.append(_FrameFace(picture.index, picture.time_s, place, motion))
            crops.append(place.cut(pixels, spec.scorer.input_spec))
        if len(crops) == BATCH_CROPS:
            score_batch()
    score_batch()
    return faces, np.array(scores, float), frames, analysed


def moving_average(values: np.ndarray, width: int) -> np.ndarray:
    """Centred mean over `width` values, an odd number; at the ends over the available values."""
    kernel, inside = np.ones(width), slice(width // 2, width // 2 + len(values))
    return np.convolve(values, kernel)[inside] / np.convolve(np.ones(len(values)), kernel)[inside]
