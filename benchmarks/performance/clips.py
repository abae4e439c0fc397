"""The clips of the measurements, made from real ones by PyAV; from the synthetic sample where those are absent."""

import os
from collections.abc import Iterator
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path

import av
import numpy as np

from emo_utils.video_writer import write_video

SHARED = Path(os.environ.get("EMO_SHARED_DIR", Path(__file__).resolve().parents[3] / "shared"))
BASE, GRID, SMALL = SHARED / "clips/WolfgangLanger_Pexels.mp4", SHARED / "cases/grid24.mp4", (640, 360)
COLUMNS, LINES = 6, 4
"""Of the 24 faces of `GRID`, each in a cell of its own."""


def base_clip(folder: Path) -> Path:
    """A clip of one face: 472 frames of 640x360 with sound; without shared clips the synthetic sample."""
    return BASE if BASE.exists() else _sample(folder)


def one_frame(clip: Path, folder: Path) -> Path:
    """The first frame of a clip, twice: the shortest clip that is a video. What it costs is the start-up."""
    path = folder / f"{clip.stem}_start.mp4"
    if not path.exists():
        write_video(path, list(islice(pictures(clip), 1)) * 2, 25)
    return path


def pictures(clip: Path) -> Iterator[np.ndarray]:
    """Frames as uint8 (H, W, 3) RGB."""
    with av.open(str(clip)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="rgb24")


def looped(clip: Path, times: int, folder: Path) -> Path:
    """A clip `times` times in a row, its packets copied."""
    path = folder / f"{clip.stem}_x{times}.mp4"
    if path.exists():
        return path
    with av.open(str(clip)) as source, av.open(str(path), "w") as target:
        kept = [stream for stream in source.streams if stream.type in ("video", "audio")]
        copies = {stream.index: target.add_stream_from_template(stream) for stream in kept}
        turn = max(Fraction(stream.duration * stream.time_base) for stream in kept)
        for number in range(times):
            source.seek(0)
            for packet in source.demux(kept):
                if packet.dts is None:
                    continue
                step = round(number * turn / packet.time_base)
                packet.dts, packet.pts = packet.dts + step, packet.pts + step
                packet.stream = copies[packet.stream.index]
                target.mux(packet)
    return path


def scaled(clip: Path, height: int, frames: int, folder: Path) -> Path:
    """The first frames of a clip in another height, 16:9."""
    path = folder / f"{clip.stem}_{height}p.mp4"
    if not path.exists():
        import cv2

        size = (height * 16 // 9 // 2 * 2, height)
        picked = islice(cycle(pictures(clip)), frames)
        write_video(path, (cv2.resize(one, size, interpolation=cv2.INTER_CUBIC) for one in picked), 25)
    return path


def with_faces(count: int, frames: int, folder: Path) -> Path:
    """A clip of `count` faces of 24, the places of the others grey: the size of the picture is always the same."""
    path = folder / f"faces_{count}.mp4"
    if not path.exists():
        write_video(path, (_only(one, count) for one in islice(cycle(list(pictures(_grid(folder)))), frames)), 25)
    return path


def _only(picture: np.ndarray, count: int) -> np.ndarray:
    """The first cells of a grid, line by line."""
    height, width = picture.shape[0] // LINES, picture.shape[1] // COLUMNS
    made = np.full_like(picture, 128)
    for cell in range(count):
        y, x = cell // COLUMNS * height, cell % COLUMNS * width
        made[y : y + height, x : x + width] = picture[y : y + height, x : x + width]
    return made


def _grid(folder: Path) -> Path:
    """24 faces in a picture; without shared clips the synthetic sample's face in every cell."""
    if GRID.exists():
        return GRID
    path = folder / "grid.mp4"
    if not path.exists():
        import cv2

        cells = (cv2.resize(one, (160, 160)) for one in pictures(_sample(folder)))
        write_video(path, (np.tile(one, (LINES, COLUMNS, 1)) for one in islice(cells, 12)), 25)
    return path


def _sample(folder: Path) -> Path:
    from emo_utils.datasets.corpora.sample import make_sample_clip

    path = folder / "synthetic_sample.mp4"
    if not path.exists():
        make_sample_clip(path)
    return path


def count_frames(clip: Path) -> int:
    """Frames of a clip, counted by its packets."""
    with av.open(str(clip)) as container:
        return sum(packet.dts is not None for packet in container.demux(video=0))
