"""Watch a camera or a file in real time: in a window, or into a folder of results."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emo_utils.errors import EmoError
from emo_utils.inference.frame_sources import FrameSource, frame_source
from emo_utils.inference.live import LiveFrame, RestBaseline, in_real_time, run_live
from emo_utils.output import whole_folder
from emo_utils.reports.clips.annotate import draw_frame
from emo_utils.stopping import check_stop
from emo_utils.table_text import number
from emo_utils.timeline import columns
from emo_utils.video_writer import VideoWriter
from emo_utils.workflows.analyzer import Analyzer

Viewer = Callable[[LiveFrame, np.ndarray], bool]
"""Called with each frame and its picture with faces drawn in, uint8 (H, W, 3) RGB; False ends the run."""


@dataclass
class LiveCounts:
    """What came of a live source.

    Attributes:
        frames: frames analysed.
        dropped: frames that came while another one was analysed.
        faces: rows with a face.
        last_s: time of the last frame.
    """

    frames: int = 0
    dropped: int = 0
    faces: int = 0
    last_s: float = 0.0

    @property
    def fps(self) -> float:
        """Frames analysed a second of the source's time."""
        return self.frames / self.last_s if self.last_s else 0.0


class _Ended(Exception):
    """The run was ended by its viewer or its limit of time."""


def watch(
    source: str | int | Path | FrameSource,
    analyzer: Analyzer,
    out: Path | None = None,
    viewer: Viewer | None = None,
    *,
    seconds: float | None = None,
    rest: RestBaseline | None = None,
) -> LiveCounts:
    """Analyse a live source until it ends, the viewer ends it, or the time is over.

    Args:
        source: the index of a camera, or a file, which is played in real time.
        analyzer: its options must suit a stream; see `Analyzer.stream`.
        out: a folder for `timeline.csv` and `annotated.mp4`; it appears complete, at the end.
        viewer: shows each frame.
        seconds: limit of the duration.
        rest: the baseline of each person.

    Raises:
        EmoError: the source cannot be read, or an option does not suit a stream.
        OutputError: the folder cannot be written.
    """
    opened = frame_source(source)
    if opened.frames == 1:
        raise EmoError(f"{opened.name}: expected a camera or a video, found a single picture; use emo analyze")
    counts = LiveCounts()
    with _recording(out, analyzer) as record, in_real_time(opened) as newest:

        def on_frame(shown: LiveFrame) -> None:
            check_stop()
            counts.frames += 1
            counts.dropped, counts.last_s = shown.dropped, shown.frame.time_s
            counts.faces += sum(row["status"] != "no_face" for row in shown.rows)
            drawn = _drawn(shown, analyzer.pipeline.weights.classes) if record or viewer else None
            if record:
                record(shown, drawn)
            if (viewer and not viewer(shown, drawn)) or (seconds is not None and counts.last_s >= seconds):
                raise _Ended

        with suppress(_Ended):
            run_live(analyzer.pipeline, newest, on_frame, rest)
    return counts


def _drawn(shown: LiveFrame, classes: tuple[str, ...]) -> np.ndarray:
    import pandas as pd

    return draw_frame(shown.frame.pixels, pd.DataFrame(shown.rows), classes, shown.frame.time_s)


@contextmanager
def _recording(out: Path | None, analyzer: Analyzer) -> Iterator[Callable[[LiveFrame, np.ndarray], None] | None]:
    """A function that adds a frame to the results; the folder appears at the end of the block."""
    if out is None:
        yield None
        return
    if out.exists() and any(out.iterdir()):
        raise EmoError(f"{out}: exists already and is not empty; choose another --out")
    with whole_folder(out) as part:
        table = _Table(part / "timeline.csv", columns(analyzer.pipeline.weights.classes))
        with VideoWriter(part / "annotated.mp4") as video, table:

            def record(shown: LiveFrame, drawn: np.ndarray) -> None:
                table.write(shown.rows)
                video.write(drawn, shown.frame.time_s)

            yield record


class _Table:
    """A CSV that grows row by row, in the form of `Timeline.save_csv`."""

    def __init__(self, path: Path, names: list[str]):
        self._file, self._names = path.open("w", encoding="utf-8", newline=""), names
        self._file.write(",".join(names) + "\n")

    def write(self, rows) -> None:
        for row in rows:
            self._file.write(",".join(_cell(row.get(name)) for name in self._names) + "\n")

    def __enter__(self) -> "_Table":
        return self

    def __exit__(self, *error) -> None:
        self._file.close()


def _cell(value) -> str:
    if value is None or value != value:
        return ""
    return number(value) if isinstance(value, float) else str(value)
