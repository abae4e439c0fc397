"""Pixels as a player shows them: square, turned and mirrored as the file asks, and of one size throughout a clip."""

from fractions import Fraction

import cv2
import numpy as np
from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame

Orientation = tuple[bool, bool, bool]
"""Whether rows and columns change places, and then whether up and down, and left and right, are exchanged."""

AS_STORED: Orientation = (False, False, False)


def orientation(picture: VideoFrame) -> Orientation:
    """How the stored picture is turned and mirrored to stand upright, from its display matrix.

    The matrix is of 3x3 numbers, of which the first two of the first two rows say where a pixel goes:
    x' = a x + c y, y' = b x + d y (ISO/IEC 14496-12, track header box). Other angles than right ones are rounded.
    """
    matrix = picture.side_data.get(Type.DISPLAYMATRIX)
    if matrix is None:
        return AS_STORED
    a, b, _, c, d = np.frombuffer(bytes(matrix), np.int32)[:5].astype(np.int64)
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return False, bool(d < 0), bool(a < 0)
    return True, bool(b < 0), bool(c < 0)


def described(orientation: Orientation) -> str:
    """An orientation in words; empty for a picture that is shown as it is stored."""
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
        aspect: width of a pixel by its height; None for square pixels.
    """
    size = _square_width(picture, aspect), picture.height
    return size[::-1] if orientation(picture)[0] else size


def upright(picture: VideoFrame, aspect: Fraction | None, size: tuple[int, int] | None = None) -> np.ndarray:
    """Pixels uint8 (H, W, 3) RGB, contiguous.

    Args:
        picture: as decoded.
        aspect: as for `upright_size`.
        size: width and height to bring it to, keeping its proportions, with black bars where they differ.
    """
    # One thread: by default FFmpeg starts and ends a pool of threads for each single frame, which takes far longer.
    width = _square_width(picture, aspect)
    pixels = picture.to_ndarray(format="rgb24", width=width, height=picture.height, threads=1)
    swapped, upside_down, mirrored = orientation(picture)
    pixels = pixels.transpose(1, 0, 2) if swapped else pixels
    pixels = np.ascontiguousarray(pixels[:: -1 if upside_down else 1, :: -1 if mirrored else 1])
    return pixels if size is None or size == pixels.shape[1::-1] else _fitted(pixels, size)


def _square_width(picture: VideoFrame, aspect: Fraction | None) -> int:
    return max(1, round(picture.width * aspect)) if aspect else picture.width


def _fitted(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    height, width = pixels.shape[:2]
    scale = min(size[0] / width, size[1] / height)
    inner = min(size[0], max(1, round(width * scale))), min(size[1], max(1, round(height * scale)))
    left, top = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    canvas = np.zeros((size[1], size[0], 3), np.uint8)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas[top : top + inner[1], left : left + inner[0]] = cv2.resize(pixels, inner, interpolation=way)
    return canvas
