"""Analyses for the page: one at a time, in a thread, with progress; the page shows an `Analysis` and its files."""

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from emo_utils.apps.page.limits import Limits
from emo_utils.apps.page.visitors import Job, Visitors
from emo_utils.errors import EmoError, Stopped
from emo_utils.inference.options import AnalysisOptions
from emo_utils.workflows.analysis import Analysis
from emo_utils.workflows.analyzer import Analyzer
from emo_utils.workflows.progress import OnStage

ANALYSING, WRITING = "analysing", "annotated"
"""The stages that take most of the time: reading the clip, and writing the annotated video."""

WRITING_SHARE = 0.5
"""Time for a frame of the annotated video, as a share of the time for its analysis; measured on the sample clip."""

REPORT_S = 0.25
"""Time between two reports of progress."""


@dataclass(frozen=True)
class Step:
    """How far an analysis is.

    Attributes:
        stage: `waiting`, `analysing`, or the name of an output.
        done: frames of this stage; for `waiting` the number of analyses that come before.
        total: frames of this stage; None if unknown.
        left_s: estimated time left for the whole; None if unknown.
    """

    stage: str
    done: int = 0
    total: int | None = None
    left_s: float | None = None


@dataclass
class _Clock:
    """Estimates the time left from the pace of the present stage."""

    stage: str = ""
    started_s: float = 0.0
    each_s: float | None = None

    def step(self, stage: str, done: int, total: int | None) -> Step:
        if stage != self.stage:
            self.stage, self.started_s = stage, time.monotonic()
        if stage not in (ANALYSING, WRITING) or not done or not total:
            return Step(stage, done, total)
        each_s = (time.monotonic() - self.started_s) / done
        left_s = each_s * max(0, total - done)
        return Step(stage, done, total, left_s + (each_s * WRITING_SHARE * total if stage == ANALYSING else 0))


class Line:
    """Visitors who wait, in the order in which they came; the first one is served."""

    def __init__(self) -> None:
        self._waiting: list[object] = []
        self._changed = threading.Condition()

    @contextmanager
    def turn(self, longest: int, on_wait: Callable[[int], None], stop: threading.Event) -> Iterator[None]:
        """Wait for one's turn, and have it within this block.

        Args:
            longest: number of others that may be waiting or served.
            on_wait: called with the number of those before, whenever it changes.
            stop: set to wait no longer.

        Raises:
            EmoError: too many are waiting.
            Stopped: `stop` was set.
        """
        me = object()
        with self._changed:
            if len(self._waiting) > longest:
                raise EmoError("too many others are waiting now; try again in some minutes")
            self._waiting.append(me)
        try:
            told = None
            while (before := self._before(me)) > 0:
                if stop.is_set():
                    raise Stopped("stopped while waiting")
                if before != told:
                    on_wait(told := before)
            yield
        finally:
            with self._changed:
                self._waiting.remove(me)
                self._changed.notify_all()

    def _before(self, me: object) -> int:
        """How many are before; waits a little for a change if there are any."""
        with self._changed:
            if self._waiting[0] is not me:
                self._changed.wait(REPORT_S)
            return self._waiting.index(me)


@dataclass(frozen=True)
class Engine:
    """Analyses clips of visitors.

    Attributes:
        limits: what a clip may be.
        visitors: where files are kept.
    """

    limits: Limits
    visitors: Visitors
    _line: Line = field(default_factory=Line, repr=False)
    _stops: dict[str, threading.Event] = field(default_factory=dict, repr=False)

    def analyse(
        self, clip: Path, job: Job, options: AnalysisOptions, token: str, outputs: Sequence[str] | None = None
    ) -> Iterator[Step | Analysis]:
        """Analyse a clip into the folder of a job; gives steps, and the analysis at the end.

        `outputs` are names of outputs; None: the default ones and the PDF.

        Raises:
            EmoError: the clip cannot be read or is not within the limits.
            Stopped: `stop` was called, or nobody takes the steps any more.
        """
        steps: queue.SimpleQueue[Step | Analysis | BaseException] = queue.SimpleQueue()
        stop = self._stops[token] = threading.Event()
        work = threading.Thread(
            target=self._work, args=(clip, job.folder, options, outputs, steps.put, stop), daemon=True
        )
        with self.visitors.in_use(job.folder, self.visitors.upload_of(clip)):
            work.start()
            try:
                yield from _until_done(steps)
            finally:
                stop.set()
                work.join()
                self._stops.pop(token, None)

    def stop(self, token: str) -> None:
        """Stop the analysis of a visitor, if there is one."""
        if token in self._stops:
            self._stops[token].set()

    def _work(self, clip: Path, folder: Path, options: AnalysisOptions, outputs, tell, stop: threading.Event) -> None:
        try:
            with self._line.turn(self.limits.max_queue, lambda before: tell(Step("waiting", before)), stop):
                tell(self._analysed(clip, folder, options, outputs, _reporter(tell, stop)))
        except BaseException as error:  # raised again where the steps are taken
            tell(error)

    def _analysed(self, clip: Path, folder: Path, options: AnalysisOptions, outputs, report: OnStage) -> Analysis:
        source = self.limits.opened(clip)
        most = self.limits.most_frames(source.fps)

        def on_stage(stage: str, done: int, total: int | None) -> None:
            if stage == ANALYSING and done > most:
                raise self.limits.too_long(clip.name)
            report(stage, done, total)

        analysis = analyzer(options).analyze_source(source, progress=on_stage)
        analysis.save(folder, outputs, progress=on_stage, **({} if outputs else {"pdf": True}))
        return analysis


@lru_cache(maxsize=4)
def analyzer(options: AnalysisOptions) -> Analyzer:
    """The analyzer of these options; the last few stay loaded."""
    return Analyzer(options=options)


def _reporter(tell, stop: threading.Event) -> OnStage:
    """A function for `progress`, which reports now and then, and raises `Stopped` when asked to stop."""
    clock, last = _Clock(), [0.0, ""]

    def report(stage: str, done: int, total: int | None) -> None:
        if stop.is_set():
            raise Stopped("stopped; nothing of it was kept")
        step, now = clock.step(stage, done, total), time.monotonic()
        if stage != last[1] or now - last[0] >= REPORT_S:
            last[:] = now, stage
            tell(step)

    return report


def _until_done(steps: queue.SimpleQueue) -> Iterator[Step | Analysis]:
    while True:
        found = steps.get()
        if isinstance(found, BaseException):
            raise found
        yield found
        if isinstance(found, Analysis):
            return
