"""Ctrl-C and SIGTERM, told where nothing is half done.

An exception that a signal raises at any point can break a library between two steps (a thread that is started and not
yet known to its pool keeps the process alive for ever). So work holds signals back, and asks at points of its own
choice, many times a second, whether to stop. A second signal is told at once.
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
    """Within, Ctrl-C and SIGTERM raise `Stopped`, with the exit code that shells expect: 130, 143."""
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
    """Within, signals are told by `check_stop` alone, and at the end."""
    check_stop()
    with _set(True):
        yield
        check_stop()


@contextmanager
def signals_told() -> Iterator[None]:
    """Within `signals_held`, a stretch in which signals are told at once: waiting for others."""
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
