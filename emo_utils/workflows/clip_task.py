"""Analyse one clip into a hidden folder: the part of `emo analyze` that may run in another process."""

import logging
import shutil
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from emo_utils.errors import MACHINE, EmoError, OutputError, in_words
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
        part: the folder to write into; it is made here, and removed if an error occurs.
        options: of the analysis.
        outputs: names of the writers.
        marked: segments marked by hand; None: find the segments.
        marked_in: the file of the marked segments.
        progress: show a progress bar of frames.
    """

    clip: Path
    part: Path
    options: AnalysisOptions
    outputs: tuple[str, ...]
    marked: tuple[MarkedSegment, ...] | None = None
    marked_in: Path | None = None
    progress: bool = False


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
    """

    status: str
    reason: str = ""
    seconds: float = 0.0
    missing: tuple[str, ...] = ()
    summary: dict = field(default_factory=dict, repr=False)
    source: SourceFile | None = field(default=None, repr=False)
    vectors: dict[int, np.ndarray] = field(default_factory=dict, repr=False)


def run_task(task: ClipTask, analyzer: Analyzer | None = None) -> Outcome:
    """Analyse a clip and write its files.

    Args:
        task: the clip, options and outputs.
        analyzer: with the options of the task; None: a cached one of this process.

    Raises:
        EmoError: the clip cannot be read, or its timeline cannot be written; no files are left then.
    """
    started = time.perf_counter()
    shutil.rmtree(task.part, ignore_errors=True)
    task.part.mkdir()
    try:
        source = SourceFile.of(task.clip)
        summary, missing, vectors = _read_and_write(task, analyzer or _kept_analyzer(task.options))
        reason = f"read, but without {', '.join(missing)}" if missing else "; ".join(summary.get("warnings", ()))
        return Outcome("ok", reason, time.perf_counter() - started, missing, summary, source, vectors)
    except BaseException:
        shutil.rmtree(task.part, ignore_errors=True)
        raise


def try_task(task: ClipTask, analyzer: Analyzer | None = None) -> Outcome:
    """As `run_task`, but a failed clip gives an outcome instead of an error, so that it does not stop the others.

    Raises:
        OutputError: the disk is full or cannot be written; the next clip would fail too.
    """
    started = time.perf_counter()
    try:
        return run_task(task, analyzer)
    except OutputError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in MACHINE:
            raise OutputError(f"{task.clip.name}: {in_words(error)}") from error
        log.error("%s", in_words(error), exc_info=not isinstance(error, EmoError | OSError))
        return Outcome("failed", " ".join(in_words(error).split()), time.perf_counter() - started)


def _read_and_write(task: ClipTask, analyzer: Analyzer) -> tuple[dict, tuple[str, ...], dict[int, np.ndarray]]:
    """The summary, the outputs that are missing, and the face embeddings of people."""
    marked = {} if task.marked is None else {"marked": task.marked, "marked_in": task.marked_in}
    analysis = analyzer.analyze_source(file_source(task.clip), progress=task.progress, **marked)
    missing = analysis.write(task.part, task.outputs, task.progress)
    return analysis.summary(), tuple(map(str, missing)), analysis.results.result.vectors


@lru_cache(maxsize=1)
def _kept_analyzer(options: AnalysisOptions) -> Analyzer:
    """The analyzer of a worker process, loaded once per options."""
    return Analyzer(options=options)
