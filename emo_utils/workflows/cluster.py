"""The workers of a Dask cluster, as an executor that outlives its scheduler."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from emo_utils.errors import MissingPackageError, WorkerDiedError, WorkerError
from emo_utils.extras import missing

log = logging.getLogger("emo_utils")

CONNECT_S = 10
"""Timeout of the connection to a scheduler."""

WAIT_S = 120
"""Time in which a scheduler that went away is waited for."""

AGAIN_S = 0.5
"""Time from one attempt to reach it to the next."""


@contextmanager
def cluster(address: str, wait_s: float = WAIT_S) -> Iterator[Executor]:
    """Connect to a scheduler; its workers must see clips and output under the same paths as this machine.

    Raises:
        MissingPackageError: Dask is not installed.
        WorkerError: no scheduler answers.
    """
    try:
        import distributed  # noqa: F401
    except ModuleNotFoundError as error:
        raise MissingPackageError(missing("--scheduler", "distributed")) from error
    with _dask_silent():
        try:
            client = _connect(address)
        except (OSError, ValueError) as error:
            raise WorkerError(f"no Dask scheduler answers at {address} within {CONNECT_S} s: {error}") from error
        if not client.scheduler_info()["workers"]:
            log.warning("the Dask scheduler at %s has no workers yet; the run goes on when some come", address)
        executor = ClusterExecutor(client, address, wait_s)
        try:
            yield executor
        finally:
            executor.shutdown()


class ClusterExecutor(Executor):
    """Sends tasks to a Dask cluster, and sends them again when its scheduler was restarted.

    A task may therefore run twice, also at the same time: a worker that lost its scheduler may still be at work. Its
    function must allow that. A task whose workers died again and again ends with a `WorkerDiedError`; if the scheduler
    stays away, all tasks end with a `WorkerError`.

    Args:
        client: an open `distributed.Client`, which is closed by `shutdown`.
        address: of its scheduler.
        wait_s: time in which a scheduler that went away is waited for.
    """

    def __init__(self, client: Any, address: str, wait_s: float = WAIT_S):
        self._client, self._address, self._wait_s = client, address, wait_s
        self._lock = threading.RLock()
        self._tasks: dict[Future, partial] = {}
        self._sent: dict[Future, Any] = {}
        self._connection = 0
        """Number of the connection; what is heard of an earlier one is ignored."""
        self._connected = True
        self._closed = False

    def submit(self, function: Callable, /, *args: Any, **kwargs: Any) -> Future:
        """See `concurrent.futures.Executor`."""
        future: Future = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("the executor is closed")
            self._tasks[future] = partial(function, *args, **kwargs)
            if self._connected:
                self._send([future])
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Close the connection: the scheduler forgets what is not finished. See `concurrent.futures.Executor`."""
        with self._lock:
            self._closed = True
            client = self._client
        _close(client)

    def _send(self, futures: list[Future]) -> None:
        """Send tasks; called with the lock held."""
        try:
            for future in futures:
                self._sent[future] = self._client.submit(self._tasks[future], pure=False)
                self._sent[future].add_done_callback(partial(self._ended, self._connection, future))
        except Exception:  # the connection broke meanwhile; what has no answer is sent again
            self._lost(self._connection)

    def _ended(self, connection: int, future: Future, theirs: Any) -> None:
        """Called by Dask, in a thread of its own, when a task is finished, failed, or its scheduler is lost."""
        from distributed import KilledWorker

        if connection != self._connection or self._closed:
            return
        value = error = None
        try:
            if theirs.status == "finished":
                value = theirs.result()
            elif theirs.status == "error":
                error = theirs.exception()
            else:
                raise ConnectionError(theirs.status)
        except BaseException:
            self._lost(connection)
            return
        if isinstance(error, KilledWorker):
            error = WorkerDiedError(f"every worker that was given it died ({error})")
        with self._lock:
            if connection == self._connection and future in self._tasks:
                self._resolve(future, value, error)

    def _resolve(self, future: Future, value: Any, error: BaseException | None) -> None:
        del self._tasks[future]
        self._sent.pop(future, None)
        if not future.set_running_or_notify_cancel():
            return
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)

    def _lost(self, connection: int) -> None:
        """Begin to connect anew, once per connection."""
        with self._lock:
            if connection != self._connection or self._closed:
                return
            self._connection += 1
            self._connected = False
            self._sent.clear()
        threading.Thread(target=self._connect_again, daemon=True).start()

    def _connect_again(self) -> None:
        log.warning("the Dask scheduler at %s went away; waiting up to %d s for it", self._address, self._wait_s)
        _close(self._client)
        until = time.monotonic() + self._wait_s
        while not self._closed and time.monotonic() < until:
            try:
                client = _connect(self._address, min(CONNECT_S, max(1.0, until - time.monotonic())))
            except (OSError, ValueError):
                time.sleep(AGAIN_S)
                continue
            with self._lock:
                self._client, self._connected = client, True
                if self._closed:
                    _close(client)
                    return
                log.warning("connected again; %d tasks are sent anew", len(self._tasks))
                self._send(list(self._tasks))
            return
        gone = f"the Dask scheduler at {self._address} went away and did not come back within {self._wait_s:.0f} s"
        with self._lock:
            for future in list(self._tasks):
                self._resolve(future, None, WorkerError(gone))


@contextmanager
def _dask_silent() -> Iterator[None]:
    """Keep back what Dask logs of a lost connection, with traces: the executor says it in a sentence."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    levels, handlers = [one.level for one in loggers], list(logging.getLogger().handlers)
    for one in loggers:
        one.setLevel(logging.CRITICAL)
    for handler in handlers:
        handler.addFilter(_not_of_dask)
    try:
        yield
    finally:
        for one, level in zip(loggers, levels, strict=True):
            one.setLevel(level)
        for handler in handlers:
            handler.removeFilter(_not_of_dask)


def _not_of_dask(record: logging.LogRecord) -> bool:
    return Path(record.pathname).parent.name != "distributed"


def _connect(address: str, timeout_s: float = CONNECT_S) -> Any:
    from distributed import Client

    return Client(address, timeout=timeout_s, set_as_default=False)


def _close(client: Any) -> None:
    with suppress(Exception):  # its scheduler may be gone
        client.close(timeout=2)
