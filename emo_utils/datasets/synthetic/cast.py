"""The sample corpus's people: one portrait, dressed as many by shape, skin, hair, eyes, brows and clothes."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from emo_utils.datasets.synthetic.face import Face
from emo_utils.datasets.synthetic.features import AXIS_X, BROW, EYE_Y, EYES_X, HEIGHT, WIDTH
from emo_utils.datasets.synthetic.portrait import load_portrait, stroke

SKINS = (
    (1.04, 1.04, 1.06),
    (1.0, 1.0, 1.0),
    (0.94, 0.90, 0.83),
    (0.84, 0.76, 0.68),
    (0.72, 0.60, 0.52),
    (0.60, 0.48, 0.41),
)
"""Red, green and blue of the skin as multiples of the portrait's."""
HAIRS = ((40, 34, 32), (68, 50, 38), (96, 72, 50), (132, 112, 76), (112, 68, 46), (132, 131, 130))
IRISES = ((92, 60, 34), (70, 44, 26), (84, 108, 120), (86, 98, 62), (104, 84, 50))
CLOTHES = ((0, 1, 2), (2, 1, 0), (1, 0, 2), (2, 0, 1))
"""Order in which the portrait's colour channels are used for collar and suit."""

SHAPES = {
    "face_width": (0, 200, 185, 75, 70, 0.13),
    "jaw_width": (0, 200, 245, 60, 30, 0.16),
    "cheek_width": (0, 200, 180, 80, 24, 0.09),
    "chin_length": (1, 200, 235, 50, 26, 0.21),
    "nose_width": (0, 200, 184, 22, 14, 0.29),
    "nose_length": (1, 200, 172, 24, 24, 0.26),
    "eye_spacing": (0, 200, 148, 44, 18, 0.16),
    "eye_size": (1, 200, 150, 60, 12, 0.18),
    "mouth_width": (0, 200, 211, 36, 14, 0.18),
    "lip_height": (1, 200, 211, 36, 11, 0.21),
    "brow_height": (1, 200, 124, 60, 16, 0.21),
    "crown_height": (1, 200, 75, 130, 45, 0.18),
}
"""What differs between faces: axis (0 across, 1 down), centre x and y, reach x and y in canvas pixels, largest share
by which the face is stretched there."""


@dataclass(frozen=True)
class Subject:
    """One synthetic person.

    Attributes:
        subject_id: `s01`, `s02` ...
        skin: multiples of the portrait's red, green and blue.
        hair, iris: RGB.
        clothes: order of the portrait's channels.
        brow_width_px, brow_strength: how heavy the brows are.
        stubble: 0 to 1.
        hair_volume: 1 as in the portrait, less for hair close to the head.
        mirrored: whether left and right are swapped.
        shape: -1 to 1 for each name in `SHAPES`.
        vigour: how strongly this person moves each action unit, about 1.
    """

    subject_id: str
    skin: tuple[float, float, float]
    hair: tuple[int, int, int]
    iris: tuple[int, int, int]
    clothes: tuple[int, int, int]
    brow_width_px: float
    brow_strength: float
    stubble: float
    hair_volume: float
    mirrored: bool
    shape: tuple[tuple[str, float], ...]
    vigour: float


def make_cast(count: int, seed: int) -> list[Subject]:
    """Make `count` people; neighbours differ in skin, hair and shape, and the first is the same whatever `count`."""
    return [_make_subject(number, seed) for number in range(count)]


def _make_subject(number: int, seed: int) -> Subject:
    rng = np.random.default_rng([seed, 1, number])
    signs = np.where(np.random.default_rng([seed, 2, number // 2]).random(len(SHAPES)) < 0.5, -1, 1)
    size = rng.uniform(0.55, 1.0, len(SHAPES)) * signs * (1 if number % 2 else -1)  # pairs are opposites
    bearded = number % 3 == 2
    return Subject(
        subject_id=f"s{number + 1:02d}",
        skin=SKINS[(1, 4, 2, 0, 3, 5)[number % 6]],
        hair=HAIRS[(3, 0, 1, 4, 2, 0, 5, 1, 0, 2, 0, 1)[number % 12]],
        iris=IRISES[(0, 1, 3, 2, 4, 1, 2)[number % 7]],
        clothes=CLOTHES[(number + number // 4) % 4],
        brow_width_px=float(rng.uniform(2.4, 4.2)),
        brow_strength=float(rng.uniform(0.45, 0.8)),
        stubble=float(rng.uniform(0.5, 1.0)) if bearded else 0.0,
        hair_volume=float(rng.uniform(0.35, 0.55) if bearded else rng.uniform(0.6, 1.0)),
        mirrored=number % 2 == 1,
        shape=tuple(zip(SHAPES, size.tolist(), strict=True)),
        vigour=float(rng.uniform(0.9, 1.05)),
    )


@lru_cache(maxsize=2)
def dress(subject: Subject) -> Face:
    """The portrait's layers in this person's colours."""
    portrait = load_portrait()
    collar = portrait.matte * (1 - portrait.skin) * (1 - portrait.hair)
    skin_gain = 1 + (np.array(subject.skin, np.float32) - 1) * portrait.skin[..., None]
    brows = stroke((BROW[1:6], BROW[7:12]), subject.brow_width_px, 0.8)[..., None] * subject.brow_strength
    brow_rgb = np.array(subject.hair, np.float32) * 0.55
    beard = _stubble(subject, portrait)[..., None]

    def paint(photo: np.ndarray) -> np.ndarray:
        shade = np.minimum(photo.mean(axis=2, keepdims=True) / 105, 1.8)
        haired = photo + (np.array(subject.hair, np.float32) * shade - photo) * portrait.hair[..., None]
        dressed = haired + (photo[..., list(subject.clothes)] - haired) * collar[..., None]
        skinned = dressed * skin_gain * (1 - beard * np.array([0.9, 0.95, 0.85], np.float32))
        return skinned + (brow_rgb - skinned) * brows

    white = np.empty((HEIGHT, WIDTH, 3), np.float32)
    white[:] = np.array([216, 204, 200]) * (0.55 + 0.45 * np.array(subject.skin))
    return Face(
        relaxed=paint(portrait.relaxed),
        grin=paint(portrait.grin),
        teeth=portrait.teeth,
        cavity=portrait.cavity,
        eyes=_draw_eyes(white, subject.iris),
        folds=portrait.folds,
    )


def _draw_eyes(white: np.ndarray, iris_rgb: tuple[int, int, int]) -> np.ndarray:
    """Eyeballs as they would be seen without lids: float32 (H, W, 3), on a canvas of the colour of their whites.

    Args:
        white: float32 (H, W, 3), the colour of the white of the eye everywhere.
        iris_rgb: colour of the iris.
    """
    scale, radius = 8, 6.1
    eyes = white.copy()
    span = np.arange(-20 * scale, 20 * scale, dtype=np.float32) / scale + 0.5 / scale
    dx, dy = span[None, :], span[:, None]
    distance = np.hypot(dx, dy)
    iris = np.array(iris_rgb, np.float32) * (0.75 + 0.5 * np.clip(dy / radius, -0.5, 0.8))[..., None]
    iris = iris * (1 - 0.55 * np.clip((distance - 4.4) / 1.7, 0, 1))[..., None]
    iris = np.where((distance < 2.7)[..., None], 18, iris)
    glint = np.exp(-(((dx + 1.6) ** 2 + (dy + 1.4) ** 2) / 0.9))[..., None]
    iris = np.broadcast_to(iris + (245 - iris) * glint, (*distance.shape, 3))
    on = np.clip((radius - distance) * 1.2 + 0.5, 0, 1)
    size = (40, 40)
    iris = cv2.resize(np.ascontiguousarray(iris, np.float32), size, interpolation=cv2.INTER_AREA)
    on = cv2.resize(on, size, interpolation=cv2.INTER_AREA)[..., None]
    for centre in EYES_X:
        part = eyes[int(EYE_Y) - 20 : int(EYE_Y) + 20, int(centre) - 20 : int(centre) + 20]
        shade = 1 - 0.28 * np.clip(np.abs(np.arange(-20, 20)) / 13, 0, 1) ** 2
        part *= shade[None, :, None]
        part += (iris - part) * on
    return eyes


def _stubble(subject: Subject, portrait) -> np.ndarray:
    if not subject.stubble:
        return np.zeros((HEIGHT, WIDTH), np.float32)
    x = np.abs(np.arange(WIDTH, dtype=np.float32) - AXIS_X)[None, :]
    y = np.arange(HEIGHT, dtype=np.float32)[:, None]
    jaw = np.clip((y - 192 - 0.25 * np.maximum(45 - x, 0)) / 14, 0, 1) * np.clip((262 - y) / 8, 0, 1)
    jaw = np.maximum(jaw * np.clip((x + 4 * (y - 195) / 10 - 6) / 12, 0, 1), _moustache(x, y))
    grain = np.random.default_rng(7).normal(1, 0.22, (HEIGHT, WIDTH)).astype(np.float32)
    grain = cv2.GaussianBlur(grain, (0, 0), 0.6)
    return jaw * portrait.skin * (1 - portrait.lips) * 0.22 * subject.stubble * grain


def _moustache(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.clip((34 - x) / 6, 0, 1) * np.clip((y - 194) / 3, 0, 1) * np.clip((205 - y) / 3, 0, 1)


def shape_shift(subject: Subject, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where a pixel of this person's head lies on the portrait's canvas, as a shift from where it would lie.

    Args:
        subject: whose head.
        x: canvas columns.
        y: canvas rows; the same shape.
    """
    shifts = [np.zeros_like(x), np.zeros_like(y)]
    for name, size in subject.shape:
        axis, centre_x, centre_y, reach_x, reach_y, share = SHAPES[name]
        weight = np.exp(-(((x - centre_x) / reach_x) ** 2) - ((y - centre_y) / reach_y) ** 2)
        shifts[axis] -= (size * share) * weight * ((x - centre_x) if axis == 0 else (y - centre_y))
    beside = np.maximum(np.abs(x - AXIS_X) - 66, 0) * np.sign(x - AXIS_X)
    near = np.exp(-(((y - 120) / 75) ** 4))
    shifts[0] += beside * near * (1 / subject.hair_volume - 1) * 0.6
    return shifts[0], shifts[1]
