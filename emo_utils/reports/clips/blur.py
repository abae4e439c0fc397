"""Frames whose faces are hidden, for pictures and videos that do not show who the people are.

Each face is replaced by `CELLS` x `CELLS` mean colours, smoothly joined, over the whole head. Hidden are the faces of
the timeline, their places for `HELD_S` before and after a track, and whatever the detector finds anew in the frame:
also faces that the timeline left out as too short.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from emo_utils.faces.detector import create_detector
from emo_utils.inference.frame_sources import FrameSource
from emo_utils.timeline import Timeline
from emo_utils.video import Picture

CELLS = 5
"""Mean colours across and down a hidden face."""

HELD_S = 0.5
"""A face is hidden at its last place this long before and after it is seen, and in gaps."""

SIDES, ABOVE, BELOW = 0.3, 0.6, 0.3
"""The box of a face is made larger by these shares of its width and height, for hair, ears and chin."""

BOX = ["x1", "y1", "x2", "y2"]


def hidden_source(source: FrameSource, timeline: Timeline, detector: str) -> FrameSource:
    """The same frames with all faces hidden; without a path, so that the file's own pictures and sound are not used.

    Args:
        source: of the clip.
        timeline: of the clip.
        detector: a registered face detector.
    """
    places = FacePlaces(timeline)

    def pictures(*arguments: Any, **options: Any) -> Iterator[Picture]:
        finder = create_detector(detector)

        def load(picture: Picture) -> np.ndarray:
            pixels = picture.load()
            return hide(pixels, np.concatenate([places.at(picture.time_s), finder.detect(pixels).boxes]))

        try:
            for picture in source.pictures(*arguments, **options):
                yield Picture(picture.index, picture.time_s, lambda picture=picture: load(picture))
        finally:
            finder.close()

    return replace(source, pictures=pictures, path=None, info=None)


class FacePlaces:
    """Where the faces of a timeline are at any time."""

    def __init__(self, timeline: Timeline):
        faces = timeline.faces.sort_values("time_s")
        self._tracks = [
            (track["time_s"].to_numpy(float), track[BOX].to_numpy(float)) for _, track in faces.groupby("track_id")
        ]

    def at(self, time_s: float) -> np.ndarray:
        """Boxes float (N, 4) of the faces at a time: of each track the nearest row, if it is within `HELD_S`."""
        boxes = []
        for times_s, own in self._tracks:
            nearest = int(np.abs(times_s - time_s).argmin())
            if abs(times_s[nearest] - time_s) <= HELD_S:
                boxes.append(own[nearest])
        return np.array(boxes, float).reshape(-1, 4)


def hide(pixels: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """A copy of a frame, uint8 (H, W, 3), with the faces in boxes (N, 4) hidden."""
    hidden = pixels.copy()
    for box in boxes:
        x1, y1, x2, y2 = _head(box, pixels.shape)
        if x2 > x1 and y2 > y1:
            cells = cv2.resize(hidden[y1:y2, x1:x2], (CELLS, CELLS), interpolation=cv2.INTER_AREA)
            hidden[y1:y2, x1:x2] = cv2.resize(cells, (x2 - x1, y2 - y1), interpolation=cv2.INTER_LINEAR)
    return hidden


def _head(box: np.ndarray, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """The box of the whole head in whole pixels inside the frame."""
    (x1, y1, x2, y2), (height, width) = box, shape[:2]
    across, down = x2 - x1, y2 - y1
    edges = (x1 - SIDES * across, y1 - ABOVE * down, x2 + SIDES * across, y2 + BELOW * down)
    limits = (width, height, width, height)
    return tuple(int(np.clip(round(edge), 0, limit)) for edge, limit in zip(edges, limits, strict=True))
