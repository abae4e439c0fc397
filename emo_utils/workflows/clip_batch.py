"""A run over many clips: results are written clip by clip, and a stopped run can be continued."""

import logging
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tqdm import tqdm

from emo_utils.errors import MACHINE, EmoError, OutputError, Stopped, WorkerError, in_words
from emo_utils.results_folder import DONE, INCOMPLETE, Listing, land, new_part, sweep
from emo_utils.workflows.clip_baselines import (
    encoded,
    refuse_other_baselines,
    take_off_baselines,
    unfinished_without_predictions,
)
from emo_utils.workflows.clip_manifest import (
    FAILED,
    MANIFEST,
    PASSED_OVER,
    WAITING,
    ClipRow,
    clip_text,
    keep_others,
    read_rows,
    write_rows,
)
from emo_utils.workflows.clip_request import Request
from emo_utils.workflows.clip_results import ClipResult, Place, place_clips
from emo_utils.workflows.clip_search import FoundClips
from emo_utils.workflows.clip_task import ClipTask, Outcome, try_task
from emo_utils.workflows.run_report import write_run_report
from emo_utils.workflows.run_tables import RunTables, StudySettings
from emo_utils.workflows.task_pool import open_pool

log = logging.getLogger("emo_utils")

GO_ON = "give the same command again to go on"


@dataclass(frozen=True)
class BatchProgress:
    """Progress of a run: clips done (finished before, now, or failed), their total, and the seconds left."""

    done: int
    total: int
    left_s: float


OnResult = Callable[[ClipResult, BatchProgress], None]


def land_outcome(place: Place, task: ClipTask, outcome: Outcome) -> ClipResult:
    """Move the written files of a clip to their place."""
    if outcome.status == FAILED:
        return ClipResult.of(place.clip, place.folder, outcome)
    values = {name: getattr(outcome, name) for name in ("reason", "seconds", "summary")}
    if outcome.vectors:
        values["vectors"] = encoded(outcome.vectors)
    status = INCOMPLETE if outcome.missing else DONE
    listing = Listing(outcome.source, place.request, status, outcome=values)
    for name in land(outcome.part, place.folder, listing):
        log.warning(
            "%s: written as %s, since a file of that name there is yours or was changed by you", place.folder, name
        )
    shutil.rmtree(task.part, ignore_errors=True)  # with what a worker has left that died, or that was given up
    return ClipResult.of(place.clip, place.folder, outcome)


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn errors of the disk, such as a full one, into an OutputError."""
    try:
        yield
    except OSError as error:
        if error.errno in MACHINE:
            raise OutputError(f"{folder}: {in_words(error)}") from error
        raise


class Batch:
    """A run over many clips: their folders, their results so far, the manifest, and the tables over all clips."""

    def __init__(
        self,
        places: Sequence[Place],
        rest: Sequence[ClipRow],
        out: Path,
        request: Request,
        on_result: OnResult | None,
        study: StudySettings,
    ):
        self._places, self._rest, self._out, self._request = places, rest, out, request
        self._on_result = on_result
        self._results = {place.folder: place.finished for place in places if place.finished}
        self._pending = [place for place in places if not place.finished]
        self._rows: dict[Path, tuple[ClipResult | None, ClipRow]] = {}
        self._tables = RunTables(out, study)

    @classmethod
    def planned(
        cls,
        found: FoundClips,
        out: Path,
        request: Request,
        overwrite: bool,
        redo: bool,
        on_result: OnResult | None,
        study: StudySettings | None = None,
    ) -> "Batch":
        """Plan a run: find the folder of each clip, and the clips that are finished.

        Raises:
            OutputError: there are results of other options, or a `manifest.csv` of another program.
        """
        earlier = read_rows(out)
        if earlier is None and (out / MANIFEST).exists():
            raise OutputError(f"{out / MANIFEST}: was not written by this command; move it, or choose another --out")
        places = place_clips(found.clips, [request.key(clip) for clip in found.clips], out, overwrite, redo)
        kind = request.analyzer.options.baseline_request.kind
        refuse_other_baselines(places, kind, overwrite or redo)
        if request.analyzer.options.baseline_request.of_several:
            by_person = request.analyzer.pipeline.weights.person_rule is not None
            places = [unfinished_without_predictions(place, by_person) for place in places]
        rest = [ClipRow(clip_text(one.path, out), PASSED_OVER, one.reason) for one in found.passed_over]
        named = [clip_text(place.clip, out) for place in places] + [row.clip for row in rest]
        others = keep_others(earlier or (), named, out)
        return cls(places, [*rest, *others], out, request, on_result, study or StudySettings.kept(out))

    def run(self, workers: int, executor: Executor | None, progress: bool) -> list[ClipResult]:
        """Analyse unfinished clips; the manifest is written again after each clip."""
        workers = min(workers, len(self._pending) or 1)
        tasks = {}
        for place in self._pending:
            part = new_part(self._out, place.folder.name)
            tasks[self._request.task(place.clip, part, progress and workers == 1 and not executor)] = place
        try:
            with disk_errors(self._out):
                self._write_manifest()
                self._report_finished()
                self._read(tasks, workers, executor, progress)
                self._take_off_baselines()
                self._write_tables(self._tables.write)
                if "report" in self._request.outputs:
                    self._write_tables(partial(write_run_report, self._out))
        except (KeyboardInterrupt, Stopped) as stop:
            self._sweep()
            raise Stopped(f"stopped; {self._remains()}", getattr(stop, "code", 130)) from None
        except (OutputError, WorkerError) as error:
            self._sweep()
            raise type(error)(f"{error}. Stopped; {self._remains()}") from error
        return [self._results[place.folder] for place in self._places]

    def _sweep(self) -> None:
        with suppress(OSError):  # without a file handle left, say; the next run removes what is left
            sweep(self._out)

    def _read(self, tasks: dict[ClipTask, Place], workers: int, executor: Executor | None, progress: bool) -> None:
        started, finished = time.perf_counter(), len(self._results)
        in_process = partial(try_task, analyzer=self._request.analyzer)
        pool = open_pool(try_task, in_process, lambda task: task.part.exists(), _died, workers, executor)
        bar = tqdm(
            total=len(self._places), initial=finished, desc="clips", unit="clip", disable=None if progress else True
        )
        with pool as worker, bar:
            for task, outcome in worker.results(list(tasks)):
                place = tasks[task]
                self._results[place.folder] = land_outcome(place, task, outcome)
                self._write_manifest()
                if self._results[place.folder].status != FAILED:
                    self._write_tables(partial(self._tables.landed, place.folder))
                bar.update()
                done = len(self._results)
                each_s = (time.perf_counter() - started) / (done - finished)
                self._report(place.folder, BatchProgress(done, len(self._places), each_s * (len(self._places) - done)))
        for task in tasks:  # a worker of a cluster that was given up may have begun a clip after it had landed
            shutil.rmtree(task.part, ignore_errors=True)

    def _write_tables(self, write: Callable[[], object]) -> None:
        """Write the tables or the report; an error in them does not stop the run, but one of the disk does."""
        try:
            write()
        except (OutputError, OSError):
            raise
        except Exception as error:  # the clips' own results are whole
            trace = not isinstance(error, EmoError)
            log.error(
                "tables or report are not current: %s; run `emo collect %s`", in_words(error), self._out, exc_info=trace
            )

    def _take_off_baselines(self) -> None:
        """The second pass, see `clip_baselines`."""
        analysed = [self._results[place.folder] for place in self._places]
        results = take_off_baselines(analysed, self._request.analyzer)
        for before, after in zip(analysed, results, strict=True):
            if after.summary != before.summary:
                self._tables.forget(after.folder)
        self._results = {result.folder: result for result in results}
        self._write_manifest()

    def _report_finished(self) -> None:
        for done, folder in enumerate(list(self._results), start=1):
            self._report(folder, BatchProgress(done, len(self._places), 0.0))

    def _report(self, folder: Path, so_far: BatchProgress) -> None:
        if self._on_result:
            self._on_result(self._results[folder], so_far)

    def _remains(self) -> str:
        done, total = sum(one.status != FAILED for one in self._results.values()), len(self._places)
        return f"{done} of {total} clips are finished and kept, {total - done} remain: {GO_ON}"

    def _write_manifest(self) -> None:
        write_rows(self._out, [*map(self._row, self._places), *self._rest])

    def _row(self, place: Place) -> ClipRow:
        """The row of a clip; kept, since all rows are written whenever a clip lands."""
        result = self._results.get(place.folder)
        of, row = self._rows.get(place.folder, (None, None))
        if row is None or of is not result:
            row = result.row() if result else ClipRow(clip_text(place.clip, self._out), WAITING)
            self._rows[place.folder] = result, row
        return row


def _died(task: ClipTask) -> Outcome:
    return Outcome(
        FAILED, f"{task.clip}: the process that read it died, twice (killed, out of memory, or a damaged file)"
    )
