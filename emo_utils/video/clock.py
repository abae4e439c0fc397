"""Time stamps that only grow, and the frame rate as it is, not as a header says."""

import math
from itertools import islice

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

COUNTED_PACKETS = 300
"""Of the start of a clip, from whose stamps its rate is counted."""

JUMP_BACK_S = 0.5
"""Stamps that go back by more than this begin anew, as where files were laid end to end; by less, they are wrong."""

BEYOND_S = 10.0
"""A stamp that leaps, and lands by more than this beyond the length that the file gives itself, is wrong."""

DEFAULT_FPS = 25.0
"""For tracks that have neither stamps nor a rate; also FFmpeg's choice."""

NO_PRESENTATION_TIMES = ("avi",)
"""Containers that give only times of decoding; FFmpeg's guess from them is wrong for codecs that reorder pictures."""


class Clock:
    """Presentation times in seconds from the container's start, which is a player's zero.

    A stamp that is missing, repeated, a little too early or far too late gives way to one step after the last.
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
            self._last_s = stamp_s if stamp_s is not None else 0.0
            return self._last_s
        if stamp_s is not None and stamp_s < self._last_s - JUMP_BACK_S:
            self._origin_s -= self._last_s + self._step_s - stamp_s
            stamp_s = None
        if stamp_s is None or stamp_s <= self._last_s or stamp_s > max(self._longest_s, self._last_s + BEYOND_S):
            stamp_s = self._last_s + self._step_s
        else:
            self._step_s = stamp_s - self._last_s
        self._last_s = stamp_s
        return stamp_s

    def _stamp_s(self, picture: VideoFrame) -> float | None:
        if not self._by_decoding:
            return None if picture.time is None else picture.time - self._origin_s
        if picture.dts is None:  # the last pictures, which are given out when there is nothing more to decode
            return None
        stamp_s = float(picture.dts * picture.time_base)
        if self._origin_s is None:
            self._origin_s = stamp_s
        return stamp_s - self._origin_s


def declared_fps(stream: VideoStream) -> float | None:
    """Frames a second as the header or FFmpeg's guess says, or None."""
    return float(stream.average_rate or stream.guessed_rate or 0) or None


def counted_fps(container: InputContainer, stream: VideoStream) -> float:
    """Frames a second, counted from the stamps of the first packets of a container that was just opened.

    The declared rate is kept where it is within one per cent, since stamps are often rounded. Steps longer than
    twice the usual one are pauses, and do not count.
    """
    by_decoding = container.format.name in NO_PRESENTATION_TIMES
    packets = (packet for packet in _packets(container, stream) if packet.size)
    stamps = [packet.dts if by_decoding else packet.pts for packet in islice(packets, COUNTED_PACKETS)]
    times_s = np.unique([float(stamp * stream.time_base) for stamp in stamps if stamp is not None])
    declared = declared_fps(stream)
    if len(times_s) < 3:
        return declared or DEFAULT_FPS
    # The last stamps may lack those in between, which come later in the file.
    steps_s = np.diff(times_s[: max(3, len(times_s) - 8)])
    counted = 1 / float(steps_s[steps_s <= 2 * np.median(steps_s)].mean())
    return declared if declared and abs(declared / counted - 1) < 0.01 else counted


def _packets(container: InputContainer, stream: VideoStream):
    try:
        yield from container.demux(stream)
    except av.error.FFmpegError:
        return
