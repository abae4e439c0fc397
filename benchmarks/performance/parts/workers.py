"""Many clips: one process, two, and the workers of a Dask cluster on this machine."""

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from children import script
from registered import Bench, part
from rows import Goal, Row
from turns import each, in_turn

from emo_utils.workflows.cluster import cluster

CLIPS = 8
GOAL = Goal(1.8, at_least=True)
NOTHINGS = 500


@part
def workers(bench: Bench) -> Iterator[Row]:
    """Timeline and segments. Steady: from the first result to the last, so that the start of processes is not in it."""
    folder = bench.folder / "many"
    folder.mkdir()
    base, clips = bench.base, bench.size(CLIPS, 4)
    for number in range(clips):
        shutil.copy(base, folder / f"c{number:02d}{base.suffix}")
    steady: dict[str, list[float]] = {}
    with _two_clusters() as addresses:
        cases = {"1 process": (1, ""), "2 processes": (2, "")}
        cases |= {f"Dask, {count} worker{'s' * (count > 1)}": (count, at) for count, at in addresses.items()}

        def measure(name: str) -> float:
            count, address = cases[name]
            times = _times(folder, bench.folder / "many_out", 1 if address else count, address)
            steady.setdefault(name, []).append((times[-1] - times[0]) / (clips - count))
            return times[-1]

        whole = in_turn({name: lambda name=name: measure(name) for name in cases}, bench.repeats)
        overheads = [_task_ms(addresses[1]) for _ in range(bench.repeats)] if addresses else []
    for name in cases:
        yield Row.of("workers", f"{name}, steady", steady[name], "s a clip", note=f"{clips} clips of {base.stem}")
    for name in cases:
        yield Row.of("workers", f"{name}, with start", whole[name], "s")
    pair = steady["1 process"], steady["2 processes"]
    yield Row.of("workers", "2 processes over 1, steady", each(lambda one, two: one / two, *pair), "times", GOAL)
    if not addresses:
        yield Row("workers", "Dask's overhead", None, "ms a clip", note="Dask is not installed")
        return
    one, dask = steady["1 process"], steady["Dask, 1 worker"]
    yield Row.of("workers", "Dask's overhead", each(lambda a, b: 1000 * (b - a), one, dask), "ms a clip")
    yield Row.of("workers", "Dask, a task that does nothing", overheads, "ms a task")
    pair = steady["1 process"], steady["Dask, 2 workers"]
    yield Row.of("workers", "Dask, 2 workers over 1 process, steady", each(lambda a, b: a / b, *pair), "times")


def _times(folder: Path, out: Path, count: int, address: str) -> list[float]:
    shutil.rmtree(out, ignore_errors=True)
    return json.loads(script("many_clips.py", folder, out, str(count), address).output.splitlines()[-1])


@contextmanager
def _two_clusters() -> Iterator[dict[int, str]]:
    """The addresses of clusters on this machine by their number of workers; empty without Dask."""
    try:
        from distributed import LocalCluster
    except ModuleNotFoundError:
        yield {}
        return
    options = {"threads_per_worker": 1, "processes": True, "dashboard_address": ":0", "host": "127.0.0.1"}
    with ExitStack() as stack:
        opened = {n: stack.enter_context(LocalCluster(n_workers=n, silence_logs=50, **options)) for n in (1, 2)}
        yield {count: one.scheduler_address for count, one in opened.items()}


def _task_ms(address: str) -> float:
    """Milliseconds a task that does nothing, of many sent at once."""
    with cluster(address) as executor:
        started = time.perf_counter()
        list(executor.map(abs, range(NOTHINGS)))
        return 1000 * (time.perf_counter() - started) / NOTHINGS
