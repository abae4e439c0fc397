"""Pools for tasks: this process, processes of this machine, or any executor, such as a cluster."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Protocol, TypeVar

from emo_utils.errors import EmoError, WorkerDiedError, WorkerError
from emo_utils.stopping import signals_raised

Task = TypeVar("Task")
Result = TypeVar("Result")


class TaskPool(Protocol):
    """A pool that runs tasks."""

    def results(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Result]]:
        """Run tasks and yield their results in the order of completion.

        Raises:
            WorkerError: the workers failed.
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
    """Open a pool: the executor if one is given, else `workers` processes; 1 uses this process.

    Args:
        function: runs a task in another process; a function of a module.
        in_process: runs a task in this process.
        begun: whether a task was started; called when a process died, since only these tasks can be the cause.
        died: gives the result of a task whose process died twice, or whose workers of the executor died.
        workers: number of processes.
        executor: an open executor, which stays open.
    """
    if executor is not None:
        yield ExecutorPool(executor, function, died)
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
    """Runs tasks in this process; see `TaskPool`."""

    def __init__(self, function: Callable[[Task], Result]):
        self._function = function

    def results(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Result]]:
        """See `TaskPool`."""
        for task in tasks:
            yield task, self._function(task)


class ExecutorPool:
    """Runs tasks in an executor, which the caller opens and closes; see `TaskPool`."""

    def __init__(self, executor: Executor, function: Callable[[Task], Result], died: Callable[[Task], Result]):
        self._executor, self._function, self._died = executor, function, died

    def results(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Result]]:
        """See `TaskPool`. A task whose workers died again and again is a failure."""
        futures = {self._executor.submit(self._function, task): task for task in tasks}
        try:
            completed = as_completed(futures)
            while (future := _next(completed)) is not None:
                task = futures.pop(future)
                yield task, self._outcome(task, future)
        finally:
            for future in futures:
                future.cancel()

    def _outcome(self, task: Task, future: Future) -> Result:
        try:
            return future.result()
        except WorkerDiedError:
            return self._died(task)
        except (EmoError, BrokenProcessPool):
            raise
        except Exception as error:
            raise WorkerError(f"the worker gave up ({type(error).__name__}: {error})") from error


class Processes:
    """Runs tasks in processes of this machine, which are restarted when one dies; see `TaskPool`."""

    def __init__(self, workers: int, function, begun, died):
        self._workers, self._function, self._begun, self._died = workers, function, begun, died
        self._children: list[multiprocessing.Process] = []
        self._pool = self._start(workers)

    def results(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Result]]:
        """See `TaskPool`. When a process dies, started tasks are tried again one by one; a second time is a failure."""
        todo = list(tasks)
        while todo:
            try:
                for task, result in ExecutorPool(self._pool, self._function, self._died).results(todo):
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
                    yield task, self._run_alone(task)
                self._pool = self._start(min(self._workers, len(todo) or 1))

    def close(self) -> None:
        """Wait for the processes to finish, and end them."""
        self._pool.shutdown(wait=True)

    def kill(self) -> None:
        """End the processes at once."""
        for child in self._children:
            child.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run_alone(self, task: Task) -> Result:
        self._pool = self._start(1)
        try:
            return next(ExecutorPool(self._pool, self._function, self._died).results([task]))[1]
        except BrokenProcessPool:
            return self._died(task)
        finally:
            self.kill()

    def _start(self, workers: int) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("spawn")  # a fork of a process with threads (OpenCV, FFmpeg) can hang
        pool = ProcessPoolExecutor(workers, context, initializer=start_worker)
        before = set(multiprocessing.active_children())
        with _signals_kept_from_children():
            for _ in range(workers):  # a process starts only with a task: start all of them now
                pool.submit(os.getpid)
        self._children = [child for child in multiprocessing.active_children() if child not in before]
        return pool


@contextmanager
def _signals_kept_from_children() -> Iterator[None]:
    """Block Ctrl-C and SIGTERM for processes started within this block; the parent handles them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    held = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


def start_worker() -> None:
    """Initialise a worker process: it ignores signals, and ends when its parent ends."""
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
