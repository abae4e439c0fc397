"""Reads a clip's header and its frames one by one. Memory use does not grow with the length of the clip."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import av
import numpy as np

from emo_utils.errors import VideoError
from emo_utils.structures import Frame
from emo_utils.video.clock import Clock, counted_fps
from emo_utils.video.container import cut_off, open_video
from emo_utils.video.decoding import Decoder
from emo_utils.video.faults import Faults
from emo_utils.video.tracks import duration_s, packets
from emo_utils.video.upright import described, orientation, upright, upright_size


@dataclass(frozen=True)
class VideoInfo:
    """Properties of a video from the file's header and first packets.

    Attributes:
        width, height: size of the first frame in pixels, upright (rotation and pixel aspect ratio applied).
        fps: frames per second, counted from the first time stamps where the declared rate is wrong.
        duration_s: seconds, or None where the container does not declare it.
        frames: number of frames, or None where the container does not declare it; may be off by a few.
        has_audio: whether the file has a sound track.
        orientation: rotation or mirroring that makes the stored picture upright, in words; empty without one.
        track: which picture track is read and why; empty if there is only one.
        truncated: the reason why the file is truncated; empty if it is complete, or if only reading to its end would
            show it.
    """

    path: Path
    width: int
    height: int
    fps: float
    duration_s: float | None
    frames: int | None
    has_audio: bool
    orientation: str = ""
    track: str = ""
    truncated: str = ""


@dataclass(frozen=True)
class Picture:
    """A frame in presentation order. Its pixels are converted only on request, which saves time for unused frames.

    Attributes:
        index: number in the file, from 0.
        time_s: time in the clip; NaN for pictures without a time.
        load: returns the pixels, uint8 (H, W, 3) RGB, upright.
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
        VideoError: the file is missing, empty, not a video, sound only, too small, or no picture can be decoded.
    """
    path = Path(path)
    with open_video(path) as (container, track):
        fps = counted_fps(container, track.stream)
    with open_video(path) as (container, track):
        stream = track.stream
        first = next(Decoder(path, container, stream, Faults()).pictures(), None)
        if first is None:
            raise VideoError(f"{path}: no frame could be decoded; the file is damaged or cut off")
        width, height = upright_size(first, stream.sample_aspect_ratio)
        length_s = duration_s(stream) or (container.duration / av.time_base if container.duration else None)
        return VideoInfo(
            path, width, height, fps, length_s,
            frames=packets(stream) or (round(length_s * fps) if length_s else None),
            has_audio=bool(container.streams.audio),
            orientation=described(orientation(first)),
            track=track.reason,
            truncated=cut_off(path, container) or "",
        )  # fmt: skip


def read_frames(
    path: Path | str,
    sample_fps: float | None = None,
    threads: int = 0,
    *,
    strict: bool = False,
    faults: Faults | None = None,
) -> Iterator[Frame]:
    """Decode a clip frame by frame, in presentation order.

    Args:
        path: the clip.
        sample_fps: keep about this many frames per second (the first at or after each tick); None keeps all.
        threads: number of decoder threads; 0 takes one per core.
        strict: raise an error for a damaged or truncated file. Else its readable frames are returned.
        faults: filled with the problems found; see `Faults`.

    Yields:
        Frames with their index in the file and their time in the clip (zero as in a player). All have the size of the
        first one.

    Raises:
        VideoError: as `probe`; also where more than half of the clip is damaged.
    """
    for picture in read_pictures(path, sample_fps, threads, strict=strict, faults=faults):
        yield picture.frame()


def read_pictures(
    path: Path | str,
    sample_fps: float | None = None,
    threads: int = 0,
    *,
    strict: bool = False,
    faults: Faults | None = None,
) -> Iterator[Picture]:
    """As `read_frames`, but pixels are converted on request. Keep only a few: each holds a decoded frame in memory.

    Args:
        path: the clip.
        sample_fps: as for `read_frames`.
        threads: number of decoder threads; 0 takes one per core. Use 1 where several processes decode in parallel.
        strict: as for `read_frames`.
        faults: as for `read_frames`.
    """
    path = Path(path)
    if sample_fps is not None and not 0 < sample_fps < math.inf:
        raise VideoError(f"sample_fps: expected a positive number of frames a second, found {sample_fps}")
    faults = Faults() if faults is None else faults
    with open_video(path) as (container, track):
        cut = cut_off(path, container)
        if cut and strict:
            raise VideoError(f"{path}: is truncated: {cut}")
        stream = track.stream
        clock, decoder = Clock(container, stream), Decoder(path, container, stream, faults, strict, threads, bool(cut))
        keep, count, time_s = Ticks(sample_fps), 0, 0.0
        for index, picture in enumerate(decoder.pictures()):
            time_s, count = clock.time_s(picture), index + 1
            aspect = stream.sample_aspect_ratio
            size = upright_size(picture, aspect)
            if not faults.sizes or faults.sizes[-1][:2] != size:
                faults.sizes.append((*size, time_s))
            if keep.takes(time_s):
                load = partial(upright, picture, aspect, faults.sizes[0][:2])
                yield Picture(index, time_s, load)
        _refuse_too_few(path, count, cut)
        faults.truncated = _how_cut_off(cut, container, decoder.end_s, time_s)
        if faults.truncated and strict:
            raise VideoError(f"{path}: is truncated: {faults.truncated}")


class Ticks:
    """Samples frames at about a given rate: the first frame at or after each tick is kept."""

    def __init__(self, sample_fps: float | None):
        self._fps = sample_fps
        self._next_s = -math.inf

    def takes(self, time_s: float) -> bool:
        """Whether the frame at this time is kept; call it for each frame, in order."""
        if self._fps is None:
            return True
        if time_s + 1e-6 < self._next_s:
            return False
        self._next_s = (math.floor(time_s * self._fps + 1e-6) + 1) / self._fps
        return True


def _refuse_too_few(path: Path, frames: int, cut: str | None) -> None:
    why = f"is truncated: {cut}" if cut else "the file is damaged or cut off"
    if frames == 0:
        raise VideoError(f"{path}: no frame could be decoded; {why}")
    if frames == 1:
        raise VideoError(f"{path}: holds a single frame; expected a clip of at least two{f'; {why}' if cut else ''}")


def _how_cut_off(cut: str | None, container, packets_end_s: float, end_s: float) -> str:
    """The reason why the file is truncated, after it was read to its end; empty if it is complete.

    If the format declares no length in bytes, the duration in the header is compared with the end of the last packet of
    any track, since sound may be longer than the pictures.
    """
    if cut is None and container.duration:
        promised_s = container.duration / av.time_base
        found_s = packets_end_s - (container.start_time or 0) / av.time_base
        if found_s < 0.9 * promised_s - 1:
            cut = f"its header promises {promised_s:.1f} s, its last packet ends at {found_s:.1f} s"
    return f"{cut}; read up to {end_s:.2f} s" if cut else ""
