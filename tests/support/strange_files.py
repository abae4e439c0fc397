"""Strange video files, made by code: each stands for a kind that people really have.

The picture is `gray`: frame i is a plain gray of `LEVEL` x i with a white corner at the upper left, so that order,
orientation and gaps can be seen in the pixels.
"""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.stream import Disposition

LEVEL = 12
WIDTH, HEIGHT, FPS, FRAMES = 96, 64, 25, 20

TONE_HZ = 440


def gray(count: int = FRAMES, width: int = WIDTH, height: int = HEIGHT) -> list[np.ndarray]:
    """Frames uint8 (H, W, 3)."""
    frames = [np.full((height, width, 3), LEVEL * index, np.uint8) for index in range(count)]
    for frame in frames:
        frame[: height // 4, : width // 4] = 255
    return frames


def noisy(count: int = FRAMES, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """Frames that do not compress, for files that are to have bytes in each packet."""
    return np.random.default_rng(0).integers(0, 255, (count, height, width, 3), dtype=np.uint8)


def add_pictures(container, codec: str = "libx264", fps=FPS, options: dict | None = None, size=(WIDTH, HEIGHT)):
    """A picture track, ready for `encode`."""
    stream = container.add_stream(codec, rate=fps, options=options or {})
    stream.width, stream.height = size
    stream.pix_fmt = "rgb8" if codec == "gif" else "yuv420p"
    return stream


def encode(stream, frames: Iterable[np.ndarray], times_s: Sequence[float] | None = None) -> list:
    """Packets of frames, at their times; by default one after the other."""
    packets = []
    for index, pixels in enumerate(frames):
        picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
        if times_s is not None:
            picture.pts, picture.time_base = round(times_s[index] * 90_000), Fraction(1, 90_000)
        packets += stream.encode(picture)
    return packets + stream.encode(None)


def tone(seconds: float, rate: int = 44_100, channels: int = 1) -> np.ndarray:
    """A tone, float32 (channels, samples)."""
    wave = 0.3 * np.sin(2 * np.pi * TONE_HZ * np.arange(int(seconds * rate)) / rate)
    return np.tile(wave.astype(np.float32), (channels, 1))


def add_sound(container, codec: str = "aac", rate: int = 44_100, layout: str = "mono"):
    """A sound track, ready for `encode_sound`."""
    return container.add_stream(codec, rate=rate, layout=layout)


def encode_sound(stream, seconds: float, start_s: float = 0.0) -> list:
    """Packets of a tone."""
    rate, channels = stream.rate, stream.layout.nb_channels
    samples, packets = tone(seconds, rate, channels), []
    for first in range(0, samples.shape[1], 1024):
        block = np.ascontiguousarray(samples[:, first : first + 1024].T.reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(block, format="flt", layout=stream.layout.name)
        frame.sample_rate, frame.time_base = rate, Fraction(1, rate)
        frame.pts = first + round(start_s * rate)
        packets += stream.encode(frame)
    return packets + stream.encode(None)


def write(path: Path, frames=None, *, codec="libx264", fps=FPS, times_s=None, options=None, sound: dict | None = None,
          container_options: dict | None = None) -> Path:  # fmt: skip
    """A file of one picture track, and of one sound track if `sound` says what kind: codec, rate, layout, seconds."""
    frames = gray() if frames is None else frames
    with av.open(f"file:{path}", "w", options=container_options or {}) as container:
        height, width = frames[0].shape[:2]
        video = add_pictures(container, codec, fps, options, (width, height))
        if times_s is not None:
            video.codec_context.time_base = Fraction(1, 1000)
        kind = {"seconds": len(frames) / FPS, "start_s": 0.0} | (sound or {})
        seconds, start_s = kind.pop("seconds"), kind.pop("start_s")
        audio = add_sound(container, **kind) if sound else None
        packets = encode(video, frames, times_s) + (encode_sound(audio, seconds, start_s) if audio else [])
        for packet in sorted(packets, key=lambda p: float(p.dts * p.time_base)):
            container.mux(packet)
    return path


def write_tracks(path: Path, tracks: Sequence[tuple[list[np.ndarray], str, int]]) -> Path:
    """A file of several picture tracks: frames, codec and disposition of each."""
    with av.open(str(path), "w") as container:
        packets = []
        for frames, codec, disposition in tracks:
            stream = add_pictures(container, codec, size=frames[0].shape[1::-1])
            if codec == "mjpeg":
                stream.pix_fmt = "yuvj420p"
            stream.disposition = Disposition(disposition)
            packets.append((stream, frames))
        for stream, frames in packets:
            for packet in encode(stream, frames):
                container.mux(packet)
    return path


def write_sizes(path: Path, parts: Sequence[list[np.ndarray]]) -> Path:
    """A track whose picture changes its size from part to part, as a call over the net records it."""
    with av.open(str(path), "w") as container:
        stream = add_pictures(container, "libvpx", size=parts[0][0].shape[1::-1])
        done = 0
        for frames in parts:
            encoder = av.CodecContext.create("libvpx", "w")
            encoder.width, encoder.height = frames[0].shape[1::-1]
            encoder.pix_fmt, encoder.time_base, encoder.framerate = "yuv420p", Fraction(1, FPS), Fraction(FPS)
            for packet in encode(encoder, frames):
                packet.pts = packet.dts = packet.pts + done
                packet.time_base, packet.stream = Fraction(1, FPS), stream
                container.mux(packet)
            done += len(frames)
    return path


def with_matrix(path: Path, a: int, b: int, c: int, d: int) -> Path:
    """An mp4 or mov whose display matrix is changed to these four numbers, in its own file."""
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 44
    for offset, value in zip((0, 4, 12, 16), (a, b, c, d), strict=True):
        data[place + offset : place + offset + 4] = (value << 16).to_bytes(4, "big", signed=True)
    path.write_bytes(data)
    return path


def damage(path: Path, packets: Iterable[int], kind: str = "video") -> Path:
    """Overwrite packets of a track, in a container that keeps each in one piece."""
    with av.open(str(path)) as container:
        payloads = [bytes(p) for p in container.demux(**{kind: 0}) if p.size]
    data = path.read_bytes()
    for number in packets:
        data = data.replace(payloads[number], b"\xff" * len(payloads[number]), 1)
    path.write_bytes(data)
    return path


def cut(path: Path, share: float) -> Path:
    """Leave only the first part of a file's bytes."""
    data = path.read_bytes()
    path.write_bytes(data[: round(share * len(data))])
    return path


def replace_bytes(path: Path, old: bytes, new: bytes) -> Path:
    """Edit a file where its bytes stand."""
    data = path.read_bytes()
    if old not in data or len(old) != len(new):
        raise ValueError(f"{old!r} is not in {path.name}, or its replacement is of another length")
    path.write_bytes(data.replace(old, new))
    return path
