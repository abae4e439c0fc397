"""Corruptions of face pictures as in video: framing errors, blur, compression, low resolution, low light.

Each corruption takes gray pictures uint8 (N, S, S), a level and a random generator, and returns pictures of the same
shape. Levels in pixels are for FER+'s 48 x 48. `emo_utils.training.augment` has similar effects in separate code, so
that a network is not tested with the very code of its augmentation.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

PHOTONS_AT_WHITE = 500
"""Photons that a white pixel counts in full light, for a small sensor indoors. Chosen, not measured."""


@dataclass(frozen=True)
class Jitter:
    """Standard deviations of the differences between crops of one face.

    Attributes:
        x, y: of the crop's middle, in crop sides.
        log_scale: of the logarithm of the crop's side.
        rotation_deg: of its angle.
    """

    x: float
    y: float
    log_scale: float
    rotation_deg: float


FRAME_TO_FRAME = Jitter(0.0034, 0.0032, 0.0075, 0.59)
"""From frame to frame: BlazeFace in every frame of 13 real clips, 2,275 faces, against their own smooth path
(Savitzky-Golay over 9 frames, second order; enlarged by what such a filter follows of white noise)."""

FRAMING = Jitter(0.014, 0.018, 0.055, 2.9)
"""Between detectors on the same 273 frames of 12 of these clips: face mesh, MTCNN and full-range BlazeFace, each less
short-range BlazeFace, root mean square of their standard deviations. More than half of the variance lies between clips,
not within them."""


@dataclass(frozen=True)
class Corruption:
    """One kind of corruption.

    Attributes:
        title: its name in tables.
        unit: of its levels.
        levels: from mild to severe.
        spoil: a function of pictures uint8 (N, S, S), a level and a random generator.
    """

    title: str
    unit: str
    levels: tuple[float, ...]
    spoil: Callable[[np.ndarray, float, np.random.Generator], np.ndarray]


def jittered(pictures: np.ndarray, jitter: Jitter, times: float, rng: np.random.Generator) -> np.ndarray:
    """Shift, scale and turn each picture by its own normal draw, `times` as wide as `jitter`.

    The random draws are the same for each value of `times`, so that levels differ in nothing else. Lanczos
    interpolation is used because simpler ones add blur, which is measured separately. Outside the picture the edge is
    repeated.
    """
    size = pictures.shape[-1]
    middle = (size - 1) / 2
    deviations = np.array([jitter.x * size, jitter.y * size, jitter.log_scale, jitter.rotation_deg])
    drawn = rng.standard_normal((len(pictures), 4)) * deviations * times
    moved = []
    for picture, (x, y, log_scale, degrees) in zip(pictures, drawn, strict=True):
        transform = cv2.getRotationMatrix2D((middle, middle), degrees, np.exp(log_scale))
        transform[:, 2] += x, y
        moved.append(
            cv2.warpAffine(picture, transform, (size, size), flags=cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REPLICATE)
        )
    return np.stack(moved)


def jitter(pictures: np.ndarray, times: float, rng: np.random.Generator) -> np.ndarray:
    """Framing error of `times` the jitter of our detector from frame to frame."""
    return jittered(pictures, FRAME_TO_FRAME, times, rng)


def framed_otherwise(pictures: np.ndarray, times: float, rng: np.random.Generator) -> np.ndarray:
    """Framing error of `times` the difference between our detectors."""
    return jittered(pictures, FRAMING, times, rng)


def blurred(pictures: np.ndarray, sigma_px: float, rng: np.random.Generator) -> np.ndarray:
    """Gaussian, as out of focus."""
    return np.stack([cv2.GaussianBlur(p, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE) for p in pictures])


def compressed(pictures: np.ndarray, quality: float, rng: np.random.Generator) -> np.ndarray:
    """JPEG, written and read back."""
    options = [cv2.IMWRITE_JPEG_QUALITY, int(quality)]
    files = [cv2.imencode(".jpg", picture, options)[1] for picture in pictures]
    return np.stack([cv2.imdecode(file, cv2.IMREAD_GRAYSCALE) for file in files])


def few_pixels(pictures: np.ndarray, side_px: float, rng: np.random.Generator) -> np.ndarray:
    """Averaged down to a side of so many pixels and up again, as a small face in a frame is enlarged."""
    full, side = pictures.shape[-1], int(side_px)
    down = [cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA) for picture in pictures]
    return np.stack([cv2.resize(picture, (full, full), interpolation=cv2.INTER_LINEAR) for picture in down])


def in_low_light(pictures: np.ndarray, gain: float, rng: np.random.Generator) -> np.ndarray:
    """Low light: a share `gain` of the photons with shot noise (Poisson), rounded to 8 bits, not brightened again."""
    photons = rng.poisson(pictures / 255 * gain * PHOTONS_AT_WHITE)
    return np.clip(np.rint(photons * 255 / PHOTONS_AT_WHITE), 0, 255).astype(np.uint8)


def mildly_everything(pictures: np.ndarray, level: float, rng: np.random.Generator) -> np.ndarray:
    """The mildest level of each corruption but jitter, in the order of image formation."""
    for spoil, mild in (
        (framed_otherwise, 1),
        (blurred, 0.5),
        (few_pixels, 32),
        (in_low_light, 0.5),
        (compressed, 50),
    ):
        pictures = spoil(pictures, mild, rng)
    return pictures


CORRUPTIONS = (
    Corruption("jitter", "times measured", (0.5, 1, 2, 3), jitter),
    Corruption("framing", "times measured", (0.5, 1, 2, 3), framed_otherwise),
    Corruption("blur", "sigma, px of 48", (0.5, 1, 1.5, 2), blurred),
    Corruption("jpeg", "quality", (50, 30, 15, 8), compressed),
    Corruption("few pixels", "side, px", (32, 24, 16), few_pixels),
    Corruption("low light", "gain", (0.5, 0.25, 0.12), in_low_light),
    Corruption("all mild", "", (1,), mildly_everything),
)
