"""Chooses the picture track of a file."""

from dataclasses import dataclass, field

from av.stream import Disposition
from av.video.stream import VideoStream

NO_CLIP = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
"""Covers, thumbnails and still images are not clips."""

STILL_CODECS = ("mjpeg", "png", "bmp", "gif", "webp")
"""Codecs of thumbnails. A track with such a codec is a thumbnail if another track is `MUCH_LONGER`."""

MUCH_LONGER = 5
"""Ratio of durations, or of numbers of pictures."""


@dataclass(frozen=True)
class Track:
    """The chosen track, and the reason for the choice; empty if there is only one track."""

    stream: VideoStream = field(repr=False)
    reason: str = ""


def choose_track(streams: list[VideoStream]) -> Track | None:
    """Choose the default picture track, else the longest one; None if no track can be decoded as a clip.

    Among equal tracks, the one with the larger picture is taken, then the first.
    """
    clips = [s for s in streams if s.codec_context is not None and not s.disposition & NO_CLIP]
    if not clips:
        return None
    if len(clips) == 1:
        others = "the others are covers, thumbnails or of an unknown codec" if len(streams) > 1 else ""
        return _chosen(clips[0], streams, others)
    moving = [s for s in clips if not _is_thumbnail(s, clips)] or clips
    default = [s for s in moving if s.disposition & Disposition.default] or moving
    best = max(default, key=lambda s: (round(duration_s(s) or 0.0, 1), s.width * s.height, -s.index))
    if len(moving) == 1:
        return _chosen(best, streams, "the others are single pictures or thumbnails")
    if len(default) == 1:
        return _chosen(best, streams, "marked as the default track")
    length = f", {duration_s(best):.1f} s" if duration_s(best) else ""
    return _chosen(best, streams, f"the longest{length}" + (" of those marked as default" if default != moving else ""))


def _chosen(stream: VideoStream, streams: list[VideoStream], why: str) -> Track:
    place = f"picture track {streams.index(stream) + 1} of {len(streams)} ({stream.width}x{stream.height})"
    return Track(stream, f"{place}: {why}" if why else "")


def _is_thumbnail(stream: VideoStream, clips: list[VideoStream]) -> bool:
    if packets(stream) == 1:
        return True
    if stream.codec_context.name not in STILL_CODECS:
        return False
    for measure in (duration_s, packets):
        own, most = measure(stream), max(measure(s) or 0 for s in clips)
        if own is not None and own * MUCH_LONGER <= most:
            return True
    return False


def packets(stream: VideoStream) -> int | None:
    """Number of packets of a track, or None where its header does not declare it. Declared numbers may be wrong."""
    indexed = len(stream.index_entries)
    return indexed if indexed > 1 else (stream.frames or None)


def duration_s(stream: VideoStream) -> float | None:
    """Duration of a track in seconds, or None where its header does not declare it."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    tag = next((value for key, value in stream.metadata.items() if key.upper() == "DURATION"), "")  # Matroska
    try:
        hours, minutes, seconds = map(float, tag.split(":"))
    except ValueError:
        return None
    return 3600 * hours + 60 * minutes + seconds
