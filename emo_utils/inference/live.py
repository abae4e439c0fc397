"""A live source without delay: while a frame is analysed only the newest one waits, and the others are dropped.

A source that delivers more frames than the network can analyse is not delayed further and further: its frames are
dropped and counted. A file is delivered at the times of its frames, as a camera would do.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from emo_utils.inference.baseline import log_mean, take_off
from emo_utils.inference.clip_baseline import at_rest
from emo_utils.inference.frame_sources import FrameSource
from emo_utils.inference.pipeline import Pipeline
from emo_utils.inference.stream import StreamRow, stream
from emo_utils.inference.weights import Weights
from emo_utils.structures import Frame
from emo_utils.video import Picture

REST_S = 10.0
"""Duration of the rest from which a person's baseline is taken."""

LIVE_FPS = 10.0
"""Frame rate that is assumed of a live source: it gives the number of frames between detections."""

FEWEST_REST_FRAMES = 20
"""Frames of a person during the rest, below which there is no baseline for that person."""


@dataclass(frozen=True)
class LiveFrame:
    """One frame of a live source with its rows.

    Attributes:
        frame: the frame.
        rows: of `inference.stream`, one per face, or one with status `no_face`. With a baseline also
            `baseline_emotion`, `baseline_confidence` and `b_<emotion>`.
        dropped: frames of the source that were dropped until now.
        rest_left_s: seconds of the rest that remain; 0 when no rest is being measured.
    """

    frame: Frame = field(repr=False)
    rows: tuple[StreamRow, ...]
    dropped: int = 0
    rest_left_s: float = 0.0


OnLiveFrame = Callable[[LiveFrame], None]


class NewestFrame:
    """Holds the newest frame of a source until it is taken; a frame that is replaced before is dropped.

    Attributes:
        dropped: number of frames dropped until now.
        wanted: set when a reader is ready for the first frame; a detector may need seconds to be loaded.
    """

    def __init__(self) -> None:
        self.dropped = 0
        self.wanted = threading.Event()
        self._waiting: Picture | None = None
        self._closed = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()

    def put(self, picture: Picture) -> bool:
        """Offer a frame; its pixels are loaded only if it is taken. False: the reader has closed this."""
        with self._changed:
            self.dropped += self._waiting is not None
            self._waiting = picture
            self._changed.notify()
            return not self._closed

    def close(self, error: BaseException | None = None) -> None:
        """End the source; the frame that waits is still given. `error` is raised after it."""
        with self._changed:
            self._closed, self._error = True, error or self._error
            self.wanted.set()
            self._changed.notify()

    def __iter__(self) -> Iterator[Frame]:
        self.wanted.set()
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting is not None or self._closed)
                picture, self._waiting = self._waiting, None
            if picture is None:
                if self._error:
                    raise self._error
                return
            yield picture.frame()


@contextmanager
def in_real_time(source: FrameSource) -> Iterator[NewestFrame]:
    """Deliver a source in a thread: a camera as its frames come, others at the times of their frames."""
    newest = NewestFrame()
    thread = threading.Thread(target=_deliver, args=(source, newest), name="live source", daemon=True)
    thread.start()
    try:
        yield newest
    finally:
        newest.close()
        thread.join()


def _deliver(source: FrameSource, newest: NewestFrame) -> None:
    newest.wanted.wait()
    started_s = time.monotonic()
    try:
        for picture in source.pictures(None, 1):
            ahead_s = 0.0 if source.endless else picture.time_s - (time.monotonic() - started_s)
            if ahead_s > 0:
                time.sleep(ahead_s)
            if not newest.put(picture):
                return
    except Exception as error:  # raised again where the frames are taken
        newest.close(error)
    else:
        newest.close()


class RestBaseline:
    """The baseline of each person, from some seconds in which the face is at rest, as with `baseline="rest:A-B"`.

    A track counts as a person.

    Args:
        weights: that make the predictions.
        seconds: duration of the rest.
    """

    def __init__(self, weights: Weights, seconds: float = REST_S):
        self._weights, self._classes, self._seconds = weights, weights.classes, seconds
        self._until_s: float | None = None
        self._wanted = False
        self._seen: dict[int, list[list[float]]] = {}
        self._offsets: dict[int, np.ndarray] = {}

    def start(self) -> None:
        """Measure the rest from the next frame on; an earlier baseline is forgotten.

        Raises:
            WeightsError: the sidecar of the weights lacks what a neutral face looks like to them.
        """
        at_rest(np.zeros(len(self._classes)), 0, self._weights)
        self._wanted = True

    def stop(self) -> None:
        """Forget the baseline."""
        self._wanted, self._until_s = False, None
        self._offsets = {}

    def left_s(self, time_s: float) -> float:
        """Seconds of the rest that remain."""
        return 0.0 if self._until_s is None else max(0.0, self._until_s - time_s)

    def applied(self, rows: Sequence[StreamRow], time_s: float) -> tuple[StreamRow, ...]:
        """Rows of one frame, with the columns of the baseline for persons who have one."""
        if self._wanted:
            self._wanted, self._until_s = False, time_s + self._seconds
            self._seen, self._offsets = {}, {}
        if self._until_s is not None:
            self._collect(rows, time_s)
        return tuple(self._with_baseline(row) for row in rows)

    def _collect(self, rows: Sequence[StreamRow], time_s: float) -> None:
        if time_s < (self._until_s or 0.0):
            for row in rows:
                if row["person_id"] is not None:
                    values = [row[f"p_{name}"] for name in self._classes]
                    self._seen.setdefault(row["person_id"], []).append(values)
            return
        self._until_s = None
        for person, values in self._seen.items():
            if len(values) >= FEWEST_REST_FRAMES:
                self._offsets[person] = at_rest(log_mean(np.array(values)), len(values), self._weights).offset
        self._seen = {}

    def _with_baseline(self, row: StreamRow) -> StreamRow:
        if row["person_id"] not in self._offsets:
            return row
        values = np.array([[row[f"smoothed_p_{name}"] for name in self._classes]])
        relative = take_off(values, self._offsets[row["person_id"]])[0]
        best = int(relative.argmax())
        named = {f"b_{name}": float(value) for name, value in zip(self._classes, relative, strict=True)}
        return {
            **row,
            "baseline_emotion": self._classes[best],
            "baseline_confidence": float(relative[best]),
            **named,
        }


def run_live(pipeline: Pipeline, newest: NewestFrame, on_frame: OnLiveFrame, rest: RestBaseline | None = None) -> None:
    """Analyse a live source until it ends.

    Args:
        pipeline: with its options; see `inference.stream`. `sample_fps` is not used: frames are dropped as needed.
        newest: where the source puts its frames.
        on_frame: called with each frame that was not dropped and its rows, before the next one is taken. An error that
            it raises ends the analysis.
        rest: the baseline of each person; None: no baseline.

    Raises:
        EmoError: an option that a stream cannot have, or the source cannot be read.
    """
    rows: list[StreamRow] = []

    def pictures(*arguments: Any, **options: Any) -> Iterator[Picture]:
        for frame in newest:
            rows.clear()
            yield Picture(frame.index, frame.time_s, partial(np.asarray, frame.pixels))
            complete = rest.applied(rows, frame.time_s) if rest else tuple(rows)  # `stream` asks for the next frame now
            on_frame(LiveFrame(frame, complete, newest.dropped, rest.left_s(frame.time_s) if rest else 0.0))

    for row in stream(pipeline, FrameSource("live", pictures, LIVE_FPS, replayable=False, endless=True)):
        rows.append(row)
