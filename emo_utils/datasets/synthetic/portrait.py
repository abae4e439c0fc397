"""The sample corpus's only photograph, taken apart: skin without its grin, folds, eyeballs, teeth, hair, matte.

The photograph is NASA's portrait of Eileen Collins, in the public domain. `portrait.webp` holds it without loss, the
pixels of `skimage.data.astronaut()`. Everything here lives on one canvas of 400 x 360 pixels on which the eyes are
level, at (170, 150) and (230, 150). `features` says where things are.
"""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from emo_utils.datasets.synthetic.features import (
    AXIS_X,
    CHEEKS,
    EYE_Y,
    EYES_X,
    FACE,
    FOLDS,
    GRIN,
    HEAD,
    HEIGHT,
    LIP_STEPS,
    MOUTH_HALF_WIDTH,
    MOUTH_X,
    PHOTO_EYES,
    SHADES,
    WIDTH,
)

PHOTO = Path(__file__).with_name("portrait.webp")


@dataclass(frozen=True)
class Portrait:
    """The photograph's layers; H, W = 360, 400.

    Attributes:
        grin: float32 (H, W, 3) RGB 0 to 255, the photograph.
        relaxed: the same without the grin's folds.
        teeth: what lies behind the lips of a grin.
        cavity: what lies behind the lips when the jaw is down: dark, the edge of the upper teeth, a tongue.
        matte: float32 (H, W), 1 on the person, 0 on the background.
        hair, skin, lips: float32 (H, W) masks, 0 to 1.
        folds: crease depth by name, float32 (H, W); multiply the skin by 1 - depth.
    """

    grin: np.ndarray = field(repr=False)
    relaxed: np.ndarray = field(repr=False)
    teeth: np.ndarray = field(repr=False)
    cavity: np.ndarray = field(repr=False)
    matte: np.ndarray = field(repr=False)
    hair: np.ndarray = field(repr=False)
    skin: np.ndarray = field(repr=False)
    lips: np.ndarray = field(repr=False)
    folds: dict[str, np.ndarray] = field(repr=False)


@cache
def load_portrait() -> Portrait:
    """Take the photograph apart; about a third of a second, once per process."""
    photo = _level_photo()
    matte, skin = _cut_out(photo, HEAD), _cut_out(photo, FACE, lean=0.12)
    photo = _without_backdrop(photo, matte)
    grin, lips = photo.astype(np.float32), _lips_mask()
    above_collar = np.clip((215 - np.arange(HEIGHT, dtype=np.float32)) / 10, 0, 1)[:, None]
    return Portrait(
        grin=grin,
        relaxed=_without_folds(photo, skin, lips),
        teeth=_mouth_inside(grin, None),
        cavity=_mouth_inside(grin, 211.0),
        matte=matte,
        hair=matte * (1 - skin) * above_collar,
        skin=skin,
        lips=lips,
        folds={name: _crease(strokes) for name, strokes in FOLDS.items()}
        | {name: stroke(strokes, 6, 3.2) * 1.4 for name, strokes in SHADES.items()},
    )


def curve(points, columns: np.ndarray) -> np.ndarray:
    """Rows of a polyline at the given columns; level beyond its ends."""
    x, y = np.asarray(points, np.float32).T
    return np.interp(columns, x, y).astype(np.float32)


def stroke(lines, width_px: float, blur_px: float) -> np.ndarray:
    """Soft lines on an empty canvas: float32 (H, W), 0 to 1."""
    scale = 4
    canvas = np.zeros((HEIGHT * scale, WIDTH * scale), np.uint8)
    for line in lines:
        points = np.round((np.asarray(line, np.float32) + 0.5) * scale).astype(np.int32)
        cv2.polylines(canvas, [points], False, 255, max(1, round(width_px * scale)), cv2.LINE_AA)
    small = cv2.resize(canvas, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return cv2.GaussianBlur(small.astype(np.float32) / 255, (0, 0), blur_px)


def read_photo() -> np.ndarray:
    """The photograph, uint8 (512, 512, 3) RGB."""
    encoded = np.frombuffer(PHOTO.read_bytes(), np.uint8)  # cv2.imread cannot open every path on Windows
    return cv2.cvtColor(cv2.imdecode(encoded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)


def _level_photo() -> np.ndarray:
    left, right = np.array(PHOTO_EYES)
    across, middle = right - left, (left + right) / 2
    angle = np.degrees(np.arctan2(across[1], across[0]))
    turn = cv2.getRotationMatrix2D(tuple(middle), angle, (EYES_X[1] - EYES_X[0]) / np.hypot(*across))
    turn[:, 2] += (AXIS_X, EYE_Y) - middle
    size = (WIDTH, HEIGHT)
    return cv2.warpAffine(read_photo(), turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def _cut_out(photo: np.ndarray, outline, band_px: int = 13, lean: float = 0.0) -> np.ndarray:
    """Soft mask of what the outline means: within a band around it, colours decide (GrabCut); `lean` widens it."""
    inside = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.fillPoly(inside, [np.array(outline, np.int32)], 1)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (band_px, band_px))
    labels = np.where(inside == 1, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[cv2.erode(inside, kernel) == 1] = cv2.GC_FGD
    labels[cv2.dilate(inside, kernel) == 0] = cv2.GC_BGD
    cv2.setRNGSeed(1)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(cv2.cvtColor(photo, cv2.COLOR_RGB2BGR), labels, None, *models, 3, cv2.GC_INIT_WITH_MASK)
    found = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    soft = cv2.GaussianBlur(found, (0, 0), 1.6)
    return np.clip((soft - 0.35 + lean) / 0.6, 0, 1).astype(np.float32)


def _without_backdrop(photo: np.ndarray, matte: np.ndarray) -> np.ndarray:
    """Give the person's edge the colours just inside it, so that no light of the old background shines through."""
    core = cv2.erode((matte > 0.98).astype(np.float32), np.ones((3, 3), np.uint8))
    spread = cv2.GaussianBlur(photo * core[..., None], (0, 0), 3) / (
        cv2.GaussianBlur(core, (0, 0), 3)[..., None] + 1e-4
    )
    return np.where(core[..., None] > 0, photo, np.clip(spread, 0, 255)).astype(np.uint8)


def _lips_mask() -> np.ndarray:
    """The two lips of the photograph, without the teeth."""
    steps = np.concatenate([-np.array(LIP_STEPS[::-1]), LIP_STEPS[1:]])

    def between(top: str, bottom: str) -> np.ndarray:
        rows = [np.concatenate([GRIN[edge][::-1], GRIN[edge][1:]]) for edge in (top, bottom)]
        x = np.concatenate([steps, steps[::-1]]) * MOUTH_HALF_WIDTH + MOUTH_X
        points = np.stack([x, np.concatenate([rows[0], rows[1][::-1]])], axis=1)
        canvas = np.zeros((HEIGHT, WIDTH), np.uint8)
        cv2.fillPoly(canvas, [np.round(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
        return canvas.astype(np.float32) / 255

    lips = np.maximum(between("upper_out", "upper_in"), between("lower_in", "lower_out"))
    return cv2.GaussianBlur(lips, (0, 0), 1.0)


def _without_folds(photo: np.ndarray, skin: np.ndarray, lips: np.ndarray) -> np.ndarray:
    """The skin as it would be without the grin: folds and cheek shading replaced by what the skin around them has."""
    image = photo.astype(np.float32)
    zone = np.clip(stroke(CHEEKS, 26, 4.0) * 1.25, 0, 1)
    mouth = stroke((((173, 207), (200, 214), (228, 206)),), 8, 0.8)  # teeth and the corners' dark
    mouth = np.maximum(cv2.GaussianBlur(cv2.dilate(lips, np.ones((3, 3))), (0, 0), 0.8), mouth)
    bright = cv2.GaussianBlur(image, (0, 0), 2).mean(axis=2) > 90
    usable = skin * bright * (1 - np.clip(zone * 1.5, 0, 1)) * (1 - cv2.dilate(mouth, np.ones((7, 7)))) + 1e-4
    smooth = cv2.GaussianBlur(image * usable[..., None], (0, 0), 13) / cv2.GaussianBlur(usable, (0, 0), 13)[..., None]
    pouches = (stroke(FOLDS["pouch"], 5, 0.5) > 0.3).astype(np.uint8)
    painted = cv2.inpaint(photo, pouches, 5, cv2.INPAINT_TELEA).astype(np.float32)
    calm_lips = np.array([178, 122, 112], np.float32) + 0.45 * (image - cv2.GaussianBlur(image, (0, 0), 3))
    painted += (calm_lips - painted) * (0.75 * lips * (1 - stroke((((173, 207), (200, 212), (228, 206)),), 3, 0.8)))[
        ..., None
    ]
    return painted + (smooth * 1.04 - painted) * (zone * (1 - np.clip(mouth, 0, 1)))[..., None]


def _crease(strokes) -> np.ndarray:
    """A fold catches no light in its depth and a little more beside it."""
    return stroke(strokes, 1.6, 1.6) * 1.5 - stroke(strokes, 1.6, 4.0) * 0.7


def _mouth_inside(grin: np.ndarray, teeth_end: float | None) -> np.ndarray:
    """Upper teeth where the grin shows them; around them the dark of the mouth, below them a tongue.

    Args:
        grin: the photograph, float32 (H, W, 3).
        teeth_end: the row at which the teeth end, or None to show all the grin does.
    """
    y = np.arange(HEIGHT, dtype=np.float32)[:, None]
    x = np.arange(WIDTH, dtype=np.float32)[None, :]
    dark, tongue = np.array([46, 18, 18], np.float32), np.array([150, 74, 74], np.float32)
    on_tongue = np.exp(-(((x - MOUTH_X) / 16) ** 2) - ((y - 235) / 9) ** 2)[..., None]
    inside = dark + (tongue - dark) * on_tongue
    steps = np.abs(x - MOUTH_X) / MOUTH_HALF_WIDTH
    top = np.interp(steps, LIP_STEPS, GRIN["upper_in"]) + 1.0
    bottom = np.interp(steps, LIP_STEPS, GRIN["lower_in"])
    end = bottom + 2 if teeth_end is None else np.minimum(bottom, teeth_end)
    reach = 1.05 if teeth_end is None else 0.7
    teeth = np.clip((end - y) / 2 + 0.5, 0, 1) * np.clip((reach - steps) / 0.15, 0, 1)
    rows = np.clip(y, top, np.maximum(bottom - 0.5, top)).astype(np.float32)
    columns = np.broadcast_to(x, rows.shape).astype(np.float32)
    shown = cv2.remap(grin, columns, rows, cv2.INTER_LINEAR) * (1 if teeth_end is None else 0.9)
    return (inside + (shown - inside) * teeth[..., None]).astype(np.float32)
