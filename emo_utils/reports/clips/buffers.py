"""The buffer of a network over time, drawn beside each face: how many frames of its window it has seen (S4.6)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np

from emo_utils.timeline import Timeline

INK, PAPER = (255, 255, 255), (24, 26, 30)


@dataclass(frozen=True)
class Buffers:
    """How full the window is, for each face of each frame.

    Attributes:
        frames: number of frames of a window.
        filled: frames of the window that the track has shown up to here, by frame and track.
    """

    frames: int
    filled: Mapping[tuple[int, int], int] = field(repr=False)

    @classmethod
    def of(cls, timeline: Timeline, window: Mapping) -> "Buffers":
        """The buffers of a timeline that was read in windows (`inference.windows.WindowRule`)."""
        faces = timeline.faces
        tracks = faces.groupby("track_id")
        count = tracks.cumcount() + 1
        if window.get("fps"):
            count = (faces["time_s"] - tracks["time_s"].transform("min")) * window["fps"] + 1
        filled = np.minimum(np.round(count).astype(int), window["frames"])
        keys = zip(faces["frame_index"], faces["track_id"], strict=True)
        return cls(window["frames"], {(int(f), int(t)): int(n) for (f, t), n in zip(keys, filled, strict=True)})

    def draw(self, canvas: np.ndarray, row, colour: tuple[int, int, int], scale: float) -> None:
        """Draw the buffer of one row of the timeline along the upper edge of its box, in place."""
        filled = self.filled[int(row.frame_index), int(row.track_id)]
        x1, x2, y = round(row.x1), round(row.x2), round(row.y1)
        height = max(3, round(8 * scale))
        cv2.rectangle(canvas, (x1, y), (x2, y + height), PAPER, cv2.FILLED)
        cv2.rectangle(canvas, (x1, y), (x1 + round((x2 - x1) * filled / self.frames), y + height), colour, cv2.FILLED)
        if filled < self.frames:
            text, font, size = f"buffer {filled}/{self.frames}", cv2.FONT_HERSHEY_SIMPLEX, 0.5 * scale
            place = (x1 + round(4 * scale), y + height + round(18 * scale))
            cv2.putText(canvas, text, place, font, size, PAPER, max(1, round(3 * scale)), cv2.LINE_AA)
            cv2.putText(canvas, text, place, font, size, INK, 1, cv2.LINE_AA)
