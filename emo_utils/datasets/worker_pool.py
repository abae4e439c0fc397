"""Worker pools that prepare clips: this process, local processes, or any executor, such as that of a cluster."""

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Protocol

from emo_utils.datasets.prepare_clip import (
    PreparedClip,
    close_detectors,
    failure,
    fingerprint,
    folder_name,
    keep_result,
    make_samples,
    read_result,
    start_worker,
    unfinished,
    working_detector,
)
from emo_utils.errors import EmoError, WorkerError
from emo_utils.representations.representation import Representation
from emo_utils.structures import Clip

IN_A_SCRIPT = "A script of your own must call prepare() under `if __name__ == '__main__':`, or with workers=1."
GO_ON = "What was finished is kept: give the same command again to go on."


class WorkerPool(Protocol):
    """Prepares clips; see the three kinds below."""

    def working_detector(self, name: str) -> str:
        """See `prepare_clip.working_detector`; asked where the work is done."""
        ...

    def results(self, clips: Sequence[Clip], spec: Representation, root: Path) -> Iterator[PreparedClip]:
        """Work on clips and give their results as they come, in any order.

        Raises:
            WorkerError: the workers gave up.
        """
        ...


@contextmanager
def open_pool(executor: Executor | None, workers: int, detector: str) -> Iterator[WorkerPool]:
    """The executor if one is given, else `workers` processes; one worker is this process itself."""
    if executor is not None:
        yield ExecutorPool(executor)
    elif workers > 1:
        processes = Processes(workers, detector)
        try:
            yield processes
        finally:
            processes.close()
    else:
        try:
            yield InProcess()
        finally:
            close_detectors()


class InProcess:
    """This process; see `WorkerPool`."""

    def working_detector(self, name: str) -> str:
        """See `WorkerPool`."""
        return working_detector(name)

    def results(self, clips: Sequence[Clip], spec: Representation, root: Path) -> Iterator[PreparedClip]:
        """See `WorkerPool`."""
        for clip in clips:
            yield make_samples(clip, spec, root)


class ExecutorPool:
    """The workers of an executor that the caller opened and will close; see `WorkerPool`."""

    def __init__(self, executor: Executor):
        self._executor = executor

    def working_detector(self, name: str) -> str:
        """See `WorkerPool`."""
        return _outcome(self._executor.submit(working_detector, name), "starting the workers")

    def results(self, clips: Sequence[Clip], spec: Representation, root: Path) -> Iterator[PreparedClip]:
        """See `WorkerPool`."""
        futures = {self._executor.submit(make_samples, clip, spec, root): clip for clip in clips}
        try:
            for future in as_completed(futures):
                yield _outcome(future, str(futures[future].path))
        finally:
            for future in futures:
                future.cancel()


class Processes:
    """Processes of this machine, started anew when one dies; see `WorkerPool`."""

    def __init__(self, workers: int, detector: str):
        self._workers, self._detector = workers, detector
        self._pool = self._start(workers)

    def working_detector(self, name: str) -> str:
        """See `WorkerPool`."""
        try:
            return ExecutorPool(self._pool).working_detector(name)
        except BrokenProcessPool as error:
            raise WorkerError(f"a worker process died while it started. {IN_A_SCRIPT}") from error

    def results(self, clips: Sequence[Clip], spec: Representation, root: Path) -> Iterator[PreparedClip]:
        """See `WorkerPool`. When a process dies, its clips are tried again one by one; a second death is a failure."""
        todo = {clip.clip_id: clip for clip in clips}
        while todo:
            try:
                for result in ExecutorPool(self._pool).results(list(todo.values()), spec, root):
                    del todo[result.clip_id]
                    yield result
            except BrokenProcessPool as error:
                self.close()
                in_work = unfinished(root)
                suspects = [clip for clip in todo.values() if folder_name(clip.clip_id) in in_work]
                if not suspects:
                    raise WorkerError(f"a worker process died while it started. {IN_A_SCRIPT} {GO_ON}") from error
                kept = [result for clip in todo.values() if (result := read_result(root, clip)) and not result.retry]
                for result in (*kept, *(self._retry(clip, spec, root) for clip in suspects)):
                    if todo.pop(result.clip_id, None):
                        yield result
                self._pool = self._start(min(self._workers, len(todo) or 1))

    def close(self) -> None:
        """End the processes; clips that were not begun are left."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _start(self, workers: int) -> ProcessPoolExecutor:
        context = get_context("spawn")  # a fork of a process with threads (OpenCV, FFmpeg, MediaPipe) can hang
        pool = ProcessPoolExecutor(workers, context, initializer=start_worker, initargs=(self._detector,))
        with _ctrl_c_kept_from_children():
            for _ in range(workers):  # a process is started when work comes and none is idle: start all at once
                pool.submit(os.getpid)
        return pool

    def _retry(self, clip: Clip, spec: Representation, root: Path) -> PreparedClip:
        with self._start(1) as pool:
            try:
                return next(ExecutorPool(pool).results([clip], spec, root))
            except BrokenProcessPool:
                reason = f"{clip.path}: the process that read it died, twice (killed, out of memory, or a damaged file)"
        result = failure(clip, reason, fingerprint(clip), retry=True)
        keep_result(result, unfinished(root)[folder_name(clip.clip_id)][0], root)
        return result


@contextmanager
def _ctrl_c_kept_from_children() -> Iterator[None]:
    """A context in which started processes ignore Ctrl-C; the parent process handles it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler or signal.SIG_DFL)


def _outcome(future: Future, what: str):
    try:
        return future.result()
    except (EmoError, BrokenProcessPool):
        raise
    except Exception as error:
        raise WorkerError(f"{what}: the worker gave up ({type(error).__name__}: {error}). {GO_ON}") from error
