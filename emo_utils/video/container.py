"""Opens a video file and chooses its track, or raises an error that says why it cannot be opened."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer

from emo_utils.errors import MACHINE, VideoError
from emo_utils.file_names import is_address
from emo_utils.structures import LONGEST_SIDE_PX, MOST_PIXELS
from emo_utils.video.complete import missing_bytes, whole_fragments_end
from emo_utils.video.tracks import Track, choose_track

SMALLEST_SIDE_PX = 32
"""No detector of this package finds a face in a smaller frame."""

PLAYLISTS = {"concat", "dash", "hls", "image2", "imf", "lavfi", "rtp", "rtsp", "sap", "sdp", "webm_dash_manifest"}
"""Formats of FFmpeg that name other files or addresses, which it would open. A clip is one file."""

PLAYLIST_HEADS = (b"#EXTM3U", b"ffconcat", b"v=0")

FORMATS = ",".join(sorted({name for names in av.formats_available for name in names.split(",")} - PLAYLISTS))

LONG_PROBE = {"analyzeduration": "600000000", "probesize": "500000000"}
"""FFmpeg options (microseconds, bytes) for files whose pictures begin long after their sound; the defaults are 5e6."""


@contextmanager
def open_video(path: Path) -> Iterator[tuple[InputContainer, Track]]:
    """Open a file and choose its picture track.

    Raises:
        VideoError: the file is missing, empty, not a video, without an index, sound only, too small, or too large.
    """
    _refuse_no_file(path)
    with _opened(path) as container:
        track = _track(path, container)
        if not track.stream.width:
            with _opened(path, LONG_PROBE) as container:
                yield container, _large_enough(path, _track(path, container))
        else:
            yield container, _large_enough(path, track)


def address(path: Path | str) -> str:
    """A path as an FFmpeg file address. Without the prefix, "13:45.mp4" would be an address with the protocol "13"."""
    return f"file:{path}"


def cut_off(path: Path, container: InputContainer) -> str | None:
    """The reason why the file is truncated. Empty if it is complete; None if only reading to its end would show it."""
    ends = (entry.pos + entry.size for stream in container.streams for entry in stream.index_entries)
    return missing_bytes(path, container.format.name, max(ends, default=0))


def _refuse_no_file(path: Path) -> None:
    if path.is_dir():
        raise VideoError(f"{path}: is a folder; expected a video file")
    if not path.exists():
        if is_address(path):
            raise VideoError(f"{path}: is an address; expected a file on this machine, so download it first")
        raise VideoError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise VideoError(f"{path}: is empty (0 bytes)")


def _opened(path: Path, options: dict[str, str] | None = None) -> InputContainer:
    options = {"format_whitelist": FORMATS, **(options or {})}
    try:
        return av.open(address(path), options=options, metadata_errors="replace")
    except av.error.FFmpegError as error:
        if error.errno in MACHINE:  # such as too many open files: nothing is wrong with this one
            raise OSError(error.errno, error.strerror, str(path)) from None
        end = whole_fragments_end(path)
        if end is None:
            raise VideoError(f"{path}: {_why_unreadable(path)} ({error.strerror})") from None
    return av.open(f"subfile,,start,0,end,{end},,:{address(path)}", options=options, metadata_errors="replace")


def _track(path: Path, container: InputContainer) -> Track:
    pictures = list(container.streams.video)
    track = choose_track(pictures)
    if track is not None:
        return track
    if any(stream.codec_context is None for stream in pictures):
        raise VideoError(f"{path}: its pictures are in a codec that is not known here; convert it to H.264, say")
    if container.streams.audio or pictures:
        raise VideoError(f"{path}: holds sound only; expected a video with at least one picture track")
    raise VideoError(f"{path}: {_why_unreadable(path)} (no track was found)")


def _large_enough(path: Path, track: Track) -> Track:
    width, height = track.stream.width, track.stream.height
    if not width or not height:
        raise VideoError(f"{path}: no picture was found in it; the file is damaged or cut off")
    if min(width, height) < SMALLEST_SIDE_PX:
        raise VideoError(
            f"{path}: frames are {width}x{height} pixels; expected at least "
            f"{SMALLEST_SIDE_PX}x{SMALLEST_SIDE_PX}, below which no face can be found"
        )
    if width * height > MOST_PIXELS or max(width, height) > LONGEST_SIDE_PX:
        raise VideoError(
            f"{path}: frames are {width}x{height} pixels; expected at most {MOST_PIXELS} in all and "
            f"{LONGEST_SIDE_PX} a side. Its header is damaged, or make the clip smaller first"
        )
    return track


def _why_unreadable(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4096)
    if b"ftyp" in head[:16]:
        return "is truncated: an mp4 whose index (moov) is missing or cut off; copy or download it again"
    if head.startswith(PLAYLIST_HEADS):
        return "is a playlist, which names other files or addresses; expected a video itself"
    if not any(byte > 126 or byte in b"\0\1\2\3" for byte in head):
        return "is a text file, not a video"
    return "is not a video that can be read"
