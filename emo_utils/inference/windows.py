"""Cut the tracked faces of a clip into the windows that a network over time reads.

A window is what a training sample was: as many frames, at the same rate, made by the same code
(`representations.representation.Windowed.sample`). Each track is cut on its own. Its first window begins with its first
face, the next ones a hop later, and its last one ends with its last face. A track that is shorter than a window gives
one shorter window, if training had samples as short as that; else none.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field

import numpy as np

from emo_utils.errors import SampleError
from emo_utils.representations.face_sequence import CutFace, Cutter
from emo_utils.representations.representation import Span
from emo_utils.video import Picture

HOPS_PER_WINDOW = 6
"""The default hop is the window divided by this: 15 of 90 frames, 10 of 60."""

SAME_RATE = 0.1
"""A clip whose frame rate differs by less than this share from that of the samples is cut frame by frame."""

NEARLY = 1e-3
"""Share of a frame by which a time stamp may be early."""

MakeSample = Callable[[Iterable[Picture], Cutter], np.ndarray | None]
"""`Windowed.sample` of a representation."""


@dataclass(frozen=True)
class WindowRule:
    """The windows of a network: the entry `window` of its sidecar.

    Attributes:
        frames: number of frames of a window.
        step: frames from one used frame to the next.
        shortest: number of frames of the shortest window, that of the shortest training sample.
        hop: frames from the start of one window to that of the next.
        fps: frames a second of the training samples, their median; None if they had no times.
    """

    frames: int
    step: int
    shortest: int
    hop: int
    fps: float | None

    def __post_init__(self):
        if not 1 <= self.shortest <= self.frames or self.step < 1 or not 1 <= self.hop <= self.frames:
            raise ValueError(f"window: expected 1 <= shortest <= frames and 1 <= hop <= frames, found {asdict(self)}")

    @classmethod
    def of(cls, span: Span, shortest: int, longest: int, fps: float | None) -> "WindowRule":
        """The rule for a representation whose training samples cover `shortest` to `longest` frames."""
        frames = span.frames or longest
        hop = span.step * max(1, round(frames / HOPS_PER_WINDOW / span.step))
        return cls(frames, span.step, min(frames, max(span.shortest, shortest)), min(hop, frames), fps)

    def to_dict(self) -> dict:
        """Plain values for a sidecar; `WindowRule(**d)` reads them back."""
        return asdict(self)

    def detect_every(self, rate: float | None, usual: int) -> int:
        """Frames from one detection to the next, for a clip of `rate` frames a second.

        Used frames should be frames of a detection, as they were in training: the result divides the step where the
        clip has the rate of the samples, and is at most `usual`.
        """
        step = self.step if self._same(rate) else max(1, int(self.step * (rate or 1) / (self.fps or 1)))
        return max(n for n in range(1, step + 1) if step % n == 0 and n <= usual)

    def _same(self, rate: float | None) -> bool:
        return not rate or not self.fps or abs(rate / self.fps - 1) < SAME_RATE


class SampleClock:
    """Numbers the frames of a clip at the rate of the training samples.

    Args:
        rule: of the network.
        rate: frames a second that are read of the clip; None if unknown.
    """

    def __init__(self, rule: WindowRule, rate: float | None):
        self._fps = None if rule._same(rate) else rule.fps
        self._first_s: float | None = None
        self.last = -1

    def ticks(self, time_s: float) -> range:
        """The numbers of the next frame: none where the clip has more frames than are needed, several if fewer."""
        self._first_s = time_s if self._first_s is None else self._first_s
        last = self.last + 1 if self._fps is None else math.floor((time_s - self._first_s) * self._fps + NEARLY)
        found = range(self.last + 1, last + 1)
        self.last = max(self.last, last)
        return found


@dataclass(frozen=True)
class CutWindow:
    """One window of one track.

    Attributes:
        track_id: of the track.
        start: number of its first frame (`SampleClock`).
        length: number of frames.
        sample: the input of the network, as `Windowed.sample` gives it.
    """

    track_id: int
    start: int
    length: int
    sample: np.ndarray = field(repr=False)


class TrackWindows:
    """Cuts one track into windows while its faces come; at most a window of faces is kept.

    After a gap of more than half a window, cutting begins anew.
    """

    def __init__(self, track_id: int, rule: WindowRule, make: MakeSample):
        self.track_id, self._rule, self._make = track_id, rule, make
        self._faces: dict[int, CutFace] = {}
        self._first = self._start = self.last = -1
        self._done_to = -1

    def add(self, tick: int, face: CutFace) -> Iterator[CutWindow]:
        """Add the face of the next frame; yields the windows that are now whole."""
        rule = self._rule
        if self._faces and tick - self.last > rule.frames / 2:
            yield from self.close()
        if not self._faces:
            self._first = self._start = tick
            self._done_to = -1
        self._faces[tick], self.last = face, tick
        while tick >= self._start + rule.frames - 1:
            yield from self._cut(self._start, rule.frames)
            self._start += rule.hop
        for old in [number for number in self._faces if number <= tick - rule.frames]:
            del self._faces[old]

    def close(self) -> Iterator[CutWindow]:
        """The window that ends with the last face; the faces are forgotten."""
        if self._faces and self._done_to < self.last:
            length = min(self._rule.frames, self.last - self._first + 1)
            if length >= self._rule.shortest:
                yield from self._cut(self.last - length + 1, length)
        self._faces = {}

    def _cut(self, start: int, length: int) -> Iterator[CutWindow]:
        pictures = (Picture(number, float("nan"), _no_pixels) for number in range(length))
        sample = self._make(pictures, _KeptFaces(self._faces, start))
        if sample is not None:
            self._done_to = start + length - 1
            yield CutWindow(self.track_id, start, length, sample)


@dataclass(frozen=True)
class _KeptFaces:
    """Gives the faces of a window from those that are kept; see `Cutter`."""

    faces: dict[int, CutFace] = field(repr=False)
    start: int

    def cut(self, picture: Picture) -> CutFace | None:
        """The face of a frame of the window, or None where the track has none."""
        return self.faces.get(self.start + picture.index)


def _no_pixels() -> np.ndarray:
    raise SampleError("the frames of a window are not kept; its faces are")
