"""Pictures of faces on disk, read into memory as the still faces of a corpus."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from emo_utils.errors import CorpusError, VideoError
from emo_utils.images import read_image
from emo_utils.structures import FaceImages


def read_gray_faces(paths: Sequence[Path], size: int) -> np.ndarray:
    """Gray pixels of square pictures, uint8 (N, size, size).

    Raises:
        CorpusError: a picture is missing, damaged or of another size.
    """
    pixels = np.empty((len(paths), size, size), np.uint8)
    for row, path in enumerate(paths):
        try:
            picture = read_image(path)
        except VideoError as error:
            raise CorpusError(str(error)) from None
        if picture.shape[:2] != (size, size):
            height, width = picture.shape[:2]
            raise CorpusError(f"{path}: expected {size}x{size} pixels, found {width}x{height}; copy the corpus again")
        pixels[row] = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return pixels


def labelled_faces(
    names: Sequence[str], pixels: np.ndarray, emotions: Sequence[str], classes: tuple[str, ...]
) -> FaceImages:
    """Faces with one label each.

    Args:
        names: N, unique.
        pixels: uint8 (N, S, S).
        emotions: N, each one of `classes`.
        classes: K.
    """
    labels = np.array([classes.index(emotion) for emotion in emotions], np.int64)
    return FaceImages(tuple(names), pixels, np.eye(len(classes), dtype=np.float32)[labels], labels, classes)
