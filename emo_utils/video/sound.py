"""A clip's sound, whatever it is like, as one unbroken mono or stereo track on the clip's own clock.

It is decoded, mixed down and resampled inside FFmpeg's filters. PyAV frees the layout of channels in an order of their
own twice (a multitrack recorder's, say), which ends the process: such frames must never reach Python.
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
"""Samples a second that every player knows; the nearer one to the sound's own is taken."""

JITTER_S = 0.1
"""Stamps that are off by less are taken for rounding; where sound is missing for longer, silence is put in."""

MIXES = (
    ("aformat", {"sample_fmts": "fltp", "sample_rates": "|".join(map(str, RATES)), "channel_layouts": "mono|stereo"}),
    ("pan", {"args": "mono|c0=c0"}),
)
"""Ways to few channels, tried in turn: FFmpeg's mix, which must know what each channel is; the first channel alone."""

NAME_THEIR_CHANNELS = ("aac", "mp3", "mp3float", "mp2", "ac3", "eac3", "opus", "libopus", "vorbis", "flac")


def has_sound(path: Path) -> bool:
    """Whether a file has a sound track, of whatever codec."""
    with av.open(address(path), metadata_errors="replace") as container:
        return bool(container.streams.audio)


def sound_blocks(path: Path) -> Iterator[AudioFrame]:
    """Blocks of a clip's sound, float planar, mono or stereo, without gaps, stamped in samples from the clip's start.

    Stamps that repeat, go back or are missing do not matter: sound follows the sound before it. What comes before
    the clip's start is left out.

    Raises:
        VideoError: no sound can be decoded, or no more of it; says why.
    """
    with av.open(address(path), metadata_errors="replace") as container:
        start_s = (container.start_time or 0) / av.time_base
        longest_s = container.duration / av.time_base + BEYOND_S if container.duration else math.inf
    written, shift = 0, 0
    for block in _decoded(path):
        samples, rate = block.to_ndarray(), block.sample_rate
        due = written if block.pts is None else round((float(block.time) - start_s) * rate) + shift
        late = due - written
        if late > JITTER_S * rate and due < max(longest_s * rate, written + BEYOND_S * rate):
            for first in range(written, due, rate):
                yield _block(np.zeros((len(samples), min(rate, due - first)), np.float32), first, rate)
            written = due
        elif late > JITTER_S * rate:
            shift -= late
        elif late < -JITTER_S * rate and not written:
            samples = samples[:, -late:]
        elif late < -JITTER_S * rate:  # begins anew, as where files were laid end to end
            shift -= late
        if samples.shape[1]:
            yield _block(samples, written, rate)
            written += samples.shape[1]


def _block(samples: np.ndarray, first: int, rate: int) -> AudioFrame:
    layout = "mono" if len(samples) == 1 else "stereo"
    block = AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
    block.sample_rate, block.pts, block.time_base = rate, first, Fraction(1, rate)
    return block


def _decoded(path: Path) -> Iterator[AudioFrame]:
    """Blocks as they come out of the first of the `MIXES` that gives any; past damaged places by single packets.

    Raises:
        VideoError: none gives any, or the rest cannot be decoded.
    """
    for number in range(1, len(MIXES) + 1):
        last, given_s, reason = yield from _filtered(path, MIXES[:number])
        if last is not None:
            break
    if last is None or reason:
        yield from _past_damage(path, last, given_s, reason)


def _filtered(path: Path, mixes) -> Generator[AudioFrame, None, tuple[AudioFrame | None, float, str]]:
    """Blocks by FFmpeg's filters; gives the last one, the seconds given out, and why there are no more.

    There is no reason where the sound just ended.
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
    """The sound after the seconds that were given out, by single packets where its codec allows that."""
    layout, rate = ("mono", RATES[0]) if last is None else (last.layout.name, last.sample_rate)
    with av.open(address(path), metadata_errors="replace") as container:
        track = container.streams.best("audio")
        if track is not None and _names_its_channels(track):
            for block in _resampled(_after(given_s, _by_packets(container, track)), layout, rate):
                last = block
                yield block
        elif last is not None:
            raise VideoError(f"{path}: its sound cannot be read to its end ({reason})")
    if last is None:
        raise VideoError(f"{path}: its sound cannot be read ({reason})")
    log.warning("%s: its sound is damaged (%s); what could be decoded is kept", path, reason)


def _after(seconds: float, blocks: Iterator[AudioFrame]) -> Iterator[AudioFrame]:
    """The blocks after so many seconds of sound, whatever their stamps say."""
    passed_s = 0.0
    for block in blocks:
        middle_s = passed_s + block.samples / block.sample_rate / 2
        passed_s += block.samples / block.sample_rate
        if middle_s > seconds:
            yield block


def _resampled(blocks: Iterator[AudioFrame], layout: str, rate: int) -> Iterator[AudioFrame]:
    """Blocks as float planar of one layout and rate; their own may change on the way."""
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


def _names_its_channels(track: AudioStream) -> bool:
    """Whether a codec says itself what its channels are, in FFmpeg's own order, so that PyAV can hold its frames.

    AAC does if its configuration (ISO/IEC 14496-3, 1.6.2.1: five bits, four bits, then the channels in four) is not 0.
    """
    context = track.codec_context
    if context is None or context.name not in NAME_THEIR_CHANNELS:
        return False
    head = bytes(context.extradata or b"")[:2]
    return context.name != "aac" or len(head) < 2 or int.from_bytes(head) >> 3 & 15 != 0


def _open_graph(path: Path, mixes) -> av.filter.Graph:
    """FFmpeg's filters from the file to few channels, the last of `mixes` first."""
    graph = av.filter.Graph()
    last = graph.add("amovie", filename=address(path), streams="da")
    for name, options in reversed(mixes):
        step = graph.add(name, options["args"]) if "args" in options else graph.add(name, **options)
        last.link_to(step)
        last = step
    last.link_to(graph.add("abuffersink"))
    graph.configure()
    return graph
