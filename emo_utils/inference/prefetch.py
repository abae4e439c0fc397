"""Prefetch in a thread: decoding and detection run while the network predicts for earlier frames."""

import queue
import threading
from collections.abc import Generator, Iterable
from typing import TypeVar

Item = TypeVar("Item")
_END = object()


def prefetch(items: Iterable[Item], depth: int = 32) -> Generator[Item, None, None]:
    """Yield the items in order while a thread makes up to `depth` of them in advance.

    An exception in the thread is raised here; leaving the loop early stops the thread and closes its generator.
    """
    ready: queue.Queue = queue.Queue(maxsize=depth)
    stopped = threading.Event()

    def put(value) -> bool:
        while not stopped.is_set():
            try:
                ready.put(value, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def work() -> None:
        source = iter(items)
        try:
            for item in source:
                if not put(item):
                    break
            put(_END)
        except BaseException as error:  # handed to the caller's thread
            put(error)
        finally:
            getattr(source, "close", lambda: None)()

    thread = threading.Thread(target=work, name="prefetch", daemon=True)
    thread.start()
    try:
        while (item := ready.get()) is not _END:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        thread.join()
