"""The 52 blendshapes of MediaPipe: how far the face makes each of 51 shapes, and one for the neutral face.

Source: see `faces.landmarks`. Blendshapes are the controls of an animated face. They are not action units of the Facial
Action Coding System (FACS): no coder has defined or checked their intensity. `ACTION_UNITS` lists what corresponds.
"""

import numpy as np

from emo_utils.faces.landmarks import BLENDSHAPES
from emo_utils.measures.landmarks import check_landmarker, landmarks_of
from emo_utils.measures.measure import Column, FaceView, Measure, measures

PREFIX = "bs_"


def column_of(blendshape: str) -> str:
    """The column of a blendshape: `bs_jawOpen` of `jawOpen`."""
    return PREFIX + blendshape.removeprefix("_")


COLUMNS = {
    column_of(name): Column(f"blendshape {name} of MediaPipe; left and right are the person's own", "none", 0, 1)
    for name in BLENDSHAPES
}

ACTION_UNITS = {
    "AU1 inner brow raiser": ("browInnerUp",),
    "AU2 outer brow raiser": ("browOuterUpLeft", "browOuterUpRight"),
    "AU4 brow lowerer": ("browDownLeft", "browDownRight"),
    "AU5 upper lid raiser": ("eyeWideLeft", "eyeWideRight"),
    "AU6 cheek raiser": ("cheekSquintLeft", "cheekSquintRight"),
    "AU7 lid tightener": ("eyeSquintLeft", "eyeSquintRight"),
    "AU9 nose wrinkler": ("noseSneerLeft", "noseSneerRight"),
    "AU10 upper lip raiser": ("mouthUpperUpLeft", "mouthUpperUpRight"),
    "AU12 lip corner puller": ("mouthSmileLeft", "mouthSmileRight"),
    "AU14 dimpler": ("mouthDimpleLeft", "mouthDimpleRight"),
    "AU15 lip corner depressor": ("mouthFrownLeft", "mouthFrownRight"),
    "AU16 lower lip depressor": ("mouthLowerDownLeft", "mouthLowerDownRight"),
    "AU17 chin raiser": ("mouthShrugLower",),
    "AU18 lip pucker": ("mouthPucker",),
    "AU20 lip stretcher": ("mouthStretchLeft", "mouthStretchRight"),
    "AU22 lip funneler": ("mouthFunnel",),
    "AU24 lip pressor": ("mouthPressLeft", "mouthPressRight"),
    "AU26 and AU27 jaw drop, mouth stretch": ("jawOpen",),
    "AU28 lip suck": ("mouthRollLower", "mouthRollUpper"),
    "AU29 jaw thrust": ("jawForward",),
    "AU30 jaw sideways": ("jawLeft", "jawRight"),
    "AU34 cheek puff": ("cheekPuff",),
    "AU45 blink": ("eyeBlinkLeft", "eyeBlinkRight"),
    "AU61 eyes turn left": ("eyeLookOutLeft", "eyeLookInRight"),
    "AU62 eyes turn right": ("eyeLookInLeft", "eyeLookOutRight"),
    "AU63 eyes up": ("eyeLookUpLeft", "eyeLookUpRight"),
    "AU64 eyes down": ("eyeLookDownLeft", "eyeLookDownRight"),
}
"""Action units of FACS (P. Ekman, W. V. Friesen, J. C. Hager, 2002) and the blendshapes that show a similar movement,
by
their descriptions. It was not measured how well they agree. `mouthClose`, `mouthLeft`, `mouthRight`, `mouthShrugUpper`
and `_neutral` have none."""


@measures.register("blendshapes")
def make_blendshapes() -> Measure:
    """52 columns, `bs_neutral` to `bs_noseSneerRight`."""
    return Measure("blendshapes", COLUMNS, of_face=blendshapes, load=check_landmarker)


def blendshapes(face: FaceView) -> tuple[float, ...]:
    """The blendshapes of one face; NaN where no landmarks are found."""
    found = landmarks_of(face)
    return (np.nan,) * len(BLENDSHAPES) if found is None else tuple(found.blendshapes.tolist())
