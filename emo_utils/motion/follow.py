"""Measure the motion of each face in a clip: optical flow against a reference face, without head motion.

Displacements are measured against one reference face and not summed from frame to frame, since sums of flows drift.
After a cut to another face, or a long absence, a new reference starts a new piece; pieces are not compared. Per face
and frame a few hundred bytes are kept, but no pixels.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

from emo_utils.faces.crops import crop_face
from emo_utils.motion.flow import DEFAULT, find_flow
from emo_utils.motion.head import as_transform, head_flow, head_motion
from emo_utils.motion.magnify import Magnifier, MagnifyOptions
from emo_utils.motion.regions import FACE_SIDE_PX, NAMES, SPEC, points, region_weights

BLUR_PX = 1.0
"""Blur of the aligned face, which removes sensor and coding noise before flow is measured."""

PATCH_PX = 16
"""Side of the small registered picture of the face that is kept beside the displacements."""

SAME_FACE = 0.85
"""Least correlation of an aligned face with the one before; below it there was a cut to another face. Within 13 real
clips it is never under 0.91. Over a cut its median is 0.06, and it is above 0.83 in one pair of 100."""

LONGEST_GAP_S = 0.5
"""A face that was absent for longer gets a new reference."""

RENEWED_S = 10.0
"""Age at which a reference is replaced by the current face, since light and pose change over a long clip."""

FORGOTTEN_S = 5.0


@dataclass(frozen=True)
class FaceMotion:
    """Displacements of the regions of one face in one frame, relative to its reference.

    Attributes:
        displacement: float32 (R, 2), of each of `regions.NAMES` in face sides, right and down, without head motion.
        patch: uint8 (16, 16), the aligned face registered to the reference and reduced.
        head: float32 (4,), the head motion that is left after alignment; see `head.head_motion`.
        piece: counts the references of a clip from 1; displacements of different pieces cannot be compared.
        keypoints: float32 (4, 2) in pixels of the frame.
    """

    displacement: np.ndarray = field(repr=False)
    patch: np.ndarray = field(repr=False)
    head: np.ndarray = field(repr=False)
    piece: int
    keypoints: np.ndarray = field(repr=False)


@dataclass
class _Reference:
    face: np.ndarray
    start_s: float
    piece: int
    base: np.ndarray
    last: np.ndarray
    last_s: float
    magnifier: Magnifier | None


class MotionFollower:
    """Measures the motion of the faces of one clip, frame by frame.

    Args:
        flow: a method of `flow.METHODS`.
        magnify: magnify the aligned face before its motion is measured (S0.4); None: measure it as it is.
    """

    def __init__(self, flow: str = DEFAULT, magnify: MagnifyOptions | None = None):
        self._flow, self._magnify = find_flow(flow), magnify
        self._references: dict[object, _Reference] = {}
        self._pieces = 0

    def update(self, track: object, pixels: np.ndarray, keypoints: np.ndarray, time_s: float) -> FaceMotion:
        """The motion of one face in the next frame.

        Args:
            track: id of the track; any key.
            pixels: the frame, uint8 (H, W, 3) RGB or its gray values (H, W).
            keypoints: float (K, 2) in its pixels.
            time_s: its time.
        """
        return self.update_aligned(track, crop_face(pixels, keypoints, SPEC), keypoints, time_s)

    def update_aligned(self, track: object, face: np.ndarray, keypoints: np.ndarray, time_s: float) -> FaceMotion:
        """As `update`, for an aligned face: uint8 (112, 112), cropped by `regions.SPEC`."""
        face = cv2.GaussianBlur(face, (0, 0), BLUR_PX)
        small = _small(face)
        known = self._references.get(track)
        if known is None or time_s - known.last_s > LONGEST_GAP_S or _correlation(known.last, small) < SAME_FACE:
            known = self._begin(track, face, small, time_s)
        known.last, known.last_s = small, time_s
        if known.magnifier:
            face = known.magnifier(face, time_s)
        flow = self._flow(known.face, face, points())
        head = head_motion(flow)
        moved = region_weights() @ (flow - head_flow(head)) / FACE_SIDE_PX + known.base
        registered = cv2.warpAffine(
            face, as_transform(head), face.shape, flags=cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        if time_s - known.start_s > RENEWED_S:
            known.face, known.start_s, known.base = registered, time_s, moved
        patch = cv2.resize(registered, (PATCH_PX, PATCH_PX), interpolation=cv2.INTER_AREA)
        places = np.array(keypoints[:4], np.float32)
        return FaceMotion(moved.astype(np.float32), patch, head.astype(np.float32), known.piece, places)

    def _begin(self, track, face: np.ndarray, small: np.ndarray, time_s: float) -> _Reference:
        for key in [k for k, r in self._references.items() if time_s - r.last_s > FORGOTTEN_S and k != track]:
            del self._references[key]
        magnifier = Magnifier(self._magnify) if self._magnify else None
        base = np.zeros((len(NAMES), 2))
        self._pieces += 1
        self._references[track] = _Reference(face, time_s, self._pieces, base, small, time_s, magnifier)
        return self._references[track]


def _small(face: np.ndarray) -> np.ndarray:
    """An aligned face as float32 of mean 0 and length 1, so that a product is a correlation."""
    small = cv2.resize(face, (28, 28), interpolation=cv2.INTER_AREA).astype(np.float32)
    small -= small.mean()
    return small / max(float(np.linalg.norm(small)), 1e-6)


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    return float((first * second).sum())
