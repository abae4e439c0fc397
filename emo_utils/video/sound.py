"""A clip's sound as one mono or stereo track without gaps, in the time of the clip.

Sound is decoded, mixed down and resampled inside FFmpeg's filters. For frames with a custom order of channels (for
instance of a multitrack recorder), PyAV frees the channel layout twice, which crashes the process. Such frames must
never reach Python.
"""

import logging
import math
from collections.abc import Generator, Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.filter
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer

from emo_utils.errors import VideoError
from emo_utils.file_names import utf8_path
from emo_utils.video.clock import BEYOND_S
from emo_utils.video.container import address

log = logging.getLogger(__name__)

RATES = (44_100, 48_000)
"""Sample rates (per second) that every player supports; the one nearer to the rate of the sound is used."""

JITTER_S = 0.1
"""Smaller errors of time stamps are treated as rounding. Longer gaps in the sound are filled with silence."""

LONGEST_SILENCE_S = 1800.0
"""Longer gaps in the sound are wrong time stamps; they are not filled."""

MIXES = (
    ("aformat", {"sample_fmts": "fltp", "sample_rates": "|".join(map(str, RATES)), "channel_layouts": "mono|stereo"}),
    ("pan", {"args": "mono|c0=c0"}),
)
"""Filters that reduce the number of channels, tried in order. FFmpeg's mix needs to know the position of each channel.
The second filter takes the first channel only."""

CODECS_WITH_CHANNEL_LAYOUT = ("aac", "mp3", "mp3float", "mp2", "ac3", "eac3", "opus", "libopus", "vorbis", "flac")


def has_sound(path: Path) -> bool:
    """Whether a file has a sound track, of whatever codec."""
    with av.open(address(path), metadata_errors="replace") as container:
        return bool(container.streams.audio)


def sound_blocks(path: Path) -> Iterator[AudioFrame]:
    """Blocks of a clip's sound: float planar, mono or stereo, without gaps; time stamps in samples from its start.

    Time stamps that repeat, go back or are missing are ignored: the block follows the block before it. Sound before
    the start of the clip is left out.

    Raises:
        VideoError: no sound can be decoded, or decoding stops before the end.
    """
    with av.open(address(path), metadata_errors="replace") as container:
        start_s = (container.start_time or 0) / av.time_base
        longest_s = container.duration / av.time_base + BEYOND_S if container.duration else math.inf
    written, shift = 0, 0
    for block in _decoded(path):
        samples, rate = block.to_ndarray(), block.sample_rate
        due = written if block.pts is None else round((float(block.time) - start_s) * rate) + shift
        late = due - written
        if late > JITTER_S * rate and due < _latest_s(written / rate, longest_s) * rate:
            for first in range(written, due, rate):
                yield _block(np.zeros((len(samples), min(rate, due - first)), np.float32), first, rate)
            written = due
        elif late > JITTER_S * rate:
            shift -= late
        elif late < -JITTER_S * rate and not written:
            samples = samples[:, -late:]
        elif late < -JITTER_S * rate:  # time starts again, as in joined files
            shift -= late
        if samples.shape[1]:
            yield _block(samples, written, rate)
            written += samples.shape[1]


def _latest_s(written_s: float, longest_s: float) -> float:
    """The latest time at which the next block can be."""
    return min(written_s + LONGEST_SILENCE_S, max(longest_s, written_s + BEYOND_S))


def _block(samples: np.ndarray, first: int, rate: int) -> AudioFrame:
    layout = "mono" if len(samples) == 1 else "stereo"
    block = AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
    block.sample_rate, block.pts, block.time_base = rate, first, Fraction(1, rate)
    return block


def _decoded(path: Path) -> Iterator[AudioFrame]:
    """Blocks from the first of the `MIXES` that gives sound; after a damaged place, packets are decoded one by one.

    Raises:
        VideoError: no sound can be decoded, or the rest cannot be decoded.
    """
    for number in range(1, len(MIXES) + 1):
        last, given_s, reason = yield from _filtered(path, MIXES[:number])
        if last is not None:
            break
    if last is None or reason:
        yield from _past_damage(path, last, given_s, reason)


def _filtered(path: Path, mixes) -> Generator[AudioFrame, None, tuple[AudioFrame | None, float, str]]:
    """Blocks from FFmpeg's filters. Returns the last block, the seconds decoded, and the reason for stopping.

    The reason is empty at the normal end of the sound.
    """
    last, given_s = None, 0.0
    try:
        with utf8_path(path) as path:
            graph = _open_graph(path, mixes)
        while True:
            last = graph.pull()
            given_s += last.samples / last.sample_rate
            yield last
    except (av.error.EOFError, av.error.BlockingIOError):
        return last, given_s, "" if last else "nothing in it can be decoded"
    except (av.error.FFmpegError, ValueError) as error:
        return last, given_s, getattr(error, "strerror", None) or str(error)


def _past_damage(path: Path, last: AudioFrame | None, given_s: float, reason: str) -> Iterator[AudioFrame]:
    """The sound after the first `given_s` seconds, packet by packet where its codec allows it."""
    layout, rate = ("mono", RATES[0]) if last is None else (last.layout.name, last.sample_rate)
    with av.open(address(path), metadata_errors="replace") as container:
        track = container.streams.best("audio")
        if track is not None and _has_channel_layout(track):
            for block in _resampled(_after(given_s, _by_packets(container, track)), layout, rate):
                last = block
                yield block
        elif last is not None:
            raise VideoError(f"{path}: its sound cannot be read to its end ({reason})")
    if last is None:
        raise VideoError(f"{path}: its sound cannot be read ({reason})")
    log.warning("%s: its sound is damaged (%s); what could be decoded is kept", path, reason)


def _after(seconds: float, blocks: Iterator[AudioFrame]) -> Iterator[AudioFrame]:
    """The blocks after this many seconds of sound; time stamps are ignored."""
    passed_s = 0.0
    for block in blocks:
        middle_s = passed_s + block.samples / block.sample_rate / 2
        passed_s += block.samples / block.sample_rate
        if middle_s > seconds:
            yield block


def _resampled(blocks: Iterator[AudioFrame], layout: str, rate: int) -> Iterator[AudioFrame]:
    """Blocks as float planar with one layout and rate, even if those of the input change."""
    resampler, before = None, None
    for block in blocks:
        kind = (block.format.name, block.layout.name, block.sample_rate)
        if resampler is None or kind != before:
            resampler, before = av.AudioResampler(format="fltp", layout=layout, rate=rate), kind
        yield from resampler.resample(block)


def _by_packets(container: InputContainer, track: AudioStream) -> Iterator[AudioFrame]:
    for packet in container.demux(track):
        try:
            yield from track.decode(packet)
        except av.error.FFmpegError:
            continue


def _has_channel_layout(track: AudioStream) -> bool:
    """Whether the codec declares its channels in FFmpeg's own order, so that PyAV can hold its frames.

    For AAC this is so if the channel configuration is not 0 (ISO/IEC 14496-3, 1.6.2.1: the four bits after the first
    nine).
    """
    context = track.codec_context
    if context is None or context.name not in CODECS_WITH_CHANNEL_LAYOUT:
        return False
    head = bytes(context.extradata or b"")[:2]
    return context.name != "aac" or len(head) < 2 or int.from_bytes(head) >> 3 & 15 != 0


def _open_graph(path: Path, mixes) -> av.filter.Graph:
    """FFmpeg filter graph from the file to mono or stereo; the filters are applied in reverse order of `mixes`."""
    graph = av.filter.Graph()
    last = graph.add("amovie", filename=address(path), streams="da")
    for name, options in reversed(mixes):
        step = graph.add(name, options["args"]) if "args" in options else graph.add(name, **options)
        last.link_to(step)
        last = step
    last.link_to(graph.add("abuffersink"))
    graph.configure()
    return graph
