"""Analyse one clip into a hidden folder: the part of `emo analyze` that may run in another process."""

import logging
import platform
import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from emo_utils import __version__
from emo_utils.errors import MACHINE, EmoError, OutputError, WorkerError, in_words
from emo_utils.inference.frame_sources import file_source
from emo_utils.inference.options import AnalysisOptions
from emo_utils.motion.segments_file import MarkedSegment
from emo_utils.results_folder import SourceFile
from emo_utils.workflows.analyzer import Analyzer

log = logging.getLogger("emo_utils")


@dataclass(frozen=True)
class ClipTask:
    """The task for one clip; plain values, so that it can be sent to another process.

    Attributes:
        clip: the file to read.
        part: the folder to write into. A cluster may run a task again while a worker that it has given up is still at
            work, so each attempt makes a folder of its own in it, which is removed if an error occurs.
        options: of the analysis.
        outputs: names of the writers.
        marked: segments marked by hand; None: find the segments.
        marked_in: the file of the marked segments.
        progress: show a progress bar of frames.
        networks: version and hashes, see `networks_of`; a worker that has others refuses the task. Empty: not checked.
    """

    clip: Path
    part: Path
    options: AnalysisOptions
    outputs: tuple[str, ...]
    marked: tuple[MarkedSegment, ...] | None = None
    marked_in: Path | None = None
    progress: bool = False
    networks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """The outcome of a task.

    Attributes:
        status: `ok` or `failed`.
        reason: why it failed, or warnings for a clip with status `ok`.
        seconds: duration of the task.
        missing: outputs that could not be written, with reasons.
        summary: the content of `summary.json`.
        source: the state of the file when it was read; None if it failed.
        vectors: the face embedding of each person, where people are compared across clips.
        part: the folder of the written files, below the task's.
    """

    status: str
    reason: str = ""
    seconds: float = 0.0
    missing: tuple[str, ...] = ()
    summary: dict = field(default_factory=dict, repr=False)
    source: SourceFile | None = field(default=None, repr=False)
    vectors: dict[int, np.ndarray] = field(default_factory=dict, repr=False)
    part: Path | None = None


def run_task(task: ClipTask, analyzer: Analyzer | None = None) -> Outcome:
    """Analyse a clip and write its files.

    Args:
        task: the clip, options and outputs.
        analyzer: with the options of the task; None: a cached one of this process.

    Raises:
        EmoError: the clip cannot be read, or its timeline cannot be written; no files are left then.
    """
    started = time.perf_counter()
    attempt = task.part / uuid.uuid4().hex[:8]
    attempt.mkdir(parents=True)
    try:
        source = SourceFile.of(task.clip)
        with nullcontext(analyzer) if analyzer else _worker_analyzer(task) as used:
            summary, missing, vectors = _read_and_write(task, attempt, used)
        reason = f"read, but without {', '.join(missing)}" if missing else "; ".join(summary.get("warnings", ()))
        return Outcome("ok", reason, time.perf_counter() - started, missing, summary, source, vectors, attempt)
    except BaseException:
        shutil.rmtree(attempt, ignore_errors=True)
        with suppress(OSError):  # there is another attempt
            task.part.rmdir()
        raise


def try_task(task: ClipTask, analyzer: Analyzer | None = None) -> Outcome:
    """As `run_task`, but a failed clip gives an outcome instead of an error, so that it does not stop the others.

    Raises:
        OutputError: the disk is full or cannot be written; the next clip would fail too.
        WorkerError: this process cannot run any task of the run.
    """
    started = time.perf_counter()
    try:
        return run_task(task, analyzer)
    except (OutputError, WorkerError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in MACHINE:
            raise OutputError(f"{task.clip.name}: {in_words(error)}") from error
        log.error("%s", in_words(error), exc_info=not isinstance(error, EmoError | OSError))
        return Outcome("failed", " ".join(in_words(error).split()), time.perf_counter() - started)


def networks_of(analyzer: Analyzer) -> tuple[str, ...]:
    """What must be the same in all processes of a run, so that results are: version and SHA-256 of the networks."""
    pipeline = analyzer.pipeline
    hashes = [engine.weights.sidecar["sha256"] for engine in pipeline.networks.engines()]
    return (__version__, *hashes, pipeline.embedder.sha256 if pipeline.embedder else "no identity network")


def _read_and_write(
    task: ClipTask, part: Path, analyzer: Analyzer
) -> tuple[dict, tuple[str, ...], dict[int, np.ndarray]]:
    """The summary, the outputs that are missing, and the face embeddings of people."""
    marked = {} if task.marked is None else {"marked": task.marked, "marked_in": task.marked_in}
    analysis = analyzer.analyze_source(file_source(task.clip), progress=task.progress, **marked)
    missing = analysis.write(part, task.outputs, task.progress)
    return analysis.summary(), tuple(map(str, missing)), analysis.results.result.vectors


@contextmanager
def _worker_analyzer(task: ClipTask) -> Iterator[Analyzer]:
    """The analyzer of a worker process, for one task at a time: a worker of a cluster may have several threads.

    Raises:
        WorkerError: this process has other networks than the one that made the task.
    """
    with _ONE_TASK:
        analyzer = _kept_analyzer(task.options)
        own = networks_of(analyzer)
        if task.networks and own != task.networks:
            raise WorkerError(
                f"worker {platform.node()}: expected version and networks of this run, {_named(task.networks)}, "
                f"found {_named(own)}; install the same version there and give it the same EMO_MODELS_DIR"
            )
        yield analyzer


_ONE_TASK = threading.Lock()


def _named(networks: tuple[str, ...]) -> str:
    return ", ".join((networks[0], *(name if " " in name else name[:12] for name in networks[1:])))


@lru_cache(maxsize=1)
def _kept_analyzer(options: AnalysisOptions) -> Analyzer:
    """The analyzer of a worker process, loaded once per options."""
    import cv2

    cv2.setNumThreads(1)  # one worker per core
    return Analyzer(options=options)
