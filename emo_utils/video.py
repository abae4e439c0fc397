"""Frames in, through PyAV (FFmpeg): exact time stamps, upright pixels, constant memory.

Nothing here holds more than a frame at a time; a clip of ten seconds and one of ten hours need the same memory.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import numpy as np

from emo_utils.errors import VideoError
from emo_utils.structures import Frame

SUFFIXES = (".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".flv", ".gif", ".mpg", ".mpeg", ".wmv", ".ogv", ".3gp")
"""What is taken for a video when a folder is searched; a file named outright is tried whatever its suffix."""

SMALLEST_SIDE_PX = 32
"""No detector of this package finds a face in a smaller frame."""


@dataclass(frozen=True)
class VideoInfo:
    """What the file's header says.

    Attributes:
        width, height: in pixels, upright (rotation and pixel shape applied).
        fps: average frame rate.
        duration_s: seconds, or None where the container does not say.
        frames: count, or None where the container does not say; headers may be off by a few.
        has_audio: whether a sound track is there.
    """

    path: Path
    width: int
    height: int
    fps: float
    duration_s: float | None
    frames: int | None
    has_audio: bool


@dataclass(frozen=True)
class Picture:
    """A frame in order of presentation whose pixels are made when asked for: what nobody looks at costs nothing.

    Attributes:
        index: in the file, from 0.
        time_s: on the clip's own clock; NaN for pictures without a time.
        load: makes the pixels, uint8 (H, W, 3) RGB, upright.
    """

    index: int
    time_s: float
    load: Callable[[], np.ndarray]

    def frame(self) -> Frame:
        """The frame with its pixels."""
        return Frame(self.load(), self.index, self.time_s)


def probe(path: Path | str) -> VideoInfo:
    """Read a clip's header and first frame.

    Raises:
        VideoError: the file is missing, empty, not a video, truncated, sound only, or too small; says which.
    """
    path = Path(path)
    with _open_video(path) as (container, stream):
        first = next(_decode(path, container, stream), None)
        if first is None:
            raise VideoError(f"{path}: no frame could be decoded; the file is damaged or cut off")
        height, width = _upright(first, stream.sample_aspect_ratio).shape[:2]
        duration_s = _duration_s(container, stream)
        fps = float(stream.average_rate or stream.guessed_rate or 0)
        frames = stream.frames or (round(duration_s * fps) if duration_s and fps else None)
        return VideoInfo(path, width, height, fps, duration_s, frames, bool(container.streams.audio))


def read_frames(path: Path | str, sample_fps: float | None = None, threads: int = 0) -> Iterator[Frame]:
    """Decode a clip frame by frame, in order of presentation.

    Args:
        path: the clip.
        sample_fps: keep about this many frames a second (the first at or after each tick); None keeps all.
        threads: of the decoder; 0 takes one per core.

    Yields:
        Frames with their index in the file, and with `time_s` on the clip's own clock (a player's zero).

    Raises:
        VideoError: as `probe`; also when the file ends long before its header promised.
    """
    for picture in read_pictures(path, sample_fps, threads):
        yield picture.frame()


def read_pictures(path: Path | str, sample_fps: float | None = None, threads: int = 0) -> Iterator[Picture]:
    """As `read_frames`, without making the pixels; hold few at a time, each keeps a decoded frame in memory.

    Args:
        path: the clip.
        sample_fps: as for `read_frames`.
        threads: of the decoder; 0 takes one per core. Give 1 where several processes decode side by side.
    """
    path = Path(path)
    if sample_fps is not None and sample_fps <= 0:
        raise VideoError(f"sample_fps: expected a positive number of frames a second, found {sample_fps}")
    with _open_video(path) as (container, stream):
        stream.codec_context.thread_count = threads
        clock, aspect = _Clock(container, stream), stream.sample_aspect_ratio
        next_tick, time_s, index = 0.0, 0.0, -1
        for index, picture in enumerate(_decode(path, container, stream)):
            time_s = clock.time_s(picture, index)
            if sample_fps is not None:
                if time_s + 1e-6 < next_tick:
                    continue
                next_tick = (np.floor(time_s * sample_fps + 1e-6) + 1) / sample_fps
            yield Picture(index, time_s, partial(_upright, picture, aspect))
        _refuse_short(path, container, stream, index + 1, time_s)


@contextmanager
def _open_video(path: Path):
    if not path.exists():
        raise VideoError(f"{path}: no such file")
    if path.is_dir():
        raise VideoError(f"{path}: is a folder; expected a video file")
    if path.stat().st_size == 0:
        raise VideoError(f"{path}: is empty (0 bytes)")
    try:
        container = av.open(str(path))
    except av.error.FFmpegError as error:
        raise VideoError(f"{path}: {_why_unreadable(path)} ({error.strerror})") from None
    with container:
        pictures = [s for s in container.streams.video if not s.disposition & s.disposition.attached_pic]
        if not pictures:
            if not container.streams.audio:
                raise VideoError(f"{path}: {_why_unreadable(path)} (no track was found)")
            raise VideoError(f"{path}: holds sound only; expected a video with at least one picture track")
        stream = pictures[0]
        stream.thread_type = "AUTO"
        if min(stream.width, stream.height) < SMALLEST_SIDE_PX:
            raise VideoError(
                f"{path}: frames are {stream.width}x{stream.height} pixels; expected at least "
                f"{SMALLEST_SIDE_PX}x{SMALLEST_SIDE_PX}, below which no face can be found"
            )
        _refuse_cut_off(path, stream)
        yield container, stream


def _why_unreadable(path: Path) -> str:
    head = path.open("rb").read(4096)
    if b"ftyp" in head[:16]:
        return "is truncated: an mp4 whose index (moov) is missing or cut off; copy or download it again"
    if not any(byte > 126 or byte in b"\0\1\2\3" for byte in head):
        return "is a text file, not a video"
    return "is not a video that can be read"


def _refuse_cut_off(path: Path, stream) -> None:
    """An mp4's index names the place of every packet: a file that ends before the last one was cut off."""
    end = max((entry.pos + entry.size for entry in stream.index_entries), default=0)
    size = path.stat().st_size
    if end > size:
        raise VideoError(f"{path}: is truncated: its index reaches to byte {end}, but the file ends at {size}")


def _decode(path: Path, container, stream) -> Iterator:
    try:
        yield from container.decode(stream)
    except av.error.FFmpegError as error:
        raise VideoError(f"{path}: is damaged: decoding stopped with '{error.strerror}'") from None


def _refuse_short(path: Path, container, stream, frames: int, end_s: float) -> None:
    if frames == 0:
        raise VideoError(f"{path}: no frame could be decoded; the file is damaged or cut off")
    if frames == 1:
        raise VideoError(f"{path}: holds a single frame; expected a clip of at least two")
    duration_s = _duration_s(container, stream)
    if duration_s and end_s < 0.9 * duration_s - 1:
        raise VideoError(
            f"{path}: is truncated: its header promises {duration_s:.1f} s, its pictures end at {end_s:.1f} s"
        )


def _duration_s(container, stream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


class _Clock:
    """Presentation times in seconds from the container's start, which is a player's zero."""

    def __init__(self, container, stream):
        self._start_s = (container.start_time or 0) / av.time_base
        self._step_s = 1 / float(stream.average_rate or stream.guessed_rate or 25)
        self._last_s = -np.inf

    def time_s(self, picture, index: int) -> float:
        """The picture's own time; one step after the last where the file gives none or goes back."""
        time_s = index * self._step_s if picture.time is None else picture.time - self._start_s
        if time_s <= self._last_s:
            time_s = self._last_s + self._step_s
        self._last_s = time_s
        return time_s


def _upright(picture, aspect: Fraction | None) -> np.ndarray:
    """Pixels uint8 (H, W, 3) RGB, contiguous, square, and turned as the file's display matrix asks."""
    width = round(picture.width * aspect) if aspect else picture.width
    # One thread: by default FFmpeg starts and ends a pool of threads for each single frame, which takes far longer.
    pixels = picture.to_ndarray(format="rgb24", width=width, height=picture.height, threads=1)
    turns = round(picture.rotation / 90) % 4  # FFmpeg gives degrees counter-clockwise, as numpy turns
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels
