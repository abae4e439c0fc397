"""Frames out, through PyAV (FFmpeg): H.264 in mp4, each frame at its own time, sound kept."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

TIME_BASE = Fraction(1, 90_000)
"""Of the written videos; fine enough for any frame rate, fixed or variable."""


def write_video(path: Path | str, frames: Iterable[np.ndarray], fps: Fraction | float, *, quality: int = 20) -> None:
    """Write uint8 (H, W, 3) RGB frames at a fixed rate as H.264 in mp4; see `VideoWriter`."""
    step = 1 / Fraction(fps).limit_denominator(100_000)
    with VideoWriter(path, quality=quality) as writer:
        for index, pixels in enumerate(frames):
            writer.write(pixels, float(index * step))


class VideoWriter:
    """H.264 in mp4 that plays in a browser; each frame at its own time, with another file's sound beside it.

    Odd sides lose their last row or column: the codec's colour planes need even ones.

    Args:
        path: where to; written in place, so give a temporary name where a half-written file must not be seen.
        audio_from: a clip whose first sound track is kept (copied if AAC, else encoded as AAC).
        quality: x264's constant rate factor; lower is better, 18 to 28 is sensible.
    """

    def __init__(self, path: Path | str, audio_from: Path | str | None = None, quality: int = 20):
        self._container = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        self._video = self._container.add_stream("libx264", rate=30)
        self._video.pix_fmt = "yuv420p"
        self._video.time_base = self._video.codec_context.time_base = TIME_BASE
        self._video.options = {"crf": str(quality), "preset": "veryfast"}
        self._audio = _AudioTrack(audio_from, self._container) if audio_from else None
        self._last_tick = -1

    def write(self, pixels: np.ndarray, time_s: float) -> None:
        """Add one frame: uint8 (H, W, 3) RGB, shown from `time_s` on. Times must grow."""
        pixels = np.ascontiguousarray(pixels[: pixels.shape[0] // 2 * 2, : pixels.shape[1] // 2 * 2])
        if self._last_tick < 0:
            self._video.height, self._video.width = pixels.shape[:2]
        if pixels.shape[:2] != (self._video.height, self._video.width):
            expected, found = f"{self._video.width}x{self._video.height}", f"{pixels.shape[1]}x{pixels.shape[0]}"
            raise ValueError(f"expected frames of {expected}, found {found}")
        picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        self._last_tick = max(round(time_s / TIME_BASE), self._last_tick + 1)
        picture.pts, picture.time_base = self._last_tick, TIME_BASE
        self._container.mux(self._video.encode(picture))
        if self._audio:
            self._audio.mux_until(time_s)

    def __enter__(self) -> "VideoWriter":
        return self

    def __exit__(self, *error) -> None:
        if error[0] is None and self._last_tick >= 0:
            self._container.mux(self._video.encode(None))
            if self._audio:
                self._audio.mux_until(float("inf"))
        if self._audio:
            self._audio.close()
        self._container.close()


class _AudioTrack:
    """The sound of one file on its way into another, packet by packet."""

    def __init__(self, source: Path | str, target):
        self._source = av.open(str(source))
        self._target = target
        self._packets: Iterator = iter(())
        if self._source.streams.audio:
            stream = self._source.streams.audio[0]
            copied = stream.codec_context.name == "aac"
            out = target.add_stream_from_template(stream) if copied else target.add_stream("aac", rate=stream.rate)
            start = (self._source.start_time or 0) / av.time_base
            self._packets = self._copy(stream, out, start) if copied else self._encode(stream, out, start)
        self._waiting = next(self._packets, None)

    def _copy(self, stream, out, start_s: float):
        for packet in self._source.demux(stream):
            if packet.dts is None:
                continue
            shift = round(start_s / packet.time_base)
            packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
            packet.stream = out
            yield packet

    def _encode(self, stream, out, start_s: float):
        resampler = av.AudioResampler(format="fltp", layout=stream.layout, rate=stream.rate)
        for picture in self._source.decode(stream):
            for block in resampler.resample(picture):
                block.pts = max(0, block.pts - round(start_s / block.time_base))
                yield from out.encode(block)
        yield from out.encode(None)

    def mux_until(self, time_s: float) -> None:
        """Write the sound up to a time, so that the two tracks grow side by side in the file."""
        while self._waiting is not None and float(self._waiting.pts * self._waiting.time_base) <= time_s:
            self._target.mux(self._waiting)
            self._waiting = next(self._packets, None)

    def close(self) -> None:
        self._source.close()
