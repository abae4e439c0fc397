"""Pictures out of packets, past those that are damaged."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import av
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from emo_utils.errors import VideoError
from emo_utils.video.faults import Faults

MOST_FAILED_READS = 3
"""After so many failures to read a packet, one after the other, the rest of a file is given up."""

TIMED = ("video", "audio", "subtitle")
"""Kinds of track whose end is an end of the clip."""


LARGE_PX = 1280 * 720
"""Pictures from this size on are decoded several at a time, each by a thread of its own; smaller ones gain nothing."""


class Decoder:
    """The pictures of one track, in order of presentation.

    Args:
        path: the file.
        container, stream: it, opened, at the track.
        faults: filled while the pictures are given out.
        strict: stop at the first damage.
        threads: of the decoder; 0 takes one per core.
        truncated: the file is known to be cut off, so that its last packet, which is not whole, is no damage.

    Attributes:
        end_s: end of the last packet of any track that was read, on the container's clock.
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
        self.end_s = float("-inf")
        self._path, self._container, self._stream = path, container, stream
        self._faults, self._strict, self._truncated = faults, strict, truncated
        self._packets, self._last_s = 0, 0.0
        stream.codec_context.thread_count = threads
        self._ahead = threads != 1 and stream.width * stream.height >= LARGE_PX
        stream.thread_type = "FRAME" if self._ahead else "SLICE"

    def pictures(self) -> Iterator[VideoFrame]:
        """Decode to the end; what fails is counted in the faults.

        Raises:
            VideoError: something is damaged and `strict` was set, or more than half is.
        """
        given = 0
        for picture in self._decoded():
            self._last_s = self._last_s if picture.time is None else picture.time
            given += 1
            yield picture
        if self._ahead and given + self._faults.damaged < self._packets:
            yield from self._lost_at_the_end(given)
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

    def _lost_at_the_end(self, given: int) -> Iterator[VideoFrame]:
        """Pictures after a damaged one among the last: PyAV drops those that several threads were still at."""
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
        """The track's packets, and at last an empty one, which asks the decoder for what it still holds."""
        streams = [s for s in self._container.streams if s.type in TIMED]
        failed = 0
        while failed < MOST_FAILED_READS:
            try:
                for packet in self._container.demux(streams):
                    failed = 0
                    if self._truncated and packet.is_corrupt:
                        continue
                    if packet.pts is not None:
                        self.end_s = max(self.end_s, float((packet.pts + (packet.duration or 0)) * packet.time_base))
                    if packet.stream.index == self._stream.index and (packet.size or packet.dts is None):
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
