"""Sources of frames: video files, pictures, arrays, iterators of frames, cameras.

Every source becomes a `FrameSource`, so that the rest of the package treats all sources alike.
"""

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain, count
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from emo_utils.errors import SourceError, VideoError
from emo_utils.file_names import as_text
from emo_utils.images import read_image
from emo_utils.structures import LONGEST_SIDE_PX, Frame
from emo_utils.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES
from emo_utils.video import Faults, Picture, VideoInfo, probe, read_pictures
from emo_utils.video.reading import Ticks

log = logging.getLogger(__name__)

EXPECTED = (
    "expected a video or picture file, a folder or list of them, an array uint8 (H, W, 3) or (T, H, W, 3), an iterator "
    "of frames, or a camera's index"
)

_NOTHING = object()


@dataclass(frozen=True)
class FrameSource:
    """One clip, picture or camera.

    Attributes:
        name: the file's name; `array`, `frames` or `camera <index>` for sources without a file.
        pictures: opens it; takes the arguments of `video.read_pictures` after the path.
        fps: frames a second; None if unknown.
        frames: number of frames, if known beforehand; else None.
        path: of the file; None for sources without a file.
        info: the header of a video file; None for other sources.
        replayable: it can be opened again, for pictures of the apexes and for an annotated video.
        endless: it has no end, like a camera.
    """

    name: str
    pictures: Callable[..., Iterator[Picture]] = field(repr=False)
    fps: float | None = None
    frames: int | None = None
    path: Path | None = None
    info: VideoInfo | None = field(default=None, repr=False)
    replayable: bool = True
    endless: bool = False

    def read(
        self, sample_fps: float | None = None, threads: int = 0, *, strict: bool = False, faults: Faults | None = None
    ) -> Iterator[Frame]:
        """Frames in order of time; the arguments are those of `video.read_frames`."""
        for picture in self.pictures(sample_fps, threads, strict=strict, faults=faults):
            yield picture.frame()

    def first_seconds(self, seconds: float) -> "FrameSource":
        """The same source, limited to its first seconds."""
        if not seconds > 0:
            raise SourceError(f"seconds: expected a positive number, found {seconds}")

        def pictures(*arguments: Any, **options: Any) -> Iterator[Picture]:
            for picture in self.pictures(*arguments, **options):
                if picture.time_s >= seconds:
                    return
                yield picture

        frames = None if self.frames is None or not self.fps else min(self.frames, round(seconds * self.fps))
        return replace(self, pictures=pictures, frames=frames, endless=False)


def open_source(source: Any, fps: float | None = None) -> FrameSource | tuple[Any, ...]:
    """Open the source that a user gave.

    Args:
        source: see `EXPECTED`; a `FrameSource` is returned as it is.
        fps: frames a second of arrays and iterators; files and cameras have their own times.

    Returns:
        The source. For a folder, and for a list or iterator of paths, a tuple of the paths.

    Raises:
        SourceError: another type or shape.
        VideoError: a file that is missing or cannot be read, or a folder without videos and pictures.
    """
    if isinstance(source, FrameSource):
        return source
    if _is_path(source):
        path = Path(source)
        return files_of(path) if path.is_dir() else file_source(path)
    if isinstance(source, int | np.integer) and not isinstance(source, bool):
        return camera_source(int(source))
    if _is_array(source):
        return array_source(np.asarray(source), fps)
    if isinstance(source, Iterable) and not isinstance(source, bytes | dict):
        return _from_iterable(source, fps)
    raise SourceError(f"{EXPECTED}; found {_described(source)}")


def frame_source(source: Any, fps: float | None = None) -> FrameSource:
    """As `open_source`, for a single source.

    Raises:
        SourceError: also if several were given.
    """
    opened = open_source(source, fps)
    if isinstance(opened, FrameSource):
        return opened
    raise SourceError(f"expected one clip, found {len(opened)}: {_described(source)}")


def _is_path(source: Any) -> bool:
    return isinstance(source, str | os.PathLike)


def _is_array(source: Any) -> bool:
    return hasattr(source, "__array__") or hasattr(source, "__array_interface__")


def _described(source: Any) -> str:
    text = repr(source)
    return f"{type(source).__name__} {text if len(text) <= 60 else text[:57] + '...'}"


def files_of(folder: Path) -> tuple[Path, ...]:
    """The videos and pictures of a folder, not of its subfolders, in alphabetical order.

    Raises:
        VideoError: there is none.
    """
    known = {*VIDEO_SUFFIXES, *IMAGE_SUFFIXES}
    found = sorted(p for p in folder.iterdir() if p.suffix.lower() in known and not p.name.startswith("."))
    if not found:
        raise VideoError(
            f"{folder}: holds no video and no picture; expected files ending in {', '.join(sorted(known))}"
        )
    return tuple(found)


def file_source(path: Path) -> FrameSource:
    """A video file, or a picture by its suffix.

    Raises:
        VideoError: it is missing or cannot be read.
    """
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return _frames_source(as_text(path.name), lambda: iter([read_image(path)]), None, 1, path=path)
    info = probe(path)
    return FrameSource(as_text(path.name), partial(read_pictures, path), info.fps or None, info.frames, path, info)


def array_source(pixels: np.ndarray, fps: float | None = None) -> FrameSource:
    """A picture uint8 (H, W, 3), or a clip (T, H, W, 3) with its frame rate.

    Raises:
        SourceError: another type or shape, no frame, or a clip without `fps`.
    """
    if pixels.dtype != np.uint8 or pixels.ndim not in (3, 4) or pixels.shape[-1] != 3 or not pixels.size:
        hint = "; multiply values of 0 to 1 by 255 first" if pixels.dtype.kind == "f" else ""
        raise SourceError(
            f"expected an array uint8 (H, W, 3) or (T, H, W, 3) in RGB, found {pixels.dtype} {pixels.shape}{hint}"
        )
    _refuse_long(pixels, "array")
    if pixels.ndim == 3:
        return _frames_source("array", lambda: iter(pixels[None]), None, 1)
    return _frames_source("array", lambda: iter(pixels), _checked_fps(fps, "an array of frames"), len(pixels))


def _from_iterable(source: Iterable[Any], fps: float | None) -> FrameSource | tuple[Any, ...]:
    """Frames of one clip, or several sources, by the type of the first item."""
    items = iter(source)
    first = next(items, _NOTHING)
    if first is _NOTHING:
        raise SourceError(f"{EXPECTED}; found {_described(source)}, which is empty")
    if _is_path(first):
        return (first, *items)
    if isinstance(first, Frame):
        rate = fps
    elif _is_array(first):
        rate = _checked_fps(fps, "a source of frames without times")
    else:
        raise SourceError(f"{EXPECTED}; found {type(source).__name__} of {_described(first)}")
    if isinstance(source, list | tuple):
        return _frames_source("frames", lambda: iter(source), rate, len(source))
    once = iter([chain([first], items)])

    def opened() -> Iterator[Any]:
        frames = next(once, None)
        if frames is None:
            raise SourceError(
                "an iterator of frames can be read once only, and it was; give a list or an array instead"
            )
        return frames

    return replace(_frames_source("frames", opened, rate, None), replayable=False)


def _checked_fps(fps: float | None, what: str) -> float:
    if fps is None:
        raise SourceError(f"{what} needs its frame rate: expected fps=25 or another number, found none")
    if not 0 < fps < np.inf:
        raise SourceError(f"fps: expected a positive number of frames a second, found {fps}")
    return float(fps)


def _frames_source(
    name: str, frames: Callable[[], Iterator[Any]], fps: float | None, number: int | None, path: Path | None = None
) -> FrameSource:
    """Frames in memory, arrays or `Frame`s, as a source."""

    def pictures(
        sample_fps: float | None = None, threads: int = 0, *, strict: bool = False, faults: Faults | None = None
    ) -> Iterator[Picture]:
        keep = Ticks(sample_fps)
        for index, item in enumerate(frames()):
            frame = item if isinstance(item, Frame) else Frame(_pixels(item, index), index, index / (fps or 1.0))
            if keep.takes(frame.time_s):
                yield Picture(frame.index, frame.time_s, partial(np.asarray, frame.pixels))

    return FrameSource(name, pictures, fps, number, path)


def _pixels(item: Any, index: int) -> np.ndarray:
    pixels = np.asarray(item)
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3:
        raise SourceError(f"frame {index}: expected an array uint8 (H, W, 3) in RGB, found {_shape(item, pixels)}")
    _refuse_long(pixels, f"frame {index}")
    return pixels


def _refuse_long(pixels: np.ndarray, name: str) -> None:
    if max(pixels.shape[-3:-1]) > LONGEST_SIDE_PX:
        raise SourceError(f"{name}: expected sides of at most {LONGEST_SIDE_PX} pixels, found {pixels.shape}; scale it")


def _shape(item: Any, pixels: np.ndarray) -> str:
    return f"{pixels.dtype} {pixels.shape}" if _is_array(item) else _described(item)


def camera_source(index: int) -> FrameSource:
    """A connected camera; the time of a frame is that of its arrival, from the first one on."""

    def pictures(
        sample_fps: float | None = None, threads: int = 0, *, strict: bool = False, faults: Faults | None = None
    ) -> Iterator[Picture]:
        camera, keep = cv2.VideoCapture(index), Ticks(sample_fps)
        try:
            started_s = None
            for number in count():
                found, picture = camera.read()
                if not found and number:
                    log.warning("camera %d gives no more frames after %d; what came until then is kept", index, number)
                    return
                if not found:
                    raise VideoError(
                        f"camera {index} cannot be opened; expected the index of a connected camera, mostly 0"
                    )
                started_s = time.monotonic() if started_s is None else started_s
                time_s = time.monotonic() - started_s
                if keep.takes(time_s):
                    yield Picture(number, time_s, partial(cv2.cvtColor, picture, cv2.COLOR_BGR2RGB))
        finally:
            camera.release()

    return FrameSource(f"camera {index}", pictures, replayable=False, endless=True)
