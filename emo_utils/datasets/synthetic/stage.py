"""The scene around a synthetic face: background, light, head motion and camera."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from emo_utils.datasets.synthetic.cast import Subject, dress, shape_shift
from emo_utils.datasets.synthetic.face import SyntheticFace
from emo_utils.datasets.synthetic.features import AXIS_X, EYE_Y, EYES_X, HEIGHT, WIDTH
from emo_utils.datasets.synthetic.portrait import load_portrait

LOOK_AT_Y = 160.0
"""The canvas row that stands in the middle of the scene."""

NOISE_SIGMA = 1.6
"""Of the camera, in gray levels."""


@dataclass(frozen=True)
class Motion:
    """How a head moves, one value per frame.

    Attributes:
        x, y: scene pixels at which the canvas's middle stands, (T,).
        scale: scene pixels per canvas pixel, (T,).
        roll: degrees, (T,).
        yaw, pitch: turning and nodding, -1 to 1, (T,).
    """

    x: np.ndarray = field(repr=False)
    y: np.ndarray = field(repr=False)
    scale: np.ndarray = field(repr=False)
    roll: np.ndarray = field(repr=False)
    yaw: np.ndarray = field(repr=False)
    pitch: np.ndarray = field(repr=False)


def still_life(frames: int, centre: tuple[float, float], scale: float, rng: np.random.Generator) -> Motion:
    """The small motions of somebody who sits in front of a camera; slow waves of random phase."""
    time = np.linspace(0, frames / 30, frames)

    def wave(size: float) -> np.ndarray:
        slow, fast = rng.uniform(0.12, 0.3), rng.uniform(0.35, 0.7)
        phases = rng.uniform(0, 2 * np.pi, 2)
        return size * (np.sin(2 * np.pi * slow * time + phases[0]) + 0.4 * np.sin(2 * np.pi * fast * time + phases[1]))

    return Motion(
        x=centre[0] + wave(2.0),
        y=centre[1] + wave(1.4),
        scale=scale * (1 + wave(0.008)),
        roll=rng.uniform(-2, 2) + wave(1.0),
        yaw=np.clip(rng.uniform(-0.4, 0.4) + wave(0.3), -1, 1),
        pitch=np.clip(rng.uniform(-0.3, 0.3) + wave(0.25), -1, 1),
    )


class Player:
    """One person on the stage, lit.

    Args:
        subject: who.
        motion: how the head moves.
        size: width and height of the scene in pixels.
        rng: decides the light.
    """

    def __init__(self, subject: Subject, motion: Motion, size: tuple[int, int], rng: np.random.Generator):
        self._motion = motion
        self._synthetic_face = SyntheticFace(dress(subject))
        self._mirror = -1.0 if subject.mirrored else 1.0
        self._alpha = (load_portrait().matte * 255).astype(np.uint8)
        self._light = _light(rng)
        self._columns = np.arange(size[0], dtype=np.float32)[None, :]
        self._rows = np.arange(size[1], dtype=np.float32)[:, None]
        self._shape, self._turn = _shifts(subject)

    def draw(self, frame: int, units: np.ndarray, background: np.ndarray) -> np.ndarray:
        """Draw this person at a frame in front of a background uint8 (H, W, 3); a new picture of the same shape."""
        canvas = np.dstack([cv2.multiply(self._synthetic_face.draw(units), self._light, dtype=cv2.CV_8U), self._alpha])
        map_x, map_y = self._map(frame)
        shown = cv2.remap(canvas, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        weight = shown[..., 3].astype(np.float32) * (1 / 255)
        return cv2.blendLinear(np.ascontiguousarray(shown[..., :3]), background, weight, 1 - weight)

    def _map(self, frame: int) -> tuple[np.ndarray, np.ndarray]:
        """For every pixel of the scene, the column and row of the canvas it shows."""
        motion = self._motion
        angle, scale = np.radians(motion.roll[frame]), motion.scale[frame]
        cos, sin = np.float32(np.cos(angle) / scale), np.float32(np.sin(angle) / scale)
        right, down = self._columns - np.float32(motion.x[frame]), self._rows - np.float32(motion.y[frame])
        x = (right * cos + down * sin) * self._mirror + np.float32(AXIS_X)
        y = down * cos - right * sin + np.float32(LOOK_AT_Y)
        shift = self._shape + self._turn * np.array([motion.yaw[frame], motion.pitch[frame]], np.float32)
        shift = cv2.remap(
            shift, x / SHIFT_GRID_PX, y / SHIFT_GRID_PX, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return x + shift[..., 0], y + shift[..., 1]


SHIFT_GRID_PX = 4
"""Shifts are smooth: one value every four canvas pixels, interpolated, is enough."""


def _shifts(subject: Subject) -> tuple[np.ndarray, np.ndarray]:
    """The person's shape, and a full turn and nod, on a coarse grid of the canvas: float32 (H/4, W/4, 2) x y each."""
    x, y = np.meshgrid(
        np.arange(0, WIDTH, SHIFT_GRID_PX, dtype=np.float32), np.arange(0, HEIGHT, SHIFT_GRID_PX, dtype=np.float32)
    )
    return np.dstack(shape_shift(subject, x, y)), np.dstack(_full_turn(x, y))


def _full_turn(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Canvas pixels by which a yaw and a pitch of 1 shift what is seen at (x, y): the nose most, the hair not."""
    face = np.exp(-(((x - AXIS_X) / 62) ** 2) - ((y - 178) / 80) ** 2)
    nose = np.exp(-(((x - AXIS_X) / 24) ** 2) - ((y - 180) / 26) ** 2)
    return 6.0 * face + 2.0 * nose, 4.0 * face + 1.5 * nose


def eyes_in_scene(subject: Subject, motion: Motion) -> np.ndarray:
    """Where the middle between the pupils stands: (T, 2) x y in scene pixels."""
    angle, mirror = np.radians(motion.roll), -1 if subject.mirrored else 1
    pupils = []
    for eye_x in EYES_X:
        x, y = np.full_like(motion.x, eye_x), np.full_like(motion.x, EYE_Y)
        for _ in range(6):  # undo the shifts of `Player.draw`, which are given at the place looked for
            (shape_x, shape_y), (turn, nod) = shape_shift(subject, x, y), _full_turn(x, y)
            x, y = eye_x - shape_x - motion.yaw * turn, EYE_Y - shape_y - motion.pitch * nod
        right, down = (x - AXIS_X) * mirror * motion.scale, (y - LOOK_AT_Y) * motion.scale
        turned = right * np.cos(angle) - down * np.sin(angle), right * np.sin(angle) + down * np.cos(angle)
        pupils.append(np.stack([motion.x + turned[0], motion.y + turned[1]], axis=1))
    return np.mean(pupils, axis=0)


def _light(rng: np.random.Generator) -> np.ndarray:
    """Gain per canvas pixel and colour, float32 (H, W, 3): one lamp from a side, warm or cold, more or less of it."""
    x = (np.arange(WIDTH, dtype=np.float32)[None, :] - AXIS_X) / 100
    y = (np.arange(HEIGHT, dtype=np.float32)[:, None] - LOOK_AT_Y) / 100
    side, above = rng.uniform(-0.2, 0.2), rng.uniform(-0.02, 0.12)
    ramp = np.clip(1 + side * x - above * y, 0.6, 1.35) * rng.uniform(0.88, 1.06)
    warmth = rng.uniform(-0.05, 0.05)
    return (ramp[..., None] * np.array([1 + warmth, 1, 1 - warmth])).astype(np.float32)


def make_background(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """A room out of focus: uint8 (height, width, 3)."""
    width, height = size
    top, bottom = rng.uniform(60, 205, 3), rng.uniform(40, 170, 3)
    gray = rng.uniform(0.7, 0.92)  # walls are less colourful than random numbers
    top, bottom = (tone + (tone.mean() - tone) * gray for tone in (top, bottom))
    room = np.linspace(top, bottom, height)[:, None, :].repeat(width, axis=1).astype(np.float32)
    for _ in range(rng.integers(3, 7)):
        x, y = rng.uniform(0, width), rng.uniform(0, height)
        half = rng.uniform(15, 70, 2)
        colour = top + rng.uniform(-55, 55) + rng.uniform(-12, 12, 3)
        corners = (int(x - half[0]), int(y - half[1])), (int(x + half[0]), int(y + half[1]))
        cv2.rectangle(room, *corners, [float(value) for value in colour], -1)
    return np.clip(cv2.GaussianBlur(room, (0, 0), 9), 0, 255).astype(np.uint8)


class Camera:
    """Adds a sensor's noise.

    Args:
        size: width and height in pixels.
        rng: decides the noise.
    """

    def __init__(self, size: tuple[int, int], rng: np.random.Generator):
        self._size, self._rng = size, rng
        shape = (size[1] + 64, size[0] + 64, 3)
        noise = rng.standard_normal(shape, dtype=np.float32)
        self._noise = np.round(cv2.GaussianBlur(noise, (0, 0), 0.6) * (NOISE_SIGMA / 0.47)).astype(np.int16)

    def shoot(self, scene: np.ndarray) -> np.ndarray:
        """A picture of the scene, uint8 (H, W, 3) RGB; each call has its own noise."""
        x, y = self._rng.integers(0, 64, 2)
        noise = self._noise[y : y + self._size[1], x : x + self._size[0]]
        return cv2.add(scene, noise, dtype=cv2.CV_8U)
