"""Strictly increasing time stamps, and the frame rate counted from them, not taken from the header."""

import math
from itertools import islice

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

COUNTED_PACKETS = 300
"""Number of packets at the start of a clip from whose time stamps the frame rate is counted."""

JUMP_BACK_S = 0.5
"""Time stamps that go back by more than this start again, as in joined files. Stamps that go back by less are wrong."""

BEYOND_S = 10.0
"""A time stamp that jumps to more than this many seconds after the declared end of the file is wrong."""

SHORTEST_STEP_S = 1e-4
"""Time stamps nearer to the last one repeat it: no clip that is made to be played has 10,000 frames a second."""

LONGEST_STEP_S = 86_400.0
"""A time stamp more than a day after the last one is wrong, whatever length the header declares."""

DEFAULT_FPS = 25.0
"""Frame rate of tracks without time stamps and without a declared rate; the same as in FFmpeg."""

NO_PRESENTATION_TIMES = ("avi",)
"""Containers with decoding times only. FFmpeg's presentation times are wrong there for codecs that reorder frames."""


class Clock:
    """Presentation times in seconds from the start of the container, which is time zero in a player.

    A time stamp that is missing, repeated, slightly too early or much too late is replaced by the last time plus one
    frame.
    """

    def __init__(self, container: InputContainer, stream: VideoStream):
        self._by_decoding = container.format.name in NO_PRESENTATION_TIMES
        self._origin_s = None if self._by_decoding else (container.start_time or 0) / av.time_base
        self._longest_s = container.duration / av.time_base + BEYOND_S if container.duration else math.inf
        self._step_s = 1 / (declared_fps(stream) or DEFAULT_FPS)
        self._last_s: float | None = None

    def time_s(self, picture: VideoFrame) -> float:
        """The time of the next picture in order of presentation."""
        stamp_s = self._stamp_s(picture)
        if self._last_s is None:
            if stamp_s is not None and -LONGEST_STEP_S <= stamp_s < 0:  # the container's start is wrong
                self._origin_s = (self._origin_s or 0.0) + stamp_s
            self._last_s = stamp_s if stamp_s is not None and 0 <= stamp_s <= LONGEST_STEP_S else 0.0
            return self._last_s
        if stamp_s is not None and stamp_s < self._last_s - JUMP_BACK_S:
            self._origin_s -= self._last_s + self._step_s - stamp_s
            stamp_s = None
        if stamp_s is None or not self._last_s + SHORTEST_STEP_S <= stamp_s <= self._latest_s():
            stamp_s = self._last_s + self._step_s
        else:
            self._step_s = stamp_s - self._last_s
        self._last_s = stamp_s
        return stamp_s

    def _latest_s(self) -> float:
        """The latest time at which the next picture can be."""
        return min(self._last_s + LONGEST_STEP_S, max(self._longest_s, self._last_s + BEYOND_S))

    def _stamp_s(self, picture: VideoFrame) -> float | None:
        if not self._by_decoding:
            return None if picture.time is None else picture.time - self._origin_s
        if picture.dts is None:  # the last pictures, which the decoder returns after the last packet
            return None
        stamp_s = float(picture.dts * picture.time_base)
        if self._origin_s is None:
            self._origin_s = stamp_s
        return stamp_s - self._origin_s


def declared_fps(stream: VideoStream) -> float | None:
    """Frames per second by the header or by FFmpeg's estimate; None without one, or if it is impossible."""
    rate = float(stream.average_rate or stream.guessed_rate or 0)
    return rate if 1 / LONGEST_STEP_S <= rate <= 1 / SHORTEST_STEP_S else None


def counted_fps(container: InputContainer, stream: VideoStream) -> float:
    """Frames per second, counted from the time stamps of the first packets of a newly opened container.

    The declared rate is used if it differs by less than 1 %, since time stamps are often rounded. Steps longer than
    twice the median are pauses and do not count.
    """
    by_decoding = container.format.name in NO_PRESENTATION_TIMES
    packets = (packet for packet in _packets(container, stream) if packet.size)
    stamps = [packet.dts if by_decoding else packet.pts for packet in islice(packets, COUNTED_PACKETS)]
    times_s = np.unique([float(stamp * stream.time_base) for stamp in stamps if stamp is not None])
    declared = declared_fps(stream)
    if len(times_s) < 3:
        return declared or DEFAULT_FPS
    # Among the last time stamps some may be missing: with reordered frames they come later in the file.
    steps_s = np.diff(times_s[: max(3, len(times_s) - 8)])
    if not SHORTEST_STEP_S <= np.median(steps_s) <= LONGEST_STEP_S:
        return declared or DEFAULT_FPS
    counted = 1 / float(steps_s[steps_s <= 2 * np.median(steps_s)].mean())
    return declared if declared and abs(declared / counted - 1) < 0.01 else counted


def _packets(container: InputContainer, stream: VideoStream):
    try:
        yield from container.demux(stream)
    except av.error.FFmpegError:
        return
