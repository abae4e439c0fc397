"""The sample corpus's only photograph, taken apart: skin without its grin, folds, eyeballs, teeth, hair, matte.

The photograph is NASA's portrait of Eileen Collins, in the public domain, which scikit-image ships as
`skimage.data.astronaut()`. Everything here lives on one canvas of 400 x 360 pixels on which the eyes are level, at
(170, 150) and (230, 150). The curves below were measured on it once with a face mesh.
"""

from dataclasses import dataclass, field
from functools import cache

import cv2
import numpy as np
import skimage.data

WIDTH, HEIGHT = 400, 360
AXIS_X = 200.0
"""The column in the middle of the face."""

EYE_Y = 150.0
EYES_X = (170.0, 230.0)
PHOTO_EYES = ((204.4, 101.3), (247.0, 103.6))
"""The pupils in the photograph's own pixels."""

BROW = ((140, 139), (149, 136.5), (155, 133.5), (161, 132.3), (171, 133.6), (182, 137), (200, 139), (218, 136.6))
BROW += ((229, 133.9), (240, 132.4), (247, 133.5), (251, 136.5), (260, 139))
UPPER_LID = ((158.5, 150.5), (161, 148), (163.8, 146.5), (168.5, 145.7), (173.5, 146.3), (178.4, 148.5), (184.2, 153.3))
UPPER_LID += ((216.4, 153.4), (222.1, 148.5), (227, 146.2), (232.1, 145.5), (236.8, 146.3), (239.6, 148), (242.3, 150.4))
LOWER_LID = ((158.5, 150.5), (162.9, 153.1), (166.1, 153.9), (170.9, 154.1), (175.7, 154), (180.1, 153.6), (184.2, 153.3))
LOWER_LID += ((216.4, 153.4), (220.5, 153.8), (225, 154.1), (229.6, 154.3), (234.5, 153.8), (237.8, 153.1), (242.3, 150.4))
"""Polylines (x, y) on the canvas; the eyes' corners are where the two lids meet."""

MOUTH_X, MOUTH_HALF_WIDTH = 200.7, 31.5
LIP_STEPS = (0, 0.27, 0.48, 0.66, 0.8, 0.92, 1)
"""Distance from the mouth's middle, in half widths, at which the four rows below are given."""
GRIN = {
    "upper_out": (204.0, 203.0, 202.9, 202.9, 203.0, 203.2, 203.9),
    "upper_in": (207.2, 206.5, 205.5, 205.0, 204.8, 204.6, 203.9),
    "lower_in": (216.8, 216.2, 214.8, 212.0, 209.0, 205.6, 203.9),
    "lower_out": (225.2, 224.5, 222.2, 218.4, 214.2, 208.4, 203.9),
}
"""The photograph's lips: canvas rows of the upper lip's two edges and the lower lip's two."""

FOLDS = {
    "nasolabial": (((178, 184), (171, 188), (165, 195), (162.5, 203)), ((222, 184), (229, 188), (235, 195), (237.5, 203))),
    "frown": (((195, 126), (194.5, 132), (192.5, 139)), ((205, 126), (205.5, 132), (207.5, 139))),
    "nose": (
        ((192, 149), (200, 147.5), (208, 149)),
        ((192, 154.5), (200, 153), (208, 154.5)),
        ((188, 150), (190, 158), (187, 166)),
        ((212, 150), (210, 158), (213, 166)),
    ),
    "forehead": (((166, 124.5), (183, 123), (200, 124), (217, 123), (234, 124.5)), ((172, 129), (200, 129.5), (228, 129))),
    "sorrow": (((186, 127), (193, 124.5), (200, 126), (207, 124.5), (214, 127)),),
    "crow": (((152, 150), (145, 147)), ((152, 153), (145, 155)), ((248, 150), (255, 147)), ((248, 153), (255, 155))),
    "pouch": (((160, 157), (170, 160), (181, 158.5)), ((219, 158.5), (230, 160), (240, 157))),
    "chin": (((187, 233), (200, 230), (213, 233)), ((192, 243), (194, 247)), ((206, 247), (208, 243)), ((200, 240), (200, 244))),
    "corners": (((169, 206), (165, 213), (164, 219)), ((232, 206), (236, 213), (237, 219))),
}
"""Where skin creases, as strokes on the photograph; the grin's own nasolabial fold is in the photograph."""


@dataclass(frozen=True)
class Portrait:
    """The photograph's layers; H, W = 360, 400.

    Attributes:
        grin: float32 (H, W, 3) RGB 0 to 255, the photograph.
        relaxed: the same without the grin's folds.
        inside: what lies behind the lips: the teeth in their place, dark and tongue below.
        matte: float32 (H, W), 1 on the person, 0 on the background.
        hair, skin, lips, brows: float32 (H, W) masks, 0 to 1.
        folds: crease depth by name, float32 (H, W); multiply the skin by 1 - depth.
    """

    grin: np.ndarray = field(repr=False)
    relaxed: np.ndarray = field(repr=False)
    inside: np.ndarray = field(repr=False)
    matte: np.ndarray = field(repr=False)
    hair: np.ndarray = field(repr=False)
    skin: np.ndarray = field(repr=False)
    lips: np.ndarray = field(repr=False)
    brows: np.ndarray = field(repr=False)
    folds: dict[str, np.ndarray] = field(repr=False)


@cache
def load_portrait() -> Portrait:
    """Take the photograph apart; about a third of a second, once per process."""
    photo = _level_photo()
    grin = photo.astype(np.float32)
    matte, skin = _cut_out(photo, HEAD), _cut_out(photo, FACE)
    above_collar = np.clip((215 - np.arange(HEIGHT, dtype=np.float32)) / 10, 0, 1)[:, None]
    return Portrait(
        grin=grin,
        relaxed=_without_folds(photo),
        inside=_mouth_inside(grin),
        matte=matte,
        hair=matte * (1 - skin) * above_collar,
        skin=skin,
        lips=_lips_mask(),
        brows=stroke((BROW[1:6], BROW[7:12]), 3.2, 0.8),
        folds={name: _crease(strokes) for name, strokes in FOLDS.items()},
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


def _level_photo() -> np.ndarray:
    left, right = np.array(PHOTO_EYES)
    across, middle = right - left, (left + right) / 2
    angle = np.degrees(np.arctan2(across[1], across[0]))
    turn = cv2.getRotationMatrix2D(tuple(middle), angle, (EYES_X[1] - EYES_X[0]) / np.hypot(*across))
    turn[:, 2] += (AXIS_X, EYE_Y) - middle
    size = (WIDTH, HEIGHT)
    return cv2.warpAffine(
        skimage.data.astronaut(), turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )


HEAD = ((145, 54), (165, 36), (205, 27), (250, 42), (285, 68), (304, 110), (303, 150), (280, 188), (262, 196), (250, 222))
HEAD += ((247, 246), (275, 267), (304, 304), (317, 321), (345, 333), (392, 350), (400, 360), (0, 360), (2, 347), (36, 312), (50, 280), (66, 245), (90, 222), (140, 218))
HEAD += ((136, 194), (124, 182), (104, 160), (97, 125), (97, 95), (115, 75))
"""A rough outline of head and collar; the exact edge is found within a band around it."""


FACE = ((143, 122), (165, 116), (180, 119), (213, 119), (235, 126), (257, 130), (262, 150), (266, 178), (278, 180))
FACE += ((272, 192), (260, 194), (256, 215), (247, 228), (245, 262), (220, 272), (190, 271), (152, 260), (148, 228))
FACE += ((140, 194), (130, 192), (123, 178), (136, 178), (138, 150))
"""A rough outline of face, ears and neck."""


def _cut_out(photo: np.ndarray, outline, band_px: int = 13) -> np.ndarray:
    """Soft mask of what the outline means: within a band around it, colours decide (GrabCut)."""
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
    return np.clip((soft - 0.35) / 0.6, 0, 1).astype(np.float32)


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


def _without_folds(photo: np.ndarray) -> np.ndarray:
    """The skin as it would be without the grin: folds painted over from their surroundings, then smoothed."""
    creases = np.maximum(stroke(FOLDS["nasolabial"], 6, 0.5), stroke(FOLDS["pouch"], 5, 0.5))
    painted = cv2.inpaint(photo, (creases > 0.3).astype(np.uint8), 5, cv2.INPAINT_TELEA).astype(np.float32)
    around = cv2.GaussianBlur(stroke(FOLDS["nasolabial"], 14, 0.5), (0, 0), 3)[..., None]
    return painted + (cv2.GaussianBlur(painted, (0, 0), 4) - painted) * np.clip(around * 1.2, 0, 1)


def _crease(strokes) -> np.ndarray:
    """A fold catches no light in its depth and a little more beside it."""
    sharp, wide = stroke(strokes, 1.6, 1.0), stroke(strokes, 1.6, 3.2)
    return sharp * 1.1 - wide * 0.35


def _mouth_inside(grin: np.ndarray) -> np.ndarray:
    """The grin's teeth where they stand; above and below, the dark of the mouth and a tongue."""
    y = np.arange(HEIGHT, dtype=np.float32)[:, None, None]
    x = np.arange(WIDTH, dtype=np.float32)[None, :, None]
    dark, tongue = np.array([48, 20, 20], np.float32), np.array([150, 78, 76], np.float32)
    on_tongue = np.exp(-(((x - MOUTH_X) / 15) ** 2) - ((y - 238) / 8) ** 2)
    inside = dark + (tongue - dark) * on_tongue
    steps = np.abs(np.arange(WIDTH) - MOUTH_X) / MOUTH_HALF_WIDTH
    bottom = np.interp(steps, LIP_STEPS, GRIN["lower_in"])[None, :, None]
    teeth = np.clip((bottom - y) / 2, 0, 1) * np.clip((0.93 - steps[None, :, None]) / 0.15, 0, 1)
    teeth_row = np.maximum(y, np.interp(steps, LIP_STEPS, GRIN["upper_in"])[None, :, None] + 1.5)
    columns = np.broadcast_to(x[..., 0], (HEIGHT, WIDTH))
    upward = cv2.remap(grin, columns, np.broadcast_to(teeth_row[..., 0], (HEIGHT, WIDTH)).astype(np.float32), 1)
    return (inside + (upward - inside) * teeth).astype(np.float32)
