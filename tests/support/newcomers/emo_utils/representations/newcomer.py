"""A representation in one file: the face in the first frame."""

from dataclasses import dataclass
from typing import ClassVar

import cv2

from emo_utils.errors import SampleError
from emo_utils.faces.detector import DEFAULT
from emo_utils.representations.face_sequence import FaceCutter, clip_pictures, input_spec_for
from emo_utils.representations.representation import Written, representations


@representations.register("newcomer")
@dataclass(frozen=True)
class FirstFrame:
    """The face in the first frame of a clip."""

    name: ClassVar[str] = "newcomer"
    version: ClassVar[int] = 1

    size: int = 48
    detector: str = DEFAULT

    @property
    def input_spec(self):
        return input_spec_for(self.detector, representation=self.name, size=self.size)

    def write(self, clip, detector, folder):
        face = FaceCutter(detector, self.input_spec).cut(next(clip_pictures(clip)))
        if face is None:
            raise SampleError(f"{clip.path}: no face was found in the first frame")
        (folder / "first.png").write_bytes(cv2.imencode(".png", face.crop)[1].tobytes())
        return Written(("first.png",), 1, 1.0)
