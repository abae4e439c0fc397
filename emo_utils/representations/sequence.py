"""Sequences of face crops, one per frame, for networks over time; one .npz per clip; batches with a mask.

Source: S4.1 takes the first 60 frames at 64x64; S1.1 takes sequences of any length, padded, with a mask.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import ClassVar

import numpy as np

from emo_utils.errors import EmoError, SampleError
from emo_utils.faces.detector import DEFAULT, FaceDetector
from emo_utils.representations.face_sequence import (
    CutFace,
    Cutter,
    FaceCutter,
    carry_over,
    clip_pictures,
    input_spec_for,
    to_sequence,
)
from emo_utils.representations.representation import UNSAID_WHERE_NONE, Span, Written, representations
from emo_utils.structures import Clip, FaceSequence, InputSpec
from emo_utils.video import Picture

FASTEST = 240
"""Most frames a second that `fps` may ask for."""

EARLY_S = 1e-3
"""A frame may be this much before its time: time stamps are rounded."""


@representations.register("sequence")
@dataclass(frozen=True)
class SequenceSpec:
    """The frames and crops of a sequence.

    Attributes:
        frames: largest number of frames, from the start; None takes the whole clip. A shorter clip gives a shorter
            sequence, which `pad_sequences` pads.
        every: take every n-th frame.
        fps: take this many frames a second, by their times, instead of every n-th; where the clip has fewer, all of
            them. None takes every n-th, and is no part of the description (samples of older versions stay valid).
        carry: repeat the last face in frames without one; else these frames are left out.
        size: side of a face in pixels.
        colour: `rgb` or `gray`.
        detector: see `Representation`.
    """

    name: ClassVar[str] = "sequence"
    version: ClassVar[int] = 1

    frames: int | None = 60
    every: int = 1
    carry: bool = True
    size: int = 64
    colour: str = "rgb"
    detector: str = DEFAULT
    fps: float | None = field(default=None, metadata={UNSAID_WHERE_NONE: True})

    def __post_init__(self):
        if self.every < 1 or (self.frames is not None and self.frames < 1):
            raise EmoError(f"sequence: expected frames and every of 1 or more, found {self.frames} and {self.every}")
        if self.fps is not None and not (0 < self.fps <= FASTEST and self.every == 1):
            raise EmoError(
                f"sequence: expected fps of up to {FASTEST} without every, found fps {self.fps} and every {self.every}"
            )

    @property
    def input_spec(self) -> InputSpec:
        """See `Representation`."""
        channels = 3 if self.colour == "rgb" else 1
        options = {"size": self.size, "colour": self.colour, "interval": self.every, "channels": channels}
        return input_spec_for(self.detector, representation=self.name, **options)

    @property
    def span(self) -> Span:
        """See `Windowed`; with `frames` None the length is that of the longest training sample."""
        return Span(self.frames and (self.frames - 1) * self.every + 1, self.every, 1)

    def sample(self, pictures: Iterable[Picture], cutter: Cutter) -> np.ndarray | None:
        """See `Windowed`: uint8 (T, C, S, S)."""
        faces = kept_faces(cut_every(pictures, cutter, self.every), self.carry)
        return item_of(to_sequence(faces, self.input_spec)) if faces else None

    def write(self, clip: Clip, detector: FaceDetector | None, folder: Path) -> Written:
        """See `Representation`; the file is `sequence.npz`. Frames after the last one needed are not read."""
        sequence, coverage, frames = make_sequence(clip, detector, self)
        save_sequence(folder / "sequence.npz", sequence)
        return Written(("sequence.npz",), frames, coverage)


def make_sequence(clip: Clip, detector: FaceDetector | None, spec: SequenceSpec) -> tuple[FaceSequence, float, int]:
    """The sequence of a clip, the share of its frames in which a face was found, and the number of frames read.

    Raises:
        VideoError: the clip cannot be read.
        SampleError: no face was found, or `fps` is asked of pictures without times.
    """
    pictures, limit = _Counted(clip_pictures(clip)), spec.frames if spec.fps else spec.span.frames
    faces = cut_every(islice(paced(pictures, spec.fps), 0, limit), FaceCutter(detector, spec.input_spec), spec.every)
    found = sum(face is not None for face in faces)
    if not found:
        raise SampleError(f"{clip.path}: no face was found in {len(faces)} frames")
    return to_sequence(kept_faces(faces, spec.carry), spec.input_spec), found / len(faces), pictures.count


@dataclass
class _Counted:
    """Pictures, and how many of them were taken."""

    pictures: Iterable[Picture]
    count: int = 0

    def __iter__(self) -> Iterator[Picture]:
        for picture in self.pictures:
            self.count += 1
            yield picture


def cut_every(pictures: Iterable[Picture], cutter: Cutter, every: int) -> list[CutFace | None]:
    """The face, or None, of each picture whose index is a multiple of `every`."""
    return [cutter.cut(picture) for picture in pictures if picture.index % every == 0]


def kept_faces(faces: Sequence[CutFace | None], carry: bool) -> list[CutFace]:
    """The faces of a sequence: gaps are filled (`carry_over`) or left out; empty if there is no face."""
    return carry_over(faces) if carry else [face for face in faces if face is not None]


def item_of(sequence: FaceSequence) -> np.ndarray:
    """A sequence as the input of a network: uint8 (T, C, S, S), C 1 for gray and 3 for RGB."""
    crops = sequence.crops
    return crops[:, None] if crops.ndim == 3 else np.ascontiguousarray(crops.transpose(0, 3, 1, 2))


class Pace:
    """Chooses frames at a rate by their times: the first frame at or after each multiple of the interval.

    Args:
        fps: frames to take a second; None takes all.
    """

    def __init__(self, fps: float | None):
        self.fps, self._next = fps, -math.inf

    def takes(self, time_s: float) -> bool:
        """Whether the next frame, at this time, is taken.

        Raises:
            SampleError: a rate is asked, and the frame has no time.
        """
        if self.fps is None:
            return True
        if math.isnan(time_s):
            raise SampleError("sequence: a rate of frames needs their times, and pictures have none; leave fps out")
        step = math.floor((time_s + EARLY_S) * self.fps)
        taken = step >= self._next
        self._next = step + 1 if taken else self._next
        return taken


def paced(pictures: Iterable[Picture], fps: float | None) -> Iterable[Picture]:
    """The pictures that `Pace` takes at a rate, in order; all of them where it is None."""
    pace = Pace(fps)
    return (picture for picture in pictures if pace.takes(picture.time_s))


def save_sequence(path: Path | str, sequence: FaceSequence) -> None:
    """Write an .npz with `crops`, `frame_index` and `time_s`; equal sequences give equal bytes."""
    np.savez_compressed(path, crops=sequence.crops, frame_index=sequence.frame_index, time_s=sequence.time_s)


def load_sequence(path: Path | str) -> FaceSequence:
    """Read an .npz of `save_sequence`.

    Raises:
        SampleError: it is missing, damaged, or was not written by `save_sequence`.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return FaceSequence(file["crops"], file["frame_index"], file["time_s"])
    except Exception as error:  # numpy and zipfile raise many kinds
        raise SampleError(
            f"{path}: expected a face sequence as `emo prepare` writes it, found {type(error).__name__}: {error}; "
            "prepare the clip again"
        ) from error


def pad_sequences(crops: Sequence[np.ndarray], length: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Stack sequences of different lengths, zeros after the end of each.

    Args:
        crops: N arrays (T_n, ...) of one type and one shape of a frame, such as uint8 (T_n, S, S) or (T_n, S, S, 3).
        length: T of the batch; None takes the longest. Longer sequences are cut.

    Returns:
        An array (N, T, ...) of that type and the mask bool (N, T), True where a frame is real.

    Raises:
        ValueError: no sequence, or faces of different shapes.
    """
    shapes = {array.shape[1:] for array in crops}
    if len(shapes) != 1:
        raise ValueError(f"pad_sequences: expected sequences of one face shape, found {sorted(shapes)}")
    length = length or max(len(array) for array in crops)
    lengths = np.minimum([len(array) for array in crops], length)
    batch = np.zeros((len(crops), length, *shapes.pop()), crops[0].dtype)
    for row, array, count in zip(batch, crops, lengths, strict=True):
        row[:count] = array[:count]
    return batch, np.arange(length) < lengths[:, None]
