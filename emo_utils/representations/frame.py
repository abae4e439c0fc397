"""Single face crops: a picture as it is or with its face cut out, or every n-th frame of a video; a PNG each.

For networks that read one frame at a time. The crops of pictures are those of `faces.pictures`, as for the corpora of
still faces; the crops of videos are cut as for every other representation. A clip's prediction is the mean over its
samples.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np

from emo_utils.errors import EmoError, SampleError
from emo_utils.faces.detector import DEFAULT, FaceDetector
from emo_utils.faces.pictures import FACES, framings, whole_picture
from emo_utils.representations.face_sequence import (
    BOX_MARGINS,
    WHOLE_PICTURE,
    FaceCutter,
    clip_pictures,
    image_sequence,
)
from emo_utils.representations.representation import Written, representations
from emo_utils.structures import Clip, InputSpec
from emo_utils.video import Picture


@representations.register("frame")
@dataclass(frozen=True)
class FrameSpec:
    """Which frames are taken, and how they are cropped.

    Attributes:
        every: take every n-th frame of a video, the first one included; every picture of an image sequence is taken.
        faces: one of `faces.pictures.FACES`; `both` gives two samples of a picture, and is for pictures alone. None is
            `asis` without a detector, else `detect`.
        size: side of a face in pixels.
        colour: `gray` or `rgb`.
        detector: see `Representation`; `none` for `asis`.
    """

    name: ClassVar[str] = "frame"
    version: ClassVar[int] = 1

    every: int = 10
    faces: str | None = None
    size: int = 48
    colour: str = "gray"
    detector: str = DEFAULT

    def __post_init__(self):
        if self.faces is None:
            object.__setattr__(self, "faces", "asis" if self.detector == WHOLE_PICTURE else "detect")
        if self.faces == "asis":
            object.__setattr__(self, "detector", WHOLE_PICTURE)
        if self.every < 1:
            raise EmoError(f"frame: expected every of 1 or more, found {self.every}")
        if self.faces not in FACES:
            raise EmoError(f"frame: expected faces to be {', '.join(FACES)}; found {self.faces!r}")
        if self.faces != "asis" and self.detector in BOX_MARGINS:
            raise EmoError(
                f"frame: faces={self.faces!r} needs a detector whose faces are aligned by the eyes, found "
                f"{self.detector!r}; give --detector {DEFAULT}, or --faces asis for pictures that are faces already"
            )

    @property
    def input_spec(self) -> InputSpec:
        """See `Representation`; the same contract as for the corpora of still faces."""
        channels = 3 if self.colour == "rgb" else 1
        return InputSpec(representation=self.name, size=self.size, colour=self.colour, channels=channels)

    def write(self, clip: Clip, detector: FaceDetector | None, folder: Path) -> Written:
        """See `Representation`; files are `frame_000000.png` ..., with `both` `frame_000000_0.png`, `..._1.png`."""
        is_video = not image_sequence(clip)
        if is_video and self.faces == "both":
            raise EmoError(
                f"{clip.path}: expected pictures, found a video; --faces both reads pictures twice. Give --faces detect"
            )
        cutter, files, frames, taken, found = FaceCutter(detector, self.input_spec), [], 0, 0, 0
        for picture in clip_pictures(clip):
            frames += 1
            if is_video and picture.index % self.every:
                continue
            taken += 1
            crops = self._video_crops(picture, cutter) if is_video else self._crops(picture, detector)
            found += bool(crops)
            files += [_save(folder, picture.index, crop, row, len(crops)) for row, crop in enumerate(crops)]
        if not files:
            raise SampleError(
                f"{clip.path}: no face was found in {taken} of its frames; where pictures are faces already, give "
                "--faces asis"
            )
        return Written(tuple(files), frames, found / taken)

    def _crops(self, picture: Picture, detector: FaceDetector | None) -> list[np.ndarray]:
        return framings(picture.load(), self.input_spec, self.faces, detector)

    def _video_crops(self, picture: Picture, cutter: FaceCutter) -> list[np.ndarray]:
        if cutter.detector is None:
            return [whole_picture(picture.load(), self.input_spec)]
        face = cutter.cut(picture)
        return [] if face is None else [face.crop]


def _save(folder: Path, index: int, crop: np.ndarray, row: int, rows: int) -> str:
    name = f"frame_{index:06}_{row}.png" if rows > 1 else f"frame_{index:06}.png"
    pixels = crop if crop.ndim == 2 else cv2.cvtColor(crop, cv2.COLOR_RGB2BGR)
    (folder / name).write_bytes(cv2.imencode(".png", pixels)[1].tobytes())
    return name
