"""Write the tables over the finished clips of a run anew: `emo collect`."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from emo_utils.errors import EmoError
from emo_utils.locks import only_process
from emo_utils.reports.studies.finished import subject_in
from emo_utils.reports.studies.timelines import TIMELINES
from emo_utils.reports.studies.trials import read_trials
from emo_utils.results_folder import LISTING, sweep
from emo_utils.workflows.run_report import REPORT, write_run_report
from emo_utils.workflows.run_tables import RunTables, StudySettings, clips_of_manifest, finished_folders


@dataclass(frozen=True)
class Collected:
    """What `collect` wrote.

    Attributes:
        folder: of the run.
        clips: number of clips in the tables.
        files: the tables, and the report if there was one.
        left_out: reasons by folder of clips that could not be used.
    """

    folder: Path
    clips: int
    files: tuple[Path, ...]
    left_out: dict[Path, str]


def collect(
    out: Path | str,
    events: Path | str | None = None,
    window: tuple[float, float] | None = None,
    subject: str | None = None,
    more: Sequence[str] = (),
) -> Collected:
    """Write the tables over the finished clips of a folder; the same bytes as the run itself wrote.

    Events, baseline window and subjects that the run was given are used again unless others are given.

    Args:
        out: the folder of `emo analyze`.
        events: a file of events.
        window: the baseline window of the events, in seconds from an event's start.
        subject: a regular expression that finds the person in a clip's name.
        more: further files with timelines, keys of `timelines.TIMELINES`.

    Raises:
        EmoError: there are no finished clips, or a file of events is wrong.
    """
    out = Path(out)
    single, folders = (out / LISTING).exists(), finished_folders(out)
    if single or not folders:
        found = "the results of a single clip" if single else "none"
        raise EmoError(f"{out}: expected the folder of emo analyze with folders of several clips, found {found}")
    with only_process(out, "emo collect"):
        sweep(out)
        settings = settings_of(out, events, window, subject, more)
        tables = RunTables(out, settings)
        tables.read()
        if settings.trials is not None:
            settings.trials.check_clips(dict.fromkeys([*tables.clips, *clips_of_manifest(out)]))
        files = tables.write()
        if (out / REPORT).exists() and (report := write_run_report(out)):
            files.append(report)
    return Collected(out, len(tables.clips), tuple(files), tables.left_out)


def settings_of(
    out: Path,
    events: Path | str | None = None,
    window: tuple[float, float] | None = None,
    subject: str | None = None,
    more: Sequence[str] = (),
) -> StudySettings:
    """The settings of a folder's tables, with those replaced that are given.

    Raises:
        EmoError: a window without events, or a file of events that is wrong.
    """
    kept = StudySettings.kept(out)
    if subject is not None:
        subject_in("", subject)
    trials = read_trials(events) if events is not None else kept.trials
    if window is not None:
        if trials is None:
            raise EmoError("--baseline-window corrects events; give --events FILE too")
        trials = replace(trials, window=window)
    timelines = tuple(name for name in TIMELINES if name in (*kept.timelines, *more))
    return StudySettings(kept.subject if subject is None else subject, trials, timelines)
