"""Progress bars on the terminal, and recording of log lines."""

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from tqdm import tqdm

from emo_utils.stopping import check_stop

OnFrame = Callable[[int], None]
"""Called with the number of frames done."""

OnStage = Callable[[str, int, int | None], None]
"""Called with a stage (`analysing`, or the name of an output), frames done, and the number of frames if known."""

Progress = bool | OnStage
"""Whether progress bars are shown on standard error, or a function that is called instead."""

log = logging.getLogger("emo_utils")


def frame_bar(clip: str, stage: str, total: int | None, shown: Progress) -> AbstractContextManager[OnFrame]:
    """A progress bar that appears after two seconds; the context gives a function to call with the frames done.

    The function also raises `Stopped` if the user asked the program to stop; see `stopping`.
    """
    check_stop()
    if callable(shown):
        return _reported(stage, total, shown)
    return _bar(f"{clip}: {stage}", total) if shown else nullcontext(lambda done: check_stop())


@contextmanager
def _reported(stage: str, total: int | None, report: OnStage) -> Iterator[OnFrame]:
    report(stage, 0, total)
    yield lambda done: report(stage, done, total)


@contextmanager
def _bar(name: str, total: int | None) -> Iterator[OnFrame]:
    # disable=None: only on a terminal, so that logs and pipes stay clean
    with tqdm(total=total, desc=name, unit="frame", delay=2, leave=False, disable=None) as bar:

        def on_frame(done: int) -> None:
            check_stop()
            if bar.total and done > bar.total:
                bar.total = done
            bar.update(done - bar.n)

        yield on_frame


@contextmanager
def recorded_log() -> Iterator[list[str]]:
    """Give a list that collects the log lines of this package, from level INFO, within the block."""
    lines: list[str] = []
    handler = _ToList(lines)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    level = log.level
    log.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        log.setLevel(level)
        log.removeHandler(handler)


class _ToList(logging.Handler):
    def __init__(self, lines: list[str]):
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record))
