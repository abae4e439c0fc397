"""Eulerian video magnification: enlarge small motions, frame by frame.

Source: H.-Y. Wu, M. Rubinstein, E. Shih, J. Guttag, F. Durand, W. Freeman, "Eulerian Video Magnification for Revealing
Subtle Changes in the World", SIGGRAPH 2012. Each level of a spatial pyramid is band-passed in time by the difference of
two first-order low-passes, amplified, and added back. Fine levels are amplified less: a motion may be amplified only
to about an eighth of a wavelength before it breaks up. A motion of frequency f is enlarged |1 + a H(f)| times, where a
is the amplification of its level and H the response of the filter (`response`). Only the state of the filters is kept,
so the memory does not depend on the length of the clip.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from emo_utils.errors import EmoError
from emo_utils.structures import Frame
from emo_utils.video import read_frames
from emo_utils.video_writer import VideoWriter

PYRAMIDS = ("laplacian", "gaussian")


@dataclass(frozen=True)
class MagnifyOptions:
    """Frequencies and amplification of the magnification.

    Attributes:
        amplification: factor of the added motion; 4 makes the motion up to five times as large.
        low_hz, high_hz: the band; the default holds the rise and fall of expressions, not slow drifts.
        cutoff_px: shorter wavelengths are amplified less, in proportion (lambda_c in the paper).
        pyramid: `laplacian` magnifies motion; `gaussian` magnifies slow changes of colour over large areas.
        levels: of the pyramid; fewer for small frames.
        colour: amplification of colour relative to brightness; colour is mostly noise.
    """

    amplification: float = 4.0
    low_hz: float = 0.4
    high_hz: float = 3.0
    cutoff_px: float = 24.0
    pyramid: str = "laplacian"
    levels: int = 5
    colour: float = 0.1

    def __post_init__(self):
        if not 0 < self.low_hz < self.high_hz:
            raise EmoError(f"magnify: expected 0 < low_hz < high_hz, found {self.low_hz} and {self.high_hz}")
        if self.pyramid not in PYRAMIDS:
            raise EmoError(f"magnify: expected a pyramid of {' or '.join(PYRAMIDS)}, found {self.pyramid!r}")
        if self.amplification < 0 or self.levels < 1 or self.cutoff_px <= 0:
            raise EmoError("magnify: expected amplification >= 0, levels >= 1 and cutoff_px > 0")


MICRO_BAND = MagnifyOptions(amplification=2.0, low_hz=0.5, high_hz=20.0)
"""For micro-expressions: a rise of 0.05 s is passed, and delayed by 8 ms (1 / (2 pi f))."""


class Magnifier:
    """Magnifies the frames of one clip, which must be given in order."""

    def __init__(self, options: MagnifyOptions | None = None):
        self.options = options or MagnifyOptions()
        self._fast: list[np.ndarray] = []
        self._slow: list[np.ndarray] = []
        self._last_s = 0.0

    def __call__(self, pixels: np.ndarray, time_s: float) -> np.ndarray:
        """Magnify one frame.

        Args:
            pixels: uint8 (H, W, 3) RGB or (H, W) gray; always of the same shape.
            time_s: its time in seconds; must increase.

        Returns:
            uint8 of the same shape.
        """
        picture = _to_luma(pixels)
        bands = self._levels(picture)
        if not self._fast:
            self._fast, self._slow = [band.copy() for band in bands], [band.copy() for band in bands]
        step_s, self._last_s = time_s - self._last_s, time_s
        for state, hertz in ((self._fast, self.options.high_hz), (self._slow, self.options.low_hz)):
            share = new_share(hertz, step_s)
            for kept, band in zip(state, bands, strict=True):
                kept += share * (band - kept)
        gains = level_gains(len(bands), self.options)
        moved = [gain * (f - s) for gain, f, s in zip(gains, self._fast, self._slow, strict=True)]
        change = _collapse(moved)
        if self.options.pyramid == "gaussian":
            change = cv2.resize(change, picture.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        if picture.ndim == 3:
            change[..., 1:] *= self.options.colour
        return _from_luma(picture + change)

    def _levels(self, picture: np.ndarray) -> list[np.ndarray]:
        most = max(1, int(np.log2(min(picture.shape[:2]))) - 2)
        count = min(self.options.levels, most)
        return laplacian_pyramid(picture, count) if self.options.pyramid == "laplacian" else [_blurred(picture, count)]


def magnify_frames(frames: Iterable[Frame], options: MagnifyOptions | None = None) -> Iterator[Frame]:
    """The frames of a clip, magnified, one at a time."""
    magnifier = Magnifier(options)
    for frame in frames:
        yield replace(frame, pixels=magnifier(frame.pixels, frame.time_s))


def magnify_clip(
    clip: Path | str,
    path: Path | str,
    options: MagnifyOptions | None = None,
    on_frame: Callable[[int], None] | None = None,
) -> None:
    """Write a clip magnified as H.264, with its sound and its times; `on_frame` gets the number of frames done."""
    with VideoWriter(path, audio_from=clip) as writer:
        for done, frame in enumerate(magnify_frames(read_frames(clip), options), start=1):
            writer.write(frame.pixels, frame.time_s)
            if on_frame:
                on_frame(done)


def new_share(cutoff_hz: float, step_s: float) -> float:
    """Weight of a new value in a first-order low-pass: 1 - exp(-2 pi f t); r in the paper."""
    return float(1 - np.exp(-2 * np.pi * cutoff_hz * step_s))


def response(frequency_hz: float, fps: float, options: MagnifyOptions) -> complex:
    """The temporal filter's response H at a frequency, for frames at a fixed rate."""
    back = np.exp(-2j * np.pi * frequency_hz / fps)
    fast, slow = (new_share(hertz, 1 / fps) for hertz in (options.high_hz, options.low_hz))
    return complex(fast / (1 - (1 - fast) * back) - slow / (1 - (1 - slow) * back))


def level_gains(levels: int, options: MagnifyOptions) -> list[float]:
    """Amplification of each level, the finest first; the residual level is not amplified.

    A Laplacian level holds wavelengths of about 4, 8, 16 ... pixels. The bound is (1 + a) d < wavelength / 8, where d
    is the motion at which the cut-off wavelength gets the full amplification A. So
    a <= (1 + A) wavelength / cutoff - 1.
    """
    if options.pyramid == "gaussian":
        return [options.amplification]
    most = [(1 + options.amplification) * 4 * 2**level / options.cutoff_px - 1 for level in range(levels - 1)]
    return [float(np.clip(gain, 0, options.amplification)) for gain in most] + [0.0]


def laplacian_pyramid(picture: np.ndarray, levels: int) -> list[np.ndarray]:
    """`levels` float32 bands, the finest first, the blurred residual last; `_collapse` restores the picture."""
    bands = []
    for _ in range(levels - 1):
        smaller = cv2.pyrDown(picture)
        bands.append(picture - cv2.pyrUp(smaller, dstsize=picture.shape[1::-1]))
        picture = smaller
    return [*bands, picture]


def _collapse(bands: list[np.ndarray]) -> np.ndarray:
    picture = bands[-1]
    for band in reversed(bands[:-1]):
        picture = cv2.pyrUp(picture, dstsize=band.shape[1::-1]) + band
    return picture


def _blurred(picture: np.ndarray, levels: int) -> np.ndarray:
    for _ in range(levels - 1):
        picture = cv2.pyrDown(picture)
    return picture


def _to_luma(pixels: np.ndarray) -> np.ndarray:
    picture = pixels.astype(np.float32)
    return cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb) if pixels.ndim == 3 else picture


def _from_luma(picture: np.ndarray) -> np.ndarray:
    pixels = cv2.cvtColor(picture, cv2.COLOR_YCrCb2RGB) if picture.ndim == 3 else picture
    return np.clip(np.round(pixels), 0, 255).astype(np.uint8)
