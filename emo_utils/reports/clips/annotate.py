"""Draw the results into the clip: boxes, emotions, probabilities, and a time strip."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import cv2
import numpy as np

from emo_utils.inference.frame_sources import FrameSource, frame_source
from emo_utils.inference.prefetch import prefetch
from emo_utils.labels import COLOURS, ink_on
from emo_utils.reports.clips.buffers import Buffers
from emo_utils.reports.clips.marks import Phases, mark_strip
from emo_utils.reports.clips.summary import durations_s
from emo_utils.structures import Segment
from emo_utils.timeline import Timeline
from emo_utils.video_writer import VideoWriter

SHOWN_CLASSES = 3
"""Number of the largest probabilities drawn under a face."""

QUALITY = 22
"""x264's rate factor. With the fast preset, the quality (PSNR) is that of the slower one at 20."""

ROWS_AT_A_TIME = 4096

FRAMES_AHEAD = 2
"""Frames that are decoded in a thread while others are drawn and encoded; few, since a large one takes 25 MB."""

INK, PAPER, UNNAMED = (255, 255, 255), (24, 26, 30), (138, 143, 152)


def annotate_clip(
    clip: FrameSource | Path | str,
    timeline: Timeline,
    path: Path,
    on_frame: Callable[[int], None] | None = None,
    segments: Sequence[Segment] = (),
    buffers: Buffers | None = None,
) -> None:
    """Write the annotated clip as H.264 with the clip's sound; frames keep their times.

    Args:
        clip: the clip of the timeline.
        timeline: frames that are not in it are left out.
        path: the mp4 to write.
        on_frame: called with the number of frames done, for a progress bar.
        segments: marked beside the faces (onset, apex, offset) and in the time strip.
        buffers: of a network over time, drawn on the boxes.
    """
    source = frame_source(clip)
    drawing = Drawing(timeline.classes, TimeStrip(timeline, segments=segments), Phases(segments), buffers)
    rows, done = RowsByFrame(timeline.table), 0

    def decoded() -> Iterator[tuple[list, np.ndarray, float]]:
        for picture in source.pictures():
            if (own := rows.at(picture.index)) is not None:
                yield own, picture.load().copy(), picture.time_s

    with (
        VideoWriter(path, audio_from=source.path, quality=QUALITY, fast=True) as writer,
        closing(prefetch(decoded(), FRAMES_AHEAD)) as ahead,
    ):
        for own, canvas, time_s in ahead:
            drawing.draw(canvas, own, time_s)
            writer.write(canvas, time_s)
            done += 1
            if on_frame:
                on_frame(done)


def annotate_picture(source: FrameSource, timeline: Timeline, path: Path) -> None:
    """Write an annotated picture, the first frame of a source, as PNG."""
    frame = next(source.read())
    drawn = draw_frame(frame.pixels, timeline.table, timeline.classes, frame.time_s)
    path.write_bytes(cv2.imencode(".png", cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR))[1].tobytes())


def draw_frame(pixels: np.ndarray, rows, classes: tuple[str, ...], time_s: float) -> np.ndarray:
    """One frame, uint8 (H, W, 3) RGB, with its rows of the timeline drawn in; the input is not changed."""
    canvas = pixels.copy()
    Drawing(classes).draw(canvas, tuple(rows.itertuples()), time_s)
    return canvas


@dataclass(frozen=True)
class Drawing:
    """Draws the results of a clip into its frames.

    Attributes:
        classes: the emotions of the timeline.
        strip: along the lower edge; None: without.
        phases: of the segments.
        buffers: of a network over time.
    """

    classes: tuple[str, ...]
    strip: "TimeStrip | None" = None
    phases: Phases = field(default_factory=lambda: Phases(()))
    buffers: Buffers | None = None

    def draw(self, canvas: np.ndarray, rows: Iterable, time_s: float) -> None:
        """Draw the rows of a frame into its pixels, uint8 (H, W, 3) RGB, in place."""
        scale = max(0.4, min(canvas.shape[:2]) / 720)
        for row in rows:
            if row.status == "no_face":
                continue
            _draw_face(canvas, row, self.classes, scale, self.phases.at(row.person_id, time_s))
            if self.buffers:
                named = isinstance(row.smoothed_emotion, str)
                self.buffers.draw(canvas, row, _rgb(row.smoothed_emotion) if named else UNNAMED, scale)
        if self.strip:
            self.strip.draw(canvas, time_s)


class RowsByFrame:
    """The rows of a timeline for one frame after the other; a few thousand rows are held at a time."""

    def __init__(self, table):
        self._groups = groupby(self._rows(table), key=attrgetter("frame_index"))
        self._next: tuple[int, list] | None = (-1, [])

    def at(self, frame_index: int) -> list | None:
        """The rows of a frame as named tuples, None without any; frames must be asked for in increasing order."""
        while self._next and self._next[0] < frame_index:
            found = next(self._groups, None)
            self._next = found and (found[0], list(found[1]))
        return self._next[1] if self._next and self._next[0] == frame_index else None

    @staticmethod
    def _rows(table) -> Iterator:
        for start in range(0, len(table), ROWS_AT_A_TIME):
            part = table.iloc[start : start + ROWS_AT_A_TIME]
            yield from part.astype({"track_id": float, "person_id": float}).itertuples(index=False)


def _draw_face(canvas: np.ndarray, row, classes: tuple[str, ...], scale: float, phase: str) -> None:
    named = isinstance(row.smoothed_emotion, str)  # with --apex-only, most frames have no prediction
    colour = _rgb(row.smoothed_emotion) if named else UNNAMED
    x1, y1, x2, y2 = (round(value) for value in (row.x1, row.y1, row.x2, row.y2))
    faint = row.status in ("uncertain", "low_quality")
    cv2.rectangle(canvas, (x1, y1), (x2, y2), colour, max(1, round((1 if faint else 3) * scale)), cv2.LINE_AA)
    shown = [str(int(row.person_id))]
    if named:
        shown += [f"{row.smoothed_emotion}?" if faint else row.smoothed_emotion, f"{row.smoothed_confidence:.0%}"]
    _label(canvas, "  ".join([*shown, phase] if phase else shown), (x1, y1), colour, scale)
    if named and row.confidence == row.confidence:  # not NaN
        _draw_probabilities(canvas, row, classes, (x1, y2), x2 - x1, scale)


def _label(canvas: np.ndarray, text: str, corner: tuple[int, int], colour, scale: float) -> None:
    font, size, weight = cv2.FONT_HERSHEY_SIMPLEX, 0.75 * scale, max(1, round(1.6 * scale))
    (width, height), baseline = cv2.getTextSize(text, font, size, weight)
    pad = round(6 * scale)
    x = int(np.clip(corner[0], 0, max(0, canvas.shape[1] - width - 2 * pad)))
    y = max(corner[1], height + baseline + 2 * pad)
    cv2.rectangle(canvas, (x, y - height - baseline - 2 * pad), (x + width + 2 * pad, y), colour, cv2.FILLED)
    ink = _rgb_of(ink_on("#{:02x}{:02x}{:02x}".format(*colour)))
    cv2.putText(canvas, text, (x + pad, y - baseline - pad), font, size, ink, weight, cv2.LINE_AA)


def _draw_probabilities(canvas: np.ndarray, row, classes, corner: tuple[int, int], width: int, scale: float) -> None:
    """The largest probabilities of this single frame, as bars under the box."""
    values = sorted(((getattr(row, f"p_{name}"), name) for name in classes), reverse=True)[:SHOWN_CLASSES]
    height, gap = round(20 * scale), round(3 * scale)
    top = min(corner[1] + gap, canvas.shape[0] - SHOWN_CLASSES * (height + gap) - round(14 * scale))
    for index, (value, name) in enumerate(values):
        y = top + index * (height + gap)
        _shade(canvas, corner[0], y, corner[0] + width, y + height)
        end = corner[0] + round(width * float(value))
        cv2.rectangle(canvas, (corner[0], y), (end, y + height), _rgb(name), cv2.FILLED)
        place = (corner[0] + gap, y + height - round(5 * scale))
        cv2.putText(
            canvas, name, place, cv2.FONT_HERSHEY_SIMPLEX, 0.55 * scale, PAPER, max(1, round(3 * scale)), cv2.LINE_AA
        )
        cv2.putText(canvas, name, place, cv2.FONT_HERSHEY_SIMPLEX, 0.55 * scale, INK, 1, cv2.LINE_AA)


def _shade(canvas: np.ndarray, x1: int, y1: int, x2: int, y2: int) -> None:
    area = canvas[max(0, y1) : max(0, y2), max(0, x1) : max(0, x2)]
    area[:] = (area * 0.45).astype(np.uint8)


class TimeStrip:
    """A thin strip along the lower edge: emotions of the first persons over the clip, and the current time."""

    PEOPLE = 3

    def __init__(self, timeline: Timeline, width: int = 1024, segments: Sequence[Segment] = ()):
        self._segments = segments
        self._drawn: dict[tuple[int, int], np.ndarray] = {}
        frames = timeline.frames
        times_s = frames["time_s"].to_numpy()
        self._end_s = float(times_s[-1] + durations_s(times_s)[-1]) if len(times_s) else 1.0
        people = self._people = timeline.people[: self.PEOPLE]
        self._pixels = np.full((max(1, len(people)), width, 3), PAPER, np.uint8)
        ticks = np.minimum(np.searchsorted(times_s, np.linspace(0, self._end_s, width), side="right"), len(times_s)) - 1
        shown = frames["frame_index"].to_numpy()[np.maximum(ticks, 0)] if len(frames) else ()
        for line, person in enumerate(people):
            rows = timeline.person(person, ["frame_index", "smoothed_emotion"]).drop_duplicates("frame_index")
            named = rows.set_index("frame_index")["smoothed_emotion"].reindex(shown)
            self._pixels[line] = [_rgb(name) if isinstance(name, str) else PAPER for name in named]

    def draw(self, canvas: np.ndarray, time_s: float) -> None:
        """Draw into a frame, in place."""
        size = canvas.shape[1], max(4, canvas.shape[0] // 60) * len(self._pixels)
        if size not in self._drawn:
            self._drawn = {size: cv2.resize(self._pixels, size, interpolation=cv2.INTER_NEAREST)}
            mark_strip(self._drawn[size], self._segments, self._people, size[1], self._end_s)
        height = size[1]
        canvas[-height:] = self._drawn[size]
        x = round(canvas.shape[1] * min(1.0, time_s / max(self._end_s, 1e-9)))
        cv2.rectangle(canvas, (x - 1, canvas.shape[0] - height - 3), (x + 1, canvas.shape[0]), INK, cv2.FILLED)


def _rgb(emotion: str) -> tuple[int, int, int]:
    return _rgb_of(COLOURS[emotion])


def _rgb_of(colour: str) -> tuple[int, int, int]:
    code = colour.lstrip("#")
    return int(code[:2], 16), int(code[2:4], 16), int(code[4:], 16)
