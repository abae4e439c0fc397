"""Write videos with PyAV (FFmpeg): H.264 in mp4, each frame at its own time, with sound."""

import logging
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.audio.frame import AudioFrame
from av.container import OutputContainer
from av.packet import Packet

from emo_utils.errors import VideoError
from emo_utils.video.container import address
from emo_utils.video.sound import has_sound, sound_blocks

log = logging.getLogger(__name__)

TIME_BASE = Fraction(1, 90_000)
"""Time base of written videos; fine enough for fixed and variable frame rates."""


def write_video(path: Path | str, frames: Iterable[np.ndarray], fps: Fraction | float, *, quality: int = 20) -> None:
    """Write uint8 (H, W, 3) RGB frames at a fixed rate as H.264 in mp4; see `VideoWriter`."""
    step = 1 / Fraction(fps).limit_denominator(100_000)
    with VideoWriter(path, quality=quality) as writer:
        for index, pixels in enumerate(frames):
            writer.write(pixels, float(index * step))


class VideoWriter:
    """H.264 in mp4 that plays in a browser; each frame at its own time, with another file's sound beside it.

    Odd sides lose their last row or column, since the codec needs even sides.

    Args:
        path: the file to write. It is not written atomically; give a temporary name if that matters.
        audio_from: a clip whose sound is kept, as mono or stereo AAC. Sound that cannot be read gives a warning.
        quality: x264's constant rate factor; lower is better, 18 to 28 is sensible.
        fast: spend half the time and a third more bytes for the same quality; see `docs/performance.md`.
    """

    def __init__(
        self, path: Path | str, audio_from: Path | str | None = None, quality: int = 20, *, fast: bool = False
    ):
        self._container = av.open(address(path), "w", format="mp4", options={"movflags": "+faststart"})
        self._video = self._container.add_stream("libx264", rate=30)
        self._video.pix_fmt = "yuv420p"
        self._video.time_base = self._video.codec_context.time_base = TIME_BASE
        self._video.options = {"crf": str(quality), "preset": "superfast" if fast else "veryfast"}
        self._as_picture = _converted_by_opencv if fast else _to_be_converted
        sound = audio_from is not None and has_sound(Path(audio_from))
        self._audio = _SoundTrack(Path(audio_from), self._container) if sound else None
        self._last_tick = -1

    def write(self, pixels: np.ndarray, time_s: float) -> None:
        """Add one frame: uint8 (H, W, 3) RGB, shown from `time_s` on. Times must grow."""
        pixels = np.ascontiguousarray(pixels[: pixels.shape[0] // 2 * 2, : pixels.shape[1] // 2 * 2])
        if self._last_tick < 0:
            self._video.height, self._video.width = pixels.shape[:2]
        if pixels.shape[:2] != (self._video.height, self._video.width):
            expected, found = f"{self._video.width}x{self._video.height}", f"{pixels.shape[1]}x{pixels.shape[0]}"
            raise ValueError(f"expected frames of {expected}, found {found}")
        picture = self._as_picture(pixels)
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


def _to_be_converted(pixels: np.ndarray) -> av.VideoFrame:
    """An RGB picture, whose colours FFmpeg converts on encoding."""
    return av.VideoFrame.from_ndarray(pixels, format="rgb24")


def _converted_by_opencv(pixels: np.ndarray) -> av.VideoFrame:
    """A picture in the colours of the codec (BT.601), in an eighth of FFmpeg's time; values differ by 2 at most."""
    return av.VideoFrame.from_ndarray(cv2.cvtColor(pixels, cv2.COLOR_RGB2YUV_I420), format="yuv420p")


class _SoundTrack:
    """Copies the sound of one file into another, packet by packet. Sound that fails is left out with a warning."""

    def __init__(self, source: Path, target: OutputContainer):
        self._source, self._target = source, target
        self._packets = self._encoded(sound_blocks(source))
        self._waiting = next(self._packets, None)

    def _encoded(self, blocks: Iterator[AudioFrame]) -> Iterator[Packet]:
        track = None
        try:
            for block in blocks:
                if track is None:
                    track = self._target.add_stream("aac", rate=block.sample_rate, layout=block.layout.name)
                yield from track.encode(block)
        except (VideoError, av.error.FFmpegError, ValueError) as error:
            log.warning("%s; the sound of what is written %s", error, "ends there" if track else "is left out")
        if track is not None:
            yield from track.encode(None)

    def mux_until(self, time_s: float) -> None:
        """Write the sound up to a time, so that the two tracks grow side by side in the file."""
        while self._waiting is not None and float(self._waiting.pts * self._waiting.time_base) <= time_s:
            self._target.mux(self._waiting)
            self._waiting = next(self._packets, None)

    def close(self) -> None:
        """Stop decoding."""
        self._packets.close()
