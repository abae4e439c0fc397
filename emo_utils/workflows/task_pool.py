"""Who works on tasks: this process, processes of this machine, or any executor, a cluster's too."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Protocol, TypeVar

from emo_utils.errors import EmoError, WorkerError
from emo_utils.stopping import signals_raised

Task = TypeVar("Task")
Result = TypeVar("Result")


class TaskPool(Protocol):
    """Whoever does the work."""

    def results(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Result]]:
        """Work on tasks and give their results as they come, in any order.

        Raises:
            WorkerError: the workers gave up.
        """
        ...


@contextmanager
def open_pool(
    function: Callable[[Task], Result],
    in_process: Callable[[Task], Result],
    begun: Callable[[Task], bool],
    died: Callable[[Task], Result],
    workers: int = 1,
    executor: Executor | None = None,
) -> Iterator[TaskPool]:
    """Whoever is to work: the executor if one is given, else `workers` processes; one is this process itself.

    Args:
        function: of a module, given a task in another process.
        in_process: likewise in this process.
        begun: whether a task was begun, asked when a process died: only these can be its cause.
        died: the result of a task whose process died twice.
        workers: how many processes.
        executor: somebody else's.
    """
    if executor is not None:
        yield ExecutorPool(executor, function)
    elif workers > 1:
        processes = Processes(workers, function, begun, died)
        try:
            yield processes
            processes.close()
        finally:
            processes.kill()
    else:
        yield InProcess(in_process)


class InProcess:
    """This process; see `TaskPool`."""

    def __init__(self, function: Callable[[Task], Result]):
        self._function = function

    def results(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Result]]:
        """See `TaskPool`."""
        for task in tasks:
            yield task, self._function(task)


class ExecutorPool:
    """The workers of an executor that somebody else opened and will close; see `TaskPool`."""

    def __init__(self, executor: Executor, function: Callable[[Task], Result]):
        self._executor, self._function = executor, function

    def results(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Result]]:
        """See `TaskPool`."""
        futures = {self._executor.submit(self._function, task): task for task in tasks}
        try:
            completed = as_completed(futures)
            while (future := _next(completed)) is not None:
                yield futures[future], _outcome(future)
        finally:
            for future in futures:
                future.cancel()


class Processes:
    """Processes of this machine, started anew when one dies; see `TaskPool`."""

    def __init__(self, workers: int, function, begun, died):
        self._workers, self._function, self._begun, self._died = workers, function, begun, died
        self._children: list[multiprocessing.Process] = []
        self._pool = self._start(workers)

    def results(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Result]]:
        """See `TaskPool`. When a process dies, its tasks are tried again one by one; a second death is a failure."""
        todo = list(tasks)
        while todo:
            try:
                for task, result in ExecutorPool(self._pool, self._function).results(todo):
                    todo.remove(task)
                    yield task, result
            except BrokenProcessPool as error:
                self.kill()
                suspects = [task for task in todo if self._begun(task)]
                if not suspects:
                    raise WorkerError(
                        "a worker process died while it started. A script of your own must call this under "
                        "`if __name__ == '__main__':`, or with workers=1."
                    ) from error
                for task in suspects:
                    todo.remove(task)
                    yield task, self._alone(task)
                self._pool = self._start(min(self._workers, len(todo) or 1))

    def close(self) -> None:
        """End the processes when their work is done."""
        self._pool.shutdown(wait=True)

    def kill(self) -> None:
        """End the processes now, whatever they are doing."""
        for child in self._children:
            child.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _alone(self, task: Task) -> Result:
        self._pool = self._start(1)
        try:
            return next(ExecutorPool(self._pool, self._function).results([task]))[1]
        except BrokenProcessPool:
            return self._died(task)
        finally:
            self.kill()

    def _start(self, workers: int) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")  # a fork of a process with threads (OpenCV, FFmpeg) can hang
        pool = ProcessPoolExecutor(workers, context, initializer=start_worker)
        before = set(multiprocessing.active_children())
        with _signals_kept_from_children():
            for _ in range(workers):  # a process is started when work comes and none is idle: start all at once
                pool.submit(os.getpid)
        self._children = [child for child in multiprocessing.active_children() if child not in before]
        return pool


@contextmanager
def _signals_kept_from_children() -> Iterator[None]:
    """Processes started within get no Ctrl-C and no SIGTERM from their first moment: the parent handles them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    held = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


def start_worker() -> None:
    """Initializer of a worker process: signals are its parent's to handle, and it has no life after its parent's."""
    import cv2

    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    cv2.setNumThreads(1)


def _end_with_parent() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)


def _next(completed: Iterator[Future]) -> Future | None:
    with signals_raised():
        return next(completed, None)


def _outcome(future: Future):
    try:
        return future.result()
    except (EmoError, BrokenProcessPool):
        raise
    except Exception as error:
        raise WorkerError(f"the worker gave up ({type(error).__name__}: {error})") from error
