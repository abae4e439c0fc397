"""From a face in a frame to the square picture a model eats: one geometry for every detector and for training.

The face side is 2 x the mean of two lengths: eye to eye, and eye line to mouth. The first shrinks when the head
turns, the second when it nods; their mean is steadier than either. A crop is a square of (1 + 2 margin) face sides,
turned so that the eyes are level, with the middle between eye line and mouth at `CENTRE`.

The defaults reproduce the framing of FER+, on which the shipped network is trained: BlazeFace finds the eyes and
mouths of 3,959 FER+ training faces at these places (medians; `docs/ARCHITECTURE.md` tells how this was measured).
"""

import cv2
import numpy as np

from emo_utils.structures import LEFT_EYE, MOUTH, RIGHT_EYE, InputSpec

CENTRE = (0.5, 0.585)
"""Where the middle between eye line and mouth lies in a crop, as shares of its width and height."""

NOMINAL_KEYPOINTS = np.array([[0.31, 0.385], [0.69, 0.385], [0.5, 0.60], [0.5, 0.79]], np.float32)
"""Eyes, nose and mouth as shares of a Haar box; stands in for keypoints where a detector gives none."""


def keypoints_of(boxes: np.ndarray, keypoints: np.ndarray | None) -> np.ndarray:
    """Keypoints float32 (N, K, 2); guessed from the boxes (N, 4) where the detector gives none."""
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
    target = np.array(CENTRE) * spec.size - 0.5  # a pixel's centre has whole coordinates in OpenCV
    return np.hstack([turn, (target - turn @ middle)[:, None]])


def crop_face(pixels: np.ndarray, keypoints: np.ndarray, spec: InputSpec) -> np.ndarray:
    """Cut one face out of a frame.

    Args:
        pixels: uint8 (H, W, 3) RGB.
        keypoints: float (K, 2) in pixels.
        spec: size, margin, alignment and colour of the crop.

    Returns:
        uint8 (S, S) for gray, (S, S, 3) for RGB. What lies outside the frame repeats its edge.
    """
    transform = crop_transform(keypoints, spec)
    shrink = int(1 / np.hypot(transform[0, 0], transform[0, 1]))
    if spec.colour == "gray":
        pixels, transform = _gray_part(pixels, transform, spec.size)
    if shrink < 2:
        return cv2.warpAffine(pixels, transform, (spec.size, spec.size), borderMode=cv2.BORDER_REPLICATE)
    # Sample `shrink` times finer, then average: plain interpolation would skip pixels and flicker (aliasing).
    fine = transform * shrink
    fine[:, 2] += (shrink - 1) / 2
    large = cv2.warpAffine(pixels, fine, (spec.size * shrink,) * 2, borderMode=cv2.BORDER_REPLICATE)
    return cv2.resize(large, (spec.size, spec.size), interpolation=cv2.INTER_AREA)


def _gray_part(pixels: np.ndarray, transform: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Gray values of the part of the frame that the crop covers, and the transform from that part."""
    corners = np.array([[-1, -1], [size, -1], [-1, size], [size, size]], float)
    in_frame = (corners - transform[:, 2]) @ np.linalg.inv(transform[:, :2]).T
    height, width = pixels.shape[:2]
    left, top = np.clip(np.floor(in_frame.min(0)).astype(int) - 2, 0, [width - 1, height - 1])
    right, bottom = np.clip(np.ceil(in_frame.max(0)).astype(int) + 3, [left + 1, top + 1], [width, height])
    moved = transform.copy()
    moved[:, 2] += transform[:, :2] @ [left, top]
    return cv2.cvtColor(pixels[top:bottom, left:right], cv2.COLOR_RGB2GRAY), moved
