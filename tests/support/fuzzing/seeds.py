"""The clips and pictures that are mutated: tiny ones of the synthetic sample, and of real clips where they are present.

The sample is synthetic. Real clips are read from the shared folder and are never kept after a run.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
from PIL import Image
from strange_files import add_sound, encode_sound, with_matrix

from emo_utils.datasets.synthetic.cast import make_cast
from emo_utils.datasets.synthetic.script import SIZE_PX, film, solo
from emo_utils.images import read_image
from emo_utils.suffixes import IMAGE_SUFFIXES
from emo_utils.video import read_frames

WIDTH, HEIGHT, FRAMES, FPS = 160, 120, 12, 25
STEP = 3
"""Every third frame of the source is taken, so that a face moves within the few frames."""

LARGEST_CASE = 120_000
"""Bytes; larger shared cases are left out, since a mutant must be read in half a second."""

SLOW_CASES = ("grid24.mp4",)
"""Two dozen faces a frame."""

TITLE = "TITLE-" + "t" * 200
"""A title that a mutation overwrites, wherever the container keeps it."""

VIDEOS = {
    "h264.mp4": ("libx264", {}, {}),
    "sound.mp4": ("libx264", {}, {"sound": "aac"}),
    "fragments.mp4": ("libx264", {"g": "4"}, {"movflags": "frag_keyframe+empty_moov"}),
    "front.mp4": ("libx264", {"bf": "0"}, {"movflags": "+faststart", "sound": "aac"}),
    "mpeg4.mp4": ("mpeg4", {}, {}),
    "hevc.mp4": ("libx265", {"x265-params": "log-level=none"}, {}),
    "mjpeg.mov": ("mjpeg", {}, {"sound": "pcm_s16le"}),
    "qtrle.mov": ("qtrle", {}, {}),
    "png.mov": ("png", {}, {}),
    "h264.mkv": ("libx264", {}, {"sound": "libopus"}),
    "ffv1.mkv": ("ffv1", {}, {}),
    "vp8.webm": ("libvpx", {"deadline": "realtime", "cpu-used": "8"}, {"sound": "libvorbis"}),
    "vp9.webm": ("libvpx-vp9", {"deadline": "realtime", "cpu-used": "8"}, {}),
    "mpeg4.avi": ("mpeg4", {}, {"sound": "libmp3lame"}),
    "h264.avi": ("libx264", {}, {}),
    "mjpeg.avi": ("mjpeg", {}, {}),
    "raw.avi": ("rawvideo", {}, {}),
    "anim.gif": ("gif", {}, {}),
    "h264.ts": ("libx264", {}, {"sound": "aac"}),
    "mpeg2.mpg": ("mpeg2video", {}, {"sound": "mp2"}),
    "flv.flv": ("flv1", {}, {}),
    "wmv.wmv": ("wmv2", {}, {}),
    "mpeg4.3gp": ("mpeg4", {}, {}),
}
"""Files by name: codec, its options, those of the container; `sound` names the codec of a sound track."""

PICTURES = ("still.jpg", "still.png", "still.webp", "still.tif", "still.bmp", "exif.jpg", "anim.webp", "still.ppm")


def write_seeds(folder: Path, shared: Path | None = None) -> dict[str, Path]:
    """Write the seeds; with `shared`, those of real clips too.

    Returns:
        The files by name. Those of encoders that this build of FFmpeg lacks are absent.
    """
    folder.mkdir(parents=True, exist_ok=True)
    frames = sample_frames()
    for name, (codec, options, container) in VIDEOS.items():
        if codec in av.codecs_available:
            encode(folder / name, frames, codec, options, container)
    _write_turned(folder / "turned.mp4", frames)
    _write_pictures(folder, frames)
    for path in real_files(shared) if shared else ():
        _write_real(folder, path)
    return {path.name: path for path in sorted(folder.iterdir())}


def sample_frames() -> list[np.ndarray]:
    """Twelve frames of a synthetic person who begins to smile, uint8 (120, 160, 3)."""
    part = solo(make_cast(5, seed=0)[4], "happiness", 1, seed=0)
    drawn = islice(film([part], (SIZE_PX, SIZE_PX), 0), 18, 18 + FRAMES * STEP, STEP)
    return [_fitted(frame) for frame in drawn]


def _fitted(frame: np.ndarray) -> np.ndarray:
    """A frame cut to 4:3 around its middle, and made small."""
    height, width = frame.shape[:2]
    high = min(height, width * HEIGHT // WIDTH)
    wide = high * WIDTH // HEIGHT
    top, left = (height - high) // 2, (width - wide) // 2
    return cv2.resize(frame[top : top + high, left : left + wide], (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)


def encode(path: Path, frames: list[np.ndarray], codec: str, options: dict, container: dict) -> Path:
    """Frames as a clip with a title, and with sound if `container` says so."""
    sound = container.get("sound")
    kept = {name: value for name, value in container.items() if name != "sound"}
    with av.open(str(path), "w", options=kept) as file:
        file.metadata["title"] = TITLE
        video = file.add_stream(codec, rate=FPS, options=options)
        video.height, video.width = frames[0].shape[:2]
        video.pix_fmt = (video.codec_context.codec.video_formats or [av.VideoFormat("yuv420p")])[0].name
        video.codec_context.time_base = Fraction(1, FPS)
        video.codec_context.thread_count = 1
        audio = add_sound(file, sound, rate=48_000) if sound and sound in av.codecs_available else None
        packets = []
        for index, pixels in enumerate(frames):
            picture = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            picture.pts, picture.time_base = index, Fraction(1, FPS)
            packets += video.encode(picture)
        packets += video.encode(None)
        packets += encode_sound(audio, len(frames) / FPS) if audio else []
        for packet in sorted(packets, key=lambda p: float(p.dts * p.time_base) if p.dts is not None else 0.0):
            file.mux(packet)
    return path


def _write_turned(path: Path, frames: list[np.ndarray]) -> None:
    turned = [np.ascontiguousarray(np.rot90(frame)) for frame in frames]
    with_matrix(encode(path, turned, "libx264", {}, {}), 0, 1, -1, 0)


def _write_pictures(folder: Path, frames: list[np.ndarray]) -> None:
    first, *others = [Image.fromarray(frame) for frame in frames]
    turned = Image.Exif()
    turned[0x0112], turned[0x010E] = 6, TITLE
    for name in PICTURES:
        first.save(folder / name, **({"exif": turned} if name.startswith("exif") else {}))
    first.save(folder / "anim.webp", save_all=True, append_images=others[:3], duration=40)


def real_files(shared: Path) -> Iterator[Path]:
    """Short shared clips and cases, in order of their names."""
    for place in ("clips", "cases"):
        if (shared / place).is_dir():
            yield from (path for path in sorted((shared / place).iterdir()) if path.is_file() and path.suffix != ".md")


def _write_real(folder: Path, path: Path) -> None:
    """A case as it is if it is small, else the first frames of a clip, made small."""
    name = f"real-{path.name}"
    if path.parent.name == "cases":
        if path.stat().st_size <= LARGEST_CASE and path.name not in SLOW_CASES:
            (folder / name).write_bytes(path.read_bytes())
    elif path.suffix in IMAGE_SUFFIXES:
        Image.fromarray(_fitted(read_image(path))).save(folder / name)
    else:
        codec = "gif" if path.suffix == ".gif" else "libx264"
        taken = islice(read_frames(path, threads=1), 0, FRAMES * STEP, STEP)
        encode(folder / name, [_fitted(frame.pixels) for frame in taken], codec, {}, {})
