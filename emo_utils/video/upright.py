"""Pixels as a player shows them: square pixels, rotated and mirrored as declared, in one size for the whole clip."""

from fractions import Fraction

import cv2
import numpy as np
from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame

from emo_utils.structures import LONGEST_SIDE_PX

Orientation = tuple[bool, bool, bool]
"""Whether rows and columns are swapped; then whether the picture is flipped vertically, and horizontally."""

LONGEST_PIXEL = 4
"""Largest ratio of the sides of a pixel; the formats in use have at most 2.2. A header that declares more is wrong."""

AS_STORED: Orientation = (False, False, False)

BY_ROTATION = {0: AS_STORED, 90: (True, True, False), 180: (False, True, True), 270: (True, False, True)}
"""Orientations by degrees counter-clockwise."""


def orientation(picture: VideoFrame) -> Orientation:
    """Rotation and mirroring that make the stored picture upright, from its display matrix.

    The first two numbers of the first two rows of the 3x3 matrix give the new position of a pixel:
    x' = a x + c y, y' = b x + d y (ISO/IEC 14496-12, track header box). Angles are rounded to multiples of 90 degrees.
    """
    try:
        matrix = picture.side_data.get(Type.DISPLAYMATRIX)
    except ValueError:  # PyAV does not know every kind of side data, such as EXIF (31)
        return BY_ROTATION[round(picture.rotation / 90) % 4 * 90]
    if matrix is None:
        return AS_STORED
    a, b, _, c, d = np.frombuffer(bytes(matrix), np.int32)[:5].astype(np.int64)
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return False, bool(d < 0), bool(a < 0)
    return True, bool(b < 0), bool(c < 0)


def described(orientation: Orientation) -> str:
    """An orientation in words; empty if the picture is not rotated or mirrored."""
    swapped, upside_down, mirrored = orientation
    if swapped:
        words = {(False, True): "turned 90 degrees clockwise", (True, False): "turned 90 degrees counter-clockwise"}
        return words.get((upside_down, mirrored), "turned by 90 degrees and mirrored")
    words = {(True, True): "turned upside down", (False, True): "mirrored left to right", (True, False): "flipped"}
    return words.get((upside_down, mirrored), "")


def upright_size(picture: VideoFrame, aspect: Fraction | None) -> tuple[int, int]:
    """Width and height of the upright picture in pixels.

    Args:
        picture: as decoded.
        aspect: width of a pixel divided by its height; None for square pixels.
    """
    size = _square_width(picture, aspect), picture.height
    return size[::-1] if orientation(picture)[0] else size


def upright(picture: VideoFrame, aspect: Fraction | None, size: tuple[int, int] | None = None) -> np.ndarray:
    """Pixels uint8 (H, W, 3) RGB, contiguous.

    Args:
        picture: as decoded.
        aspect: as for `upright_size`.
        size: width and height of the result; proportions are kept, and black bars fill the rest.
    """
    # One thread: by default FFmpeg creates a thread pool for each frame, which takes much longer.
    width = _square_width(picture, aspect)
    pixels = picture.to_ndarray(format="rgb24", width=width, height=picture.height, threads=1)
    swapped, upside_down, mirrored = orientation(picture)
    pixels = pixels.transpose(1, 0, 2) if swapped else pixels
    pixels = np.ascontiguousarray(pixels[:: -1 if upside_down else 1, :: -1 if mirrored else 1])
    return pixels if size is None or size == pixels.shape[1::-1] else _fitted(pixels, size)


def _square_width(picture: VideoFrame, aspect: Fraction | None) -> int:
    if not aspect or not 1 / LONGEST_PIXEL <= aspect <= LONGEST_PIXEL:
        return picture.width
    return max(1, min(LONGEST_SIDE_PX, round(picture.width * aspect)))


def _fitted(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    height, width = pixels.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    inner = min(size[0], max(1, round(width * scale))), min(size[1], max(1, round(height * scale)))
    left, top = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    canvas = np.zeros((size[1], size[0], 3), np.uint8)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas[top : top + inner[1], left : left + inner[0]] = cv2.resize(pixels, inner, interpolation=way)
    return canvas
