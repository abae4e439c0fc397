"""Children that analyse mutants, each replaced when it dies or hangs; the parent never reads a mutant itself."""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from queue import Empty, SimpleQueue

from fuzzing.child import Outcome

CRASH, HANG = "crash", "hang"
START_S = 120
"""Seconds that a child may take until its networks are loaded."""

Recipe = tuple[str, int]
"""Name of the seed clip, and number."""


class Child:
    """A process of `fuzzing.child`."""

    def __init__(self, seeds: Path, limit_s: float):
        self._seeds, self._limit_s = seeds, limit_s
        self._process: subprocess.Popen | None = None

    def outcome(self, recipe: Recipe) -> Outcome:
        """The outcome of a recipe; a child that dies or takes too long ends with it."""
        if self._process is None:
            self._start()
        try:
            self._process.stdin.write(json.dumps(recipe) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass
        answer = self._answer(self._limit_s)
        if answer:
            return Outcome(**{k: tuple(v) if isinstance(v, list) else v for k, v in json.loads(answer).items()})
        return self._lost(hung=answer is None)

    def command(self) -> list[str]:
        """Arguments of Python that start the process."""
        return ["-m", "fuzzing.child"]

    def close(self) -> None:
        """End the process."""
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _start(self) -> None:
        self._errors = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, *self.command(), str(self._seeds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"},
        )
        if not self._answer(START_S):
            self._errors.seek(0)
            raise RuntimeError(f"a child did not start: {self._errors.read()[-2000:]}")

    def _answer(self, limit_s: float) -> str | None:
        """The next line; empty at the end of the process, None if there is none in time."""
        ready, _, _ = select.select([self._process.stdout], [], [], limit_s)
        return self._process.stdout.readline() if ready else None

    def _lost(self, hung: bool) -> Outcome:
        if hung:
            self._process.send_signal(signal.SIGABRT)  # the fault handler prints where it hangs
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
        code = self._process.wait()
        self._errors.seek(0)
        told = self._errors.read()
        told = told[max(0, told.rfind("Fatal Python error") - 500) :][:3000]
        self.close()
        name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return Outcome(HANG, f"over {self._limit_s:.0f} s", told) if hung else Outcome(CRASH, name, told)


def outcomes(
    recipes: Iterable[Recipe], seeds: Path, children: int, limit_s: float, make: Callable[..., Child] = Child
) -> Iterator[tuple[Recipe, Outcome]]:
    """The outcome of each recipe as it is known; a crash or hang is tried once more in a new child.

    One that does not repeat is still a fault: `what` says so.
    """
    waiting, done = SimpleQueue(), SimpleQueue()
    count = 0
    for recipe in recipes:
        waiting.put(recipe)
        count += 1
    threads = [threading.Thread(target=_work, args=(make(seeds, limit_s), waiting, done)) for _ in range(children)]
    for thread in threads:
        thread.daemon = True
        thread.start()
    for _ in range(count):
        found = done.get()
        if isinstance(found, BaseException):
            raise found
        yield found


def _work(child: Child, waiting: SimpleQueue, done: SimpleQueue) -> None:
    try:
        while True:
            recipe = waiting.get_nowait()
            outcome = child.outcome(recipe)
            if outcome.outcome in (CRASH, HANG):
                again = child.outcome(recipe)
                if again.outcome != outcome.outcome:
                    outcome = Outcome(outcome.outcome, f"{outcome.what}, not repeated", outcome.message)
            done.put((recipe, outcome))
    except Empty:
        child.close()
    except BaseException as error:
        done.put(error)
