"""Analyse clips into folders of results; a stopped run can be continued, and finished clips are kept."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from emo_utils.errors import EmoError, OutputError, Stopped
from emo_utils.inference.options import AnalysisOptions
from emo_utils.locks import only_process
from emo_utils.reports.clips.writer import in_order
from emo_utils.results_folder import new_part, read_listing, sweep
from emo_utils.stopping import signals_held
from emo_utils.workflows.analyzer import Analyzer
from emo_utils.workflows.baselines import check_several
from emo_utils.workflows.clip_batch import GO_ON, Batch, BatchProgress, OnResult, disk_errors, land_outcome
from emo_utils.workflows.clip_request import Request
from emo_utils.workflows.clip_results import ClipResult, made_otherwise, place_clip
from emo_utils.workflows.clip_search import find_clips, refuse_inputs_in
from emo_utils.workflows.clip_task import run_task
from emo_utils.workflows.cluster import cluster
from emo_utils.workflows.output_folder import OTHERWISE, check_folder, holds_results
from emo_utils.workflows.run_tables import RunTables, StudySettings, check_trials


def analyze_clips(
    inputs: Sequence[Path | str],
    out: Path | str,
    options: AnalysisOptions | None = None,
    outputs: Sequence[str] | None = None,
    *,
    segments_file: Path | str | None = None,
    overwrite: bool = False,
    redo: bool = False,
    recursive: bool = False,
    workers: int = 1,
    scheduler: str | None = None,
    progress: bool = True,
    on_result: OnResult | None = None,
    study: StudySettings | None = None,
) -> list[ClipResult]:
    """Analyse clips and write their results.

    The results of a single clip are written into `out` itself. For several clips or a folder, each clip gets a folder,
    `manifest.csv` lists every clip with its status, and tables hold all clips (`workflows.run_tables`). Each folder
    appears when its clip is done. A clip that an earlier run finished with the same options is not analysed again, so
    a stopped run can be continued. A baseline of several clips is taken off in a second pass, when all are analysed;
    see `workflows.clip_baselines`.

    Args:
        inputs: video files and folders of them.
        out: the output folder. Only files that this package wrote are ever replaced in it.
        options: of the analysis.
        outputs: names of the outputs, see `reports.clips.writer`; None takes the default ones.
        segments_file: segments corrected by hand, used instead of those found; see `motion.segments_file`.
        overwrite: replace results of other options or of another version of a file; results of a single clip always.
        redo: analyse finished clips again too, and replace their results.
        recursive: search subfolders too.
        workers: number of processes; 1 uses this process.
        scheduler: address of a Dask scheduler, whose workers analyse the clips instead.
        progress: show progress bars on standard error.
        on_result: called for each clip as soon as its results are written.
        study: events and subjects for the tables; None: those that the folder's tables were given before.

    Raises:
        EventsError: an event names no clip of the request, or lies outside its clip.
        EmoError: the request is wrong (no videos, unknown names, existing output), or the only clip failed.
        OutputError: the disk is full or cannot be written; what was finished is kept.
    """
    out = Path(out)
    if scheduler and workers != 1:
        raise EmoError("--workers counts processes of this machine, --scheduler names a cluster; give one of them")
    if workers < 1:
        raise EmoError(f"--workers: expected 1 or more, found {workers}")
    found = find_clips(inputs, recursive, out)
    check_several(options or AnalysisOptions(), found.clips)
    refuse_inputs_in(out, [*map(Path, inputs), *found.clips, *([Path(segments_file)] if segments_file else [])])
    goes_on = read_listing(out) is not None if found.single else holds_results(out)
    check_folder(out, overwrite or redo, goes_on)
    with signals_held():
        request = Request.of(options, outputs, segments_file, found.clips)
        if study and study.trials:
            check_trials(study.trials, found.clips, out)
        with only_process(out, "emo analyze"):
            sweep(out)
            if found.single:
                result = _analyze_single(found.clips[0], out, request, overwrite or redo, progress)
                if study and study.trials:
                    RunTables(out, study, single=True).write()
                if on_result:
                    on_result(result, BatchProgress(1, 1, 0.0))
                return [result]
            with cluster(scheduler) if scheduler else nullcontext() as executor:
                batch = Batch.planned(found, out, request, overwrite, redo, on_result, study)
                return batch.run(workers, executor, progress)


def analyze_clip(
    clip: Path, folder: Path, analyzer: Analyzer, outputs: Sequence[str] | None = None, progress: bool = True
) -> ClipResult:
    """Analyse one clip into a folder; existing results, also of another clip, are replaced.

    Raises:
        VideoError: the clip cannot be read; nothing is written then.
        OutputError: the folder cannot be written, or holds files that this package did not write.
    """
    refuse_inputs_in(folder, [clip])
    check_folder(folder, overwrite=True)
    request = Request(analyzer, tuple(one.name for one in in_order(outputs)))
    with only_process(folder, "emo analyze"):
        sweep(folder)
        return _analyze_single(clip, folder, request, overwrite=True, progress=progress)


def _analyze_single(clip: Path, folder: Path, request: Request, overwrite: bool, progress: bool) -> ClipResult:
    place = place_clip(clip, folder, request.key(clip), overwrite)
    if place.finished:
        return place.finished
    if made_otherwise(place) and not overwrite:
        raise OutputError(f"{folder}: exists already and is not empty (other options, or another file); {OTHERWISE}")
    task = request.task(clip, new_part(folder, "analysis"), progress)
    try:
        with disk_errors(folder):
            return land_outcome(place, task, run_task(task, request.analyzer))
    except (KeyboardInterrupt, Stopped) as stop:
        message = f"stopped while {clip.name} was read; nothing of it was kept: {GO_ON}"
        raise Stopped(message, getattr(stop, "code", 130)) from None
