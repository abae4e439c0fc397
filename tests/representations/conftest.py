"""Clips whose frames say their own number in gray, and a detector that sees a face wherever the frame is not red."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from emo_utils.faces.detector import detectors
from emo_utils.structures import Clip, Detections
from emo_utils.video_writer import write_video

SIDE_PX = 64
FPS = 30


def gray_of(frame: int) -> int:
    """Frames differ by two gray levels; decoding gives this level or the one below."""
    return 20 + 2 * (frame % 100)


class NotRed:
    """A face in the same place of every frame that is not red."""

    name = "not_red"

    def __init__(self):
        self.looked = 0

    def detect(self, pixels):
        self.looked += 1
        if int(pixels[..., 0].mean()) - int(pixels[..., 1].mean()) > 50:
            return Detections.empty()
        return Detections(np.array([[8, 8, 56, 56]], np.float32), np.ones(1, np.float32))

    def close(self):
        pass


if NotRed.name not in detectors:
    detectors.register(NotRed.name)(NotRed)


@pytest.fixture
def detector():
    return NotRed()


@pytest.fixture
def numbered_clip(tmp_path):
    """Make a clip of so many frames; those named are red, without a face."""

    def make(frames: int, red=()) -> Clip:
        path = tmp_path / f"clip_{frames}.mp4"
        pictures = (frame_pixels(i, i in red) for i in range(frames))
        write_video(path, pictures, Fraction(FPS), quality=1)
        return Clip("s1_anger_1", path, "test", "s1", "anger")

    return make


@pytest.fixture
def image_clip(tmp_path):
    """Make an image sequence of so many pictures of 48x48."""
    import cv2

    def make(pictures: int) -> Clip:
        paths = tuple(tmp_path / f"S010_004_{10 + i:08d}.png" for i in range(pictures))
        for i, path in enumerate(paths):
            cv2.imwrite(str(path), np.full((48, 48), gray_of(i), np.uint8))
        return Clip("S010_004", paths[0], "test", "S010", "anger", frames=paths)

    return make


def frame_pixels(frame: int, red: bool) -> np.ndarray:
    pixels = np.full((SIDE_PX, SIDE_PX, 3), gray_of(frame), np.uint8)
    if red:
        pixels[:] = (220, 30, 30)
    return pixels


@pytest.fixture
def shown_frames():
    """Which frame each crop shows, read from its gray."""

    def read(crops: np.ndarray) -> list[int]:
        flat = crops.reshape(len(crops), -1).astype(int)
        assert (np.ptp(flat, axis=1) <= 1).all(), "a crop mixes frames"
        return ((np.median(flat, axis=1) - 19) // 2).astype(int).tolist()

    return read


@pytest.fixture
def folder(tmp_path) -> Path:
    path = tmp_path / "samples"
    path.mkdir()
    return path
