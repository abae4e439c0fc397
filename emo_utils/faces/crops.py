"""Square face crops for a model; the same geometry for every detector and for training.

The face side is twice the mean of two lengths: the distance between the eyes, and from the eye line to the mouth. The
first gets shorter when the head turns, the second when it nods; their mean varies less than either. A crop is a square
with a side of (1 + 2 margin) face sides. It is rotated so that the eyes are level. The midpoint between eye line and
mouth is at `CENTRE`.

The defaults reproduce the framing of FER+, on which the shipped network is trained. They are the median positions of
eyes and mouth that BlazeFace finds in 3,959 FER+ training faces. `docs/ARCHITECTURE.md` describes the measurement.
"""

import math

import cv2
import numpy as np

from emo_utils.structures import LEFT_EYE, MOUTH, RIGHT_EYE, Frame, InputSpec

CENTRE = (0.5, 0.585)
"""Position of the midpoint between eye line and mouth in a crop, as shares of its width and height."""

NOMINAL_KEYPOINTS = np.array([[0.31, 0.385], [0.69, 0.385], [0.5, 0.60], [0.5, 0.79]], np.float32)
"""Eyes, nose and mouth as shares of a Haar box; used where a detector gives no keypoints."""


def keypoints_of(boxes: np.ndarray, keypoints: np.ndarray | None) -> np.ndarray:
    """Keypoints float32 (N, K, 2); estimated from the boxes (N, 4) where the detector gives none."""
    if keypoints is not None:
        return keypoints
    corner, size = boxes[:, None, :2], (boxes[:, 2:] - boxes[:, :2])[:, None]
    return (corner + size * NOMINAL_KEYPOINTS).astype(np.float32)


def face_side(keypoints: np.ndarray) -> np.ndarray:
    """Face side in pixels, float32 (N,), of keypoints (N, K, 2)."""
    eyes = keypoints[:, RIGHT_EYE] - keypoints[:, LEFT_EYE]
    down = keypoints[:, MOUTH] - (keypoints[:, LEFT_EYE] + keypoints[:, RIGHT_EYE]) / 2
    return np.hypot(*eyes.T) + np.hypot(*down.T)


def crop_transform(keypoints: np.ndarray, spec: InputSpec) -> np.ndarray:
    """Affine map float64 (2, 3) from frame pixels to crop pixels for one face's keypoints (K, 2)."""
    left, right, mouth = keypoints[LEFT_EYE], keypoints[RIGHT_EYE], keypoints[MOUTH]
    side = max(1.0, float(face_side(keypoints[None])[0]) * (1 + 2 * spec.margin))
    across = right - left
    angle = np.arctan2(across[1], across[0]) if spec.alignment == "eyes" else 0.0
    scale = spec.size / side
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    turn = np.array([[cosine, sine], [-sine, cosine]])
    middle = ((left + right) / 2 + mouth) / 2
    target = np.array(CENTRE) * spec.size - 0.5  # in OpenCV the centre of a pixel has integer coordinates
    return np.hstack([turn, (target - turn @ middle)[:, None]])


def crop_face(pixels: np.ndarray, keypoints: np.ndarray, spec: InputSpec, outside: int | None = None) -> np.ndarray:
    """Cut one face out of a frame.

    Args:
        pixels: uint8 (H, W, 3) RGB; for a gray crop also (H, W), its gray values, with the same result.
        keypoints: float (K, 2) in pixels.
        spec: size, margin, alignment and colour of the crop.
        outside: gray level of the area outside the frame; None repeats the edge of the frame, as in training.

    Returns:
        uint8 (S, S) for gray, (S, S, 3) for RGB.
    """
    transform = crop_transform(keypoints, spec)
    if spec.colour == "gray":
        pixels, transform = _gray_part(pixels, transform, spec.size)
    return _warp(pixels, transform, spec.size, outside)


def cut_face(pixels: np.ndarray, box: np.ndarray, keypoints: np.ndarray, spec: InputSpec) -> np.ndarray:
    """The crop of one face as `spec` requires, in training and in reading: `crop_face`, or `crop_box` for `box`.

    Args:
        pixels: uint8 (H, W, 3) RGB, or what `pixels_for` gives.
        box: float (4,), x1 y1 x2 y2 in pixels.
        keypoints: float (K, 2) in pixels.
        spec: of the crop.

    Returns:
        uint8 (S, S) for gray, (S, S, 3) for RGB.
    """
    if spec.alignment != "box":
        return crop_face(pixels, keypoints, spec)
    crop = crop_box(pixels, box, spec.margin, spec.size)
    return cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY) if spec.colour == "gray" else crop


WHOLE_GRAY_PX = 1280 * 720
"""Frames up to this size are converted to gray once, as a whole; of larger ones only the part around each face is."""


def gray_or_rgb(frame: Frame) -> np.ndarray:
    """The pixels for whoever needs gray values only: uint8 (H, W) gray, or RGB (H, W, 3) of a large frame."""
    height, width = frame.pixels.shape[:2]
    return frame.gray if height * width <= WHOLE_GRAY_PX else frame.pixels


def pixels_for(frame: Frame, spec: InputSpec) -> np.ndarray:
    """The pixels from which crops of this spec are cut: `gray_or_rgb` where gray values are enough, else RGB."""
    return gray_or_rgb(frame) if spec.colour == "gray" and spec.alignment != "box" else frame.pixels


def crop_box(pixels: np.ndarray, box: np.ndarray, margin: float = 0.10, size: int = 224) -> np.ndarray:
    """Cut a detector's box out of a frame, without rotation and without the face side.

    The defaults are those of the temporal-stack system (S3.2): the box of the face mesh, 10 % wider on each side,
    resized to 224 x 224. A box that is not square is stretched to a square.

    Args:
        pixels: uint8 (H, W, 3) RGB.
        box: float (4,), x1 y1 x2 y2 in pixels from the frame's upper left corner: [0, 0, W, H] is the whole frame.
        margin: added on each of the four sides, as a share of the box's width (left, right) or height (top, bottom).
        size: side of the crop in pixels.

    Returns:
        uint8 (S, S, 3). The area outside the frame repeats the edge of the frame.

    Raises:
        ValueError: the box has no area.
    """
    box = np.asarray(box, float)
    side = (box[2:] - box[:2]) * (1 + 2 * margin)
    if not (side > 0).all():
        raise ValueError(
            f"crop_box: expected x1 < x2 and y1 < y2, found {box.tolist()}; give a row of Detections.boxes"
        )
    scale = size / side
    corner = (box[:2] + box[2:] - side) / 2
    offset = (0.5 - corner) * scale - 0.5  # in OpenCV the centre of a pixel has integer coordinates
    return _warp(pixels, np.hstack([np.diag(scale), offset[:, None]]), size)


def _warp(pixels: np.ndarray, transform: np.ndarray, size: int, outside: int | None = None) -> np.ndarray:
    """Apply an affine map (2, 3) from frame to crop pixels; pixels are averaged where the crop is much smaller."""
    edge = {"borderMode": cv2.BORDER_REPLICATE}
    if outside is not None:
        edge = {"borderMode": cv2.BORDER_CONSTANT, "borderValue": (outside,) * 3}
    across, down = (max(1, int(1 / math.hypot(*row[:2]))) for row in transform.tolist())
    if across == down == 1:
        return cv2.warpAffine(pixels, transform, (size, size), **edge)
    # Sample at a multiple of the size, then average: plain interpolation would skip pixels (aliasing).
    finer = np.array([across, down])
    fine = transform * finer[:, None]
    fine[:, 2] += (finer - 1) / 2
    large = cv2.warpAffine(pixels, fine, (size * across, size * down), **edge)
    return cv2.resize(large, (size, size), interpolation=cv2.INTER_AREA)


def _gray_part(pixels: np.ndarray, transform: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Gray values of the part of the frame that the crop covers, and the transform from this part to the crop."""
    (a, b, c), (d, e, f) = transform.tolist()  # plain numbers: NumPy would take longer than the crop
    corners = [(x - c, y - f) for x in (-1, size) for y in (-1, size)]
    across = [(e * x - b * y) / (a * e - b * d) for x, y in corners]
    down = [(a * y - d * x) / (a * e - b * d) for x, y in corners]
    height, width = pixels.shape[:2]
    left, top = (min(max(math.floor(min(line)) - 2, 0), end - 1) for line, end in ((across, width), (down, height)))
    right = min(max(math.ceil(max(across)) + 3, left + 1), width)
    bottom = min(max(math.ceil(max(down)) + 3, top + 1), height)
    moved = transform.copy()
    moved[:, 2] += transform[:, :2] @ [left, top]
    part = pixels[top:bottom, left:right]
    return part if part.ndim == 2 else cv2.cvtColor(part, cv2.COLOR_RGB2GRAY), moved
