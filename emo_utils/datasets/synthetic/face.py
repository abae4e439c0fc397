"""Renders a synthetic face from facial action units.

Units are those of the Facial Action Coding System (P. Ekman, W. V. Friesen, J. C. Hager, "FACS", 2002); which units
make which emotion follows its EMFACS table. Geometry: each column of the face is cut at eleven features (brow, lids,
cheek, nose, lips, chin), and the pieces between them stretch as the units move the features. Appearance: the skin's
folds deepen with the units; eyeballs, teeth and the dark of the mouth lie behind the skin and show where it parts.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

from emo_utils.datasets.synthetic.features import (
    AXIS_X,
    BROW,
    GRIN,
    LIP_STEPS,
    LOWER_LID,
    MOUTH_HALF_WIDTH,
    MOUTH_X,
    UPPER_LID,
)
from emo_utils.datasets.synthetic.portrait import curve

UNITS = 46
"""Length of a vector of action units: `units[12]` is AU12, from 0 (rest) to 1 (as strong as it gets)."""

EMOTION_UNITS = {
    "anger": {4: 1.1, 5: 0.3, 7: 1.0, 9: 0.3, 10: 0.5, 15: 1.0, 17: 1.0, 23: 0.5, 24: 0.6},
    "disgust": {4: 0.35, 7: 0.8, 9: 1.0, 10: 1.1, 15: 1.0, 16: 0.5, 25: 0.3},
    "fear": {1: 0.9, 2: 0.5, 4: 0.35, 5: 1.0, 20: 1.0, 25: 1.0, 26: 0.45},
    "happiness": {6: 1.0, 12: 1.0, 25: 1.0},
    "neutral": {},
    "sadness": {1: 1.0, 4: 0.1, 7: 0.5, 11: 0.6, 15: 1.0, 17: 0.6, 20: 0.8, 43: 0.8},
    "surprise": {1: 0.8, 2: 1.0, 5: 1.0, 25: 1.0, 26: 1.0},
}
"""Strength of each action unit at the apex of each emotion."""

LEFT, TOP, RIGHT, BOTTOM = 125, 88, 276, 318
"""The part of the canvas that expressions change, in pixels; hair and collar around it stay."""

_x = np.arange(LEFT, RIGHT, dtype=np.float32)
_y = np.arange(TOP, BOTTOM, dtype=np.float32)[:, None]
_aside = np.abs(_x - AXIS_X)


def unit_vector(strengths: dict[int, float]) -> np.ndarray:
    """Action units as a float32 vector (UNITS,)."""
    units = np.zeros(UNITS, np.float32)
    for number, strength in strengths.items():
        units[number] = strength
    return units


@dataclass(frozen=True)
class Face:
    """One person's canvas, dressed and lit; float32 RGB 0 to 255 of shape (H, W, 3), masks (H, W).

    Attributes:
        relaxed, grin: skin, hair and clothes without and with the grin's folds.
        teeth, cavity: what lies behind the lips, jaw up and jaw down.
        eyes: what lies behind the lids.
        folds: crease depth by name.
    """

    relaxed: np.ndarray = field(repr=False)
    grin: np.ndarray = field(repr=False)
    teeth: np.ndarray = field(repr=False)
    cavity: np.ndarray = field(repr=False)
    eyes: np.ndarray = field(repr=False)
    folds: dict[str, np.ndarray] = field(repr=False)


class SyntheticFace:
    """Draws one person's face for any action units.

    Args:
        face: the person's canvas.
    """

    def __init__(self, face: Face):
        patch = np.s_[TOP:BOTTOM, LEFT:RIGHT]
        self._rest = np.clip(face.relaxed, 0, 255).astype(np.uint8)
        self._relaxed = np.ascontiguousarray(face.relaxed[patch])
        self._grin_folds = np.ascontiguousarray(face.grin[patch] - face.relaxed[patch])
        self._teeth = np.ascontiguousarray(face.teeth[patch])
        self._cavity = np.ascontiguousarray(face.cavity[patch])
        self._eyes = np.ascontiguousarray(face.eyes[patch])
        self._folds = {name: np.ascontiguousarray(depth[patch]) for name, depth in face.folds.items()}

    def draw(self, units: np.ndarray) -> np.ndarray:
        """Draw the canvas: uint8 (H, W, 3) RGB for action units (UNITS,)."""
        target, source, u = knots(units)
        rows, columns = _backward_map(target, source, u)
        skin = cv2.remap(self._creased(units), columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        self._show_eyes(skin, target["upper_lid"], target["lower_lid"])
        self._show_mouth(skin, target["upper_in"], target["lower_in"], units)
        canvas = self._rest.copy()
        canvas[TOP:BOTTOM, LEFT:RIGHT] = np.clip(skin, 0, 255)
        return canvas

    def _creased(self, units: np.ndarray) -> np.ndarray:
        grin = np.clip(max(units[12], 0.6 * units[9], 0.4 * units[10]), 0, 1.1)
        skin = cv2.scaleAdd(self._grin_folds, float(grin), self._relaxed)
        weights = {name: weight for name, weight in fold_weights(units).items() if weight > 0}
        if weights:
            depth = sum(weight * self._folds[name] for name, weight in weights.items())
            skin *= 1 - depth[..., None] * FOLD_RGB
        return skin

    def _show_eyes(self, skin: np.ndarray, top: np.ndarray, bottom: np.ndarray) -> None:
        rows = np.s_[45:80]
        gap = _gap(_y[rows], top, bottom, soft_px=0.6)
        shadow = 1 - 0.4 * np.exp(-((np.maximum(_y[rows] - top, 0) / 1.8) ** 2))  # the upper lid's, on the eyeball
        skin[rows] += (self._eyes[rows] * shadow[..., None] - skin[rows]) * gap[..., None]

    def _show_mouth(self, skin: np.ndarray, top: np.ndarray, bottom: np.ndarray, units: np.ndarray) -> None:
        part = np.s_[100:180, 30:121]
        y, top, bottom = _y[part[0]], top[part[1]], bottom[part[1]]
        jaw_down = float(np.clip(2.5 * units[26] + units[20] - units[12], 0, 1))
        behind = cv2.addWeighted(self._teeth[part], 1 - jaw_down, self._cavity[part], jaw_down, 0)
        gap = _gap(y, top, bottom, soft_px=0.8 + 1.2 * jaw_down)
        skin[part] += (behind - skin[part]) * gap[..., None]
        inward = 1 - np.abs(_x[part[1]] - MOUTH_X) / _mouth_half_width(units)
        between = np.clip(inward / 0.12, 0, 1) * np.clip(1 - (bottom - top) / 3, 0, 1)
        seam = np.exp(-(((y - (top + bottom) / 2) / 1.1) ** 2)) * between * 0.55
        skin[part] *= 1 - seam[..., None] * SEAM_RGB


FOLD_RGB = np.array([0.75, 1.0, 1.1], np.float32)
SEAM_RGB = np.array([0.8, 1.0, 1.0], np.float32)
"""How much of each colour is lost in a fold, and in the line between closed lips: both keep more red."""


def _gap(y: np.ndarray, top: np.ndarray, bottom: np.ndarray, soft_px: float) -> np.ndarray:
    """1 between the curves `top` and `bottom`, 0 outside, with soft edges; 0 where they meet."""
    gap = np.clip((y - top) / soft_px + 0.5, 0, 1) * np.clip((bottom - y) / soft_px + 0.5, 0, 1)
    return (gap * np.clip((bottom - top) / 1.2 - 0.2, 0, 1)).astype(np.float32)


def fold_weights(units: np.ndarray) -> dict[str, float]:
    """How deep each fold is, 0 to about 0.5, for action units."""
    au = units
    return {
        "nasolabial": 0.14 * au[9] + 0.10 * au[10] + 0.10 * au[20] + 0.16 * au[11] + 0.06 * au[23],
        "frown": 0.44 * au[4],
        "glabella": 0.32 * au[4] + 0.10 * au[9],
        "socket": 0.36 * au[4] * (1 - 0.6 * au[1]),
        "hood": 0.30 * au[15] * au[1] + 0.15 * au[4],
        "groove": 0.20 * au[11] + 0.16 * au[9] + 0.10 * au[23] + 0.12 * au[20],
        "nose_side": 0.17 * au[9] + 0.10 * au[4],
        "nose": 0.30 * au[9],
        "forehead": 0.22 * au[2] + 0.05 * au[1],
        "sorrow": 0.26 * au[1] * (1 - au[2]),
        "crow": 0.16 * au[6],
        "pouch": 0.10 * au[6] + 0.16 * au[7] + 0.12 * au[9],
        "chin": 0.24 * au[17],
        "under_lip": 0.22 * max(1 - au[12], 0) + 0.1 * au[23],
        "corners": 0.18 * au[15] + 0.06 * au[23],
    }


def knots(units: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], np.ndarray]:
    """Where the features are, per column of the patch.

    Returns:
        Rows of each feature on the face to be drawn; rows of the same features in the photograph; and the mouth's
        own coordinate: 0 in its middle, -1 and 1 at its corners.
    """
    source, target = {"hair": np.full_like(_x, 96)}, {"hair": np.full_like(_x, 96)}
    _brows(units, source, target)
    _lids(units, source, target)
    source["cheek"] = np.full_like(_x, 177)
    target["cheek"] = source["cheek"] + _bump(_aside, 36, 16) * (2.5 * (1 - units[6]) - 2.5 * units[9])
    source["nose"] = np.full_like(_x, 192)
    target["nose"] = source["nose"] - _bump(_aside, 16, 12) * (4.0 * units[9] + 1.5 * units[10])
    u = _lips(units, source, target)
    jaw_px = 16 * units[26] + 1.0 * units[25] - 2.5 * units[17] - 1.0 * units[24]
    source["chin"] = 257 - 24 * np.minimum(_aside / 62, 1) ** 2
    target["chin"] = source["chin"] + jaw_px * _bump(_aside, 0, 42)
    source["neck"] = target["neck"] = np.full_like(_x, 316)
    return target, source, u


def _brows(au: np.ndarray, source: dict, target: dict) -> None:
    source["brow"] = curve(BROW, _x)
    inner = -11.0 * au[1] + 10.0 * au[4] - 1.0 * au[2] + 2.0 * au[9]
    middle = -4.0 * au[1] + 7.2 * au[4] - 6.0 * au[2] + 1.5 * au[9]
    outer = 2.0 * au[1] + 1.8 * au[4] - 6.5 * au[2] + 0.5 * au[9]
    lift = np.interp(_aside, (0, 17, 31, 47, 66), (0.6 * inner, inner, middle, outer, 0))
    target["brow"] = source["brow"] + lift.astype(np.float32)


def _lids(au: np.ndarray, source: dict, target: dict) -> None:
    up, low = curve(UPPER_LID, _x), curve(LOWER_LID, _x)
    low = np.maximum(low, up)
    open_px = np.minimum((low - up) / 5, 1)  # the lids move in the eye's middle, not at its corners
    raised = 1.0 + 3.6 * au[5] - 1.2 * au[7] - 0.6 * au[6] - 3.0 * au[43] - 1.0 * au[9]
    lowered = 1.2 + 0.4 * au[5] - 1.8 * au[6] - 2.0 * au[7] - 1.6 * au[9] - 0.5 * au[12]
    upper, lower = up - raised * open_px, low + lowered * open_px
    upper = np.minimum(upper + (lower - upper) * np.clip(au[45], 0, 1), lower)
    source["crease"] = up - 4  # the lashes move as one piece; the skin above the crease stretches
    target["crease"] = source["crease"] + 0.9 * (upper - up)
    source["upper_lid"], source["lower_lid"] = up - 0.6 * open_px, low + 0.6 * open_px
    target["upper_lid"], target["lower_lid"] = upper, lower


REST_STEPS = (0, 0.16, 0.4, 0.7, 0.9, 1)
REST = {
    "upper_out": (205.2, 204.3, 205.3, 208.1, 210.2, 211.4),
    "upper_in": (210.7, 210.9, 210.5, 210.5, 211.0, 211.4),
    "lower_in": (210.7, 210.9, 210.5, 210.5, 211.0, 211.4),
    "lower_out": (218.9, 218.6, 217.3, 214.3, 212.4, 211.4),
}
"""The closed lips at rest; rows of their edges at distances from the mouth's middle, in half widths."""


def _mouth_half_width(au: np.ndarray) -> float:
    return 23.5 + 8.0 * au[12] + 4.0 * au[20] + 0.5 * au[15] - 2.0 * au[23] - 1.0 * au[24] - 5.0 * au[26] + 1.5 * au[10]


def _lips(au: np.ndarray, source: dict, target: dict) -> np.ndarray:
    half = _mouth_half_width(au)
    u = (_x - MOUTH_X) / half
    step = np.minimum(np.abs(u), 1)
    arch = np.sqrt(np.maximum(1 - step**2, 0))
    grin = {edge: np.interp(step, LIP_STEPS, rows) for edge, rows in GRIN.items()}
    rest = {edge: np.interp(step, REST_STEPS, rows) for edge, rows in REST.items()}
    lips = {edge: rest[edge] + au[12] * (grin[edge] - rest[edge]) for edge in GRIN}
    if au[25] < au[12]:  # a smile with closed lips: the edges meet half way
        middle = (lips["upper_in"] + lips["lower_in"]) / 2
        closed = (1 - au[25] / au[12]) if au[12] > 0 else 0
        for edge in ("upper_in", "lower_in"):
            lips[edge] += (middle - lips[edge]) * closed
    corners = step**2 * (6.0 * au[15] + 2.0 * au[20] + 4.5 * au[26]) - 2.5 * au[17] * (1 - step**2)
    opened = arch * (17 * au[26] + 1.5 * au[25] * (1 - au[12]) + 2.0 * au[20] * au[25])
    sneer = 4.5 * au[10] * _bump(step, 0.35, 0.45) * arch
    pressed = min(au[17] + au[24], 1) * (1 - min(au[25], 1))  # the chin pushes the lower lip after the upper one
    raised = -arch * (3.6 * au[26] + 0.8 * au[25] * (1 - au[12])) - sneer
    lowered = opened + arch * (3.5 * au[16] + 1.0 * au[20]) * (1 - pressed) - sneer * pressed
    thin = 1 - 0.45 * au[23] - 0.25 * au[24] - 0.15 * au[20]
    upper_in, lower_in = lips["upper_in"] + corners + raised, lips["lower_in"] + corners + lowered
    rolled = 2.5 * au[26] * arch * step**2  # seen from the side, the lips of an open mouth are thick at the corners too
    target["upper_out"] = upper_in - (lips["upper_in"] - lips["upper_out"]) * thin - rolled
    target["upper_in"], target["lower_in"] = upper_in, lower_in
    target["lower_out"] = lower_in + (lips["lower_out"] - lips["lower_in"]) * thin + rolled
    beyond = np.exp(-((np.maximum(np.abs(u) - 1, 0) * half / 20) ** 2))
    for edge in GRIN:  # beside the mouth its corner's displacement fades out over the cheek
        at_corner = target[edge] - grin[edge]
        inset = {"upper_in": -0.8, "lower_in": 0.9}.get(edge, 0) * arch  # the lips' own colour, not the teeth's
        source[edge] = (grin[edge] + inset).astype(np.float32)
        target[edge] = (grin[edge] + at_corner * beyond).astype(np.float32)
    return u.astype(np.float32)


def _backward_map(target: dict, source: dict, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For every pixel of the patch, the row and column of the photograph's patch it shows."""
    drawn = np.maximum.accumulate(np.stack(list(target.values())), axis=0)
    photo = np.stack([source[name] for name in target])
    rows = np.broadcast_to(photo[0] + (_y - drawn[0]), (len(_y), len(_x))).copy()
    np.minimum(rows, photo[0], out=rows)
    for k in range(len(drawn) - 1):
        length = np.maximum(drawn[k + 1] - drawn[k], 0.5)
        share = np.clip((_y - drawn[k]) / length, 0, 1)
        rows += share * (photo[k + 1] - photo[k])
    return rows - TOP, _columns(target, u) - LEFT


def _columns(target: dict, u: np.ndarray) -> np.ndarray:
    """Photograph column per pixel: the lips' band is as wide as the mouth now is, and fades out above and below."""
    width = np.interp(u, (-1, 1), (-MOUTH_HALF_WIDTH, MOUTH_HALF_WIDTH)) + MOUTH_X
    edge = np.maximum(np.abs(u) - 1, 0) * 25
    shift = np.where(np.abs(u) <= 1, width - _x, 0)
    half = (_x - MOUTH_X) / np.where(np.abs(u) < 1e-6, 1, u)
    at_corner = np.sign(u) * (MOUTH_HALF_WIDTH - half)
    shift = np.where(np.abs(u) > 1, at_corner * np.exp(-((edge / 16) ** 2)), shift)
    outside = np.maximum(target["upper_out"] - _y, 0) + np.maximum(_y - target["lower_out"], 0)
    return (_x + shift * np.exp(-((outside / 9) ** 2))).astype(np.float32)


def _bump(values: np.ndarray, centre: float, width: float) -> np.ndarray:
    return np.exp(-(((values - centre) / width) ** 2))
