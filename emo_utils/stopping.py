"""Delay Ctrl-C and SIGTERM to points where the program can stop safely.

An exception that a signal raises at any point can break a library between two steps. For example, a thread that was
started but not yet registered in its pool keeps the process alive. Therefore signals are held back during work, and the
work calls `check_stop` many times a second. A second signal raises at once.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from emo_utils.errors import Stopped


class _State:
    held = False
    signal = 0
    """The signal that was held back; 0: none."""


@contextmanager
def stop_on_signals() -> Iterator[None]:
    """Make Ctrl-C and SIGTERM raise `Stopped` within this block, with the usual exit codes 130 and 143."""
    before = {kind: signal.signal(kind, _handle) for kind in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler or signal.SIG_DFL)


def _handle(number: int, frame) -> None:
    if _State.held and not _State.signal:
        _State.signal = number
    else:
        _raise(number)


def _raise(number: int) -> None:
    raise Stopped("stopped; nothing half written was kept", 128 + number)


def check_stop() -> None:
    """Raise `Stopped` if a signal was held back."""
    if _State.signal:
        _raise(_State.signal)


@contextmanager
def signals_held() -> Iterator[None]:
    """Hold signals back within this block; only `check_stop` and the end of the block raise them."""
    check_stop()
    with _set(True):
        yield
        check_stop()


@contextmanager
def signals_raised() -> Iterator[None]:
    """Inside `signals_held`, let signals raise at once, while waiting for other processes."""
    check_stop()
    with _set(False):
        yield


@contextmanager
def _set(held: bool) -> Iterator[None]:
    before = _State.held
    _State.held = held
    try:
        yield
    finally:
        _State.held = before
        if not before:
            _State.signal = 0
