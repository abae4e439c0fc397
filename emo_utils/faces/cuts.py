"""Scene cuts: frames that do not follow from the one before.

The measure is 1 - r, with r the correlation of two small gray pictures of the whole frame, black bars left out: a
change of light alone does not count. Within the shots of 14 real clips it stays under 0.06 from one frame to the next
(a camera jump of 0.20 apart); two different clips, even two portraits framed alike, are 0.23 to 1.4 away from each
other. A cut must also stand out from the changes before it, as in PySceneDetect's adaptive detector, so that a waving
hand is none.
"""

from collections import deque

import cv2
import numpy as np

SIDE_PX = 32
"""Of the small pictures."""

LEAST_CHANGE = 0.15
"""1 - r under which nothing is a cut, for frames that follow each other at once; more is asked of frames further
apart, since people move meanwhile: `LEAST_CHANGE` + seconds between, at most `MOST_ASKED`."""

MOST_ASKED = 0.4

STANDS_OUT = 5.0
"""How many times the usual change of the last `MEMORY_FRAMES` frames a cut must be."""

MEMORY_FRAMES = 8

USUAL_FLOOR = 0.005
"""The usual change is taken to be at least this, so that a still scene does not make everything stand out."""

BLACK = 16
"""Gray level under which a place is black; one that is black in both frames is a bar beside the picture."""

BLANK_SPREAD = 4.0
"""Standard deviation in gray levels under which a frame shows nothing: black between scenes, a flash. It is passed
over, and what comes after is compared with what was before."""


class CutDetector:
    """Feed it the frames of a clip in order."""

    def __init__(self):
        self._last: np.ndarray | None = None
        self._last_s = 0.0
        self._usual: deque[float] = deque(maxlen=MEMORY_FRAMES)

    def is_cut(self, pixels: np.ndarray, time_s: float) -> bool:
        """Whether a new scene begins with this frame, uint8 (H, W, 3) RGB, shown at `time_s`."""
        small = _small(pixels)
        if small is None:
            return False
        last, self._last = self._last, small
        since_s, self._last_s = time_s - self._last_s, time_s
        if last is None:
            return False
        change = 1 - _correlation(last, small)
        usual = max(USUAL_FLOOR, float(np.median(self._usual))) if self._usual else USUAL_FLOOR
        asked = min(MOST_ASKED, LEAST_CHANGE + since_s)
        if change > asked and change > STANDS_OUT * usual:
            self._usual.clear()
            return True
        self._usual.append(change)
        return False


def _small(pixels: np.ndarray) -> np.ndarray | None:
    """The frame as gray values float32 (32, 32); None where it is blank."""
    step = max(1, min(pixels.shape[:2]) // (4 * SIDE_PX))  # most pixels of a large frame need not be touched
    small = cv2.resize(pixels[::step, ::step], (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    gray = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return None if gray.std() < BLANK_SPREAD else gray


def _correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Of two small pictures, -1 to 1."""
    shown = np.maximum(first, second) > BLACK
    first, second = (values[shown] - values[shown].mean() for values in (first, second))
    return float(first @ second / max(np.sqrt((first @ first) * (second @ second)), 1e-6))
