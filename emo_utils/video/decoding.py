"""Decodes packets into pictures and continues after damaged packets."""

import math
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from emo_utils.errors import VideoError
from emo_utils.structures import MOST_PIXELS
from emo_utils.video.faults import Faults

MOST_FAILED_READS = 3
"""After this many successive failures to read a packet, reading stops."""

TIMED = ("video", "audio", "subtitle")
"""Types of track that determine the end of the clip."""


LARGE_PX = 1280 * 720
"""Pictures of at least this size are decoded in parallel, one per thread. For smaller ones this is not faster."""


class Decoder:
    """The pictures of one track, in order of presentation.

    Args:
        path: the file.
        container, stream: the opened file and its picture track.
        faults: filled during decoding.
        strict: raise an error at the first damaged packet.
        threads: number of decoder threads; 0 takes one per core.
        truncated: the file is known to be truncated, so its incomplete last packet does not count as damaged.
    """

    def __init__(
        self,
        path: Path,
        container: InputContainer,
        stream: VideoStream,
        faults: Faults,
        strict: bool = False,
        threads: int = 1,
        truncated: bool = False,
    ):
        self._ends: dict[int, int] = {}
        self._path, self._container, self._stream = path, container, stream
        self._faults, self._strict, self._truncated = faults, strict, truncated
        self._packets, self._last_s = 0, 0.0
        stream.codec_context.options = {"max_pixels": str(MOST_PIXELS)}  # a picture may declare another size later
        stream.codec_context.thread_count = threads
        self._ahead = threads != 1 and stream.width * stream.height >= LARGE_PX
        stream.thread_type = "FRAME" if self._ahead else "SLICE"

    @property
    def end_s(self) -> float:
        """End of the last packet read, of any track, in seconds of the container's time."""
        streams = self._container.streams
        return max((float(end * streams[track].time_base) for track, end in self._ends.items()), default=-math.inf)

    def pictures(self) -> Iterator[VideoFrame]:
        """Decode to the end; damaged packets and pictures are counted in `faults`.

        Raises:
            VideoError: a packet is damaged and `strict` is set, or more than half of them are damaged.
        """
        given = 0
        for picture in self._decoded():
            self._last_s = self._last_s if picture.time is None else picture.time
            given += 1
            yield picture
        if self._ahead and given + self._faults.damaged < self._packets:
            yield from self._dropped_pictures(given)
        if self._faults.damaged > given:
            raise VideoError(
                f"{self._path}: is damaged: {self._faults.damaged} of {self._packets} packets, which is more than half"
            )

    def _decoded(self) -> Iterator[VideoFrame]:
        for packet in self._read():
            self._packets += packet.size > 0
            try:
                pictures = self._stream.decode(packet)
            except av.error.EOFError:  # some decoders end early
                continue
            except av.error.FFmpegError as error:
                self._count(error.strerror)
                continue
            for picture in pictures:
                if picture.is_corrupt:
                    self._count("a picture was patched up")
                yield picture

    def _dropped_pictures(self, given: int) -> Iterator[VideoFrame]:
        """Decode the last pictures again: with several threads, PyAV drops those after a damaged one near the end."""
        faults = Faults()
        with av.open(f"file:{self._path}", metadata_errors="replace") as container:
            again = Decoder(
                self._path,
                container,
                container.streams[self._stream.index],
                faults,
                self._strict,
                truncated=self._truncated,
            )
            yield from islice(again.pictures(), given, None)
        self._faults.damaged_s = faults.damaged_s

    def _read(self) -> Iterator[Packet]:
        """The packets of the track, then an empty packet, which makes the decoder return its remaining pictures."""
        streams = [s for s in self._container.streams if s.type in TIMED]
        failed = 0
        while failed < MOST_FAILED_READS:
            try:
                for packet in self._container.demux(streams):
                    failed = 0
                    if self._truncated and packet.is_corrupt:
                        continue
                    track = packet.stream.index
                    if packet.pts is not None:
                        end = packet.pts + (packet.duration or 0)
                        self._ends[track] = max(self._ends.get(track, end), end)
                    if track == self._stream.index and (packet.size or packet.dts is None):
                        yield packet
                return
            except av.error.FFmpegError as error:
                failed += 1
                self._count(error.strerror)
        last = Packet()
        last.stream, last.time_base = self._stream, self._stream.time_base
        yield last

    def _count(self, reason: str) -> None:
        if self._strict:
            raise VideoError(f"{self._path}: is damaged: decoding stopped with '{reason}'") from None
        start_s = (self._container.start_time or 0) / av.time_base
        self._faults.damaged_s.append(max(0.0, self._last_s - start_s))
