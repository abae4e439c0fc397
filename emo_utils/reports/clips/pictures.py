"""Pictures for notebooks: strips of frames and crops, drawn boxes, an animation, an embedded video."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import cv2
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from emo_utils.structures import Detections
from emo_utils.video import probe, read_frames

CHART_COLOURS, MOST_COLOURS = 256, 6000
"""Colours kept in a chart, and the most that a chart has with its soft edges; a photograph has more."""
BOX_COLOUR, POINT_COLOUR = (242, 165, 65), (255, 255, 255)


def strip(pictures: Sequence[np.ndarray], titles: Sequence[str] = (), columns: int = 6, width: float = 1.7) -> Figure:
    """Pictures side by side, in rows of `columns`.

    Args:
        pictures: uint8 (H, W, 3) RGB or (H, W) gray.
        titles: one per picture, or none.
        columns: pictures a row.
        width: of one picture, in inches.
    """
    columns = max(1, min(columns, len(pictures)))
    rows = max(1, -(-len(pictures) // columns))
    shape = pictures[0].shape if len(pictures) else (1, 1)
    height = width * shape[0] / shape[1] + (0.25 if titles else 0.05)
    size = (columns * width, rows * height)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained", dpi=64)
    for axis in axes.flat:
        axis.axis("off")
    for index, (axis, picture) in enumerate(zip(axes.flat, pictures, strict=False)):
        axis.imshow(picture, cmap="gray", vmin=0, vmax=255)
        if index < len(titles):
            axis.set_title(titles[index], fontsize=8)
    plt.close(figure)  # shown once, as the cell's value
    return figure


def with_boxes(pixels: np.ndarray, found: Detections) -> np.ndarray:
    """A copy of a frame, uint8 (H, W, 3), with the found boxes and keypoints drawn in."""
    canvas = pixels.copy()
    weight = max(1, min(canvas.shape[:2]) // 150)
    for index, (x1, y1, x2, y2) in enumerate(np.round(found.boxes).astype(int)):
        cv2.rectangle(canvas, (x1, y1), (x2, y2), BOX_COLOUR, weight, cv2.LINE_AA)
        for x, y in () if found.keypoints is None else np.round(found.keypoints[index]).astype(int):
            cv2.circle(canvas, (x, y), weight + 1, POINT_COLOUR, cv2.FILLED, cv2.LINE_AA)
    return canvas


def play(path: Path | str, width_px: int = 480):
    """A video embedded in the notebook; its bytes are stored there, so it should be short."""
    from IPython.display import Video

    return Video(str(path), embed=True, width=width_px, html_attributes="controls loop muted")


def frame_at(clip: Path | str, share: float = 0.5) -> np.ndarray:
    """The frame at a share (0 to 1) of a clip's length, uint8 (H, W, 3)."""
    wanted_s = share * (probe(clip).duration_s or 0.0)
    chosen = None
    for frame in read_frames(clip):
        if chosen is None or frame.time_s <= wanted_s:
            chosen = frame.pixels
        else:
            break
    return chosen


def animated(pictures: Sequence[np.ndarray], frames_a_second: float = 6, side_px: int = 128):
    """Pictures one after another in an endless GIF, which moves also where the notebook is only looked at.

    Args:
        pictures: uint8 (H, W, 3) RGB or (H, W) gray.
        frames_a_second: of the GIF.
        side_px: of its longer side.
    """
    from IPython.display import Image as Shown
    from PIL import Image

    frames = [Image.fromarray(picture) for picture in pictures]
    for frame in frames:
        frame.thumbnail((side_px, side_px))
    data = BytesIO()
    frames[0].save(data, "gif", save_all=True, append_images=frames[1:], duration=round(1000 / frames_a_second), loop=0)
    return Shown(data.getvalue(), format="gif")


def light_figures() -> None:
    """Store the charts of a notebook as PNGs of 256 colours, a third of the bytes; photographs keep all colours."""
    from IPython import get_ipython

    plt.close(plt.figure())  # the first figure sets the default format, which must be set before ours
    if shell := get_ipython():
        shell.display_formatter.formatters["image/png"].for_type(Figure, light_png)


def light_png(figure: Figure) -> bytes:
    """A figure as the PNG of `light_figures`."""
    from PIL import Image

    whole, small = BytesIO(), BytesIO()
    figure.savefig(whole, format="png", dpi=figure.dpi)
    picture = Image.open(whole).convert("RGB")
    if picture.getcolors(MOST_COLOURS):
        picture = picture.quantize(CHART_COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    picture.save(small, "png", optimize=True)
    return small.getvalue()
