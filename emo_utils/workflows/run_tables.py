"""Keep the tables over a run's clips current while clips land, or write them anew from finished folders.

The tables of people, segments and events are written again after each clip; the lines of clips that did not change
are kept in memory. Timelines are large, so they are written again when a tenth more clips have landed, and at the end.
Files of the user are never replaced: the tables have a listing of their own, see `results_folder`.
"""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from emo_utils.errors import EmoError, VideoError
from emo_utils.file_names import as_text
from emo_utils.reports.studies.finished import TIMELINE, FinishedClip, read_finished, subject_in
from emo_utils.reports.studies.tables import (
    EVENTS,
    ClipText,
    joined_layout,
    text_of_clip,
    write_run_timelines,
    write_tables,
)
from emo_utils.reports.studies.trials import Trials
from emo_utils.reports.studies.variables import Layout
from emo_utils.results_folder import LISTING, Listing, land, new_part, read_listing
from emo_utils.video import probe
from emo_utils.workflows.clip_manifest import PASSED_OVER, read_rows

log = logging.getLogger("emo_utils")

TABLES_LISTING = ".emo-tables.json"

USUAL_TIMELINES = ("timeline.parquet",)

REBUILT_AT = 10
"""Timelines are written again when one in so many of their clips is new."""


@dataclass(frozen=True)
class StudySettings:
    """What the tables need beside the finished folders; kept in their listing, so that `emo collect` gives the same.

    Attributes:
        subject: a regular expression, searched in a clip's name; its first group, or the whole match, is the person.
            None: the person that each clip's analysis was given.
        trials: the events of the study; None: there are none.
        timelines: files with timelines, keys of `timelines.TIMELINES`.
    """

    subject: str | None = None
    trials: Trials | None = None
    timelines: tuple[str, ...] = USUAL_TIMELINES

    def plain(self) -> dict[str, Any]:
        """Plain values for the listing."""
        trials = self.trials.plain() if self.trials else None
        return {"subject": self.subject, "trials": trials, "timelines": list(self.timelines)}

    @classmethod
    def kept(cls, out: Path) -> "StudySettings":
        """The settings of the tables in a folder; the default ones where there are none."""
        listing = read_listing(out, TABLES_LISTING)
        values: Mapping[str, Any] = listing.outcome if listing else {}
        if not {"subject", "trials", "timelines"} <= set(values):
            return cls()
        trials = Trials.from_plain(values["trials"]) if values["trials"] else None
        return cls(values["subject"], trials, tuple(values["timelines"]))

    def subject_of(self, clip: str) -> str | None:
        """The person of a clip; None: as its analysis says."""
        return None if self.subject is None else subject_in(clip, self.subject)


def check_trials(trials: Trials, clips: Sequence[Path], out: Path) -> None:
    """Refuse events that name no clip or lie outside their clip, before the clips are read.

    Args:
        trials: the events.
        clips: that are to be read.
        out: the folder of the run; events may also name clips of its earlier runs.

    Raises:
        EventsError: names the row.
    """
    trials.check_clips(dict.fromkeys([*(as_text(clip.name) for clip in clips), *clips_of_manifest(out)]))
    for clip in clips:
        if trials.of(as_text(clip.name)):
            with suppress(VideoError):  # the analysis says what is wrong with the clip
                info = probe(clip)
                if info.duration_s:
                    trials.check_times(as_text(clip.name), info.duration_s)


def clips_of_manifest(out: Path) -> list[str]:
    """File names of the clips in a folder's manifest."""
    rows = read_rows(out) or ()
    return [PurePosixPath(row.clip.replace("\\", "/")).name for row in rows if row.status != PASSED_OVER]


def finished_folders(out: Path) -> list[Path]:
    """The folders of finished clips in a folder of results, in the order of their names."""
    return sorted(path.parent for path in out.glob(f"*/{LISTING}") if (path.parent / TIMELINE).is_file())


class RunTables:
    """The tables over the clips of a run.

    Args:
        out: the folder of the run.
        settings: of the study.
        single: `out` is the folder of a single clip; only events are written then.

    Attributes:
        left_out: the reasons why clips are not in the tables, by folder.
    """

    def __init__(self, out: Path, settings: StudySettings, single: bool = False):
        self._out, self._settings, self._single = out, settings, single
        self._layouts: dict[Path, Layout] = {}
        self._texts: dict[Path, ClipText] = {}
        self._states: dict[Path, tuple[int, ...]] = {}
        self._in_timelines = 0
        self.left_out: dict[Path, str] = {}

    @property
    def clips(self) -> list[str]:
        """File names of the clips in the tables."""
        return [text.clip for text in self._texts.values()]

    def landed(self, folder: Path) -> None:
        """Bring the tables up to date after a clip was written to its folder."""
        self.forget(folder)
        waiting = len(self._texts) + 1 - self._in_timelines
        self.write(with_timelines=waiting * REBUILT_AT >= self._in_timelines)

    def write(self, with_timelines: bool = True) -> list[Path]:
        """Write the tables from all finished folders; returns the files.

        A clip whose results cannot be used is left out, with a warning, and named in `left_out`.

        Raises:
            EventsError: an event lies outside its clip.
        """
        folders = self.read()
        layout = joined_layout(self._layouts[folder] for folder in folders)
        texts = [self._texts[folder] for folder in folders]
        timelines = () if self._single else self._settings.timelines
        part = new_part(self._out, "tables")
        part.mkdir()
        write_tables(texts, layout, self._settings.trials, part, timelines)
        if self._single:
            keep_only(part, EVENTS)
        elif with_timelines:
            clips = (clip for folder in folders if (clip := self._clip(folder)) is not None)
            write_run_timelines(clips, layout, part, timelines)
            self._in_timelines = len(folders)
        listing = Listing(None, "", outcome=self._settings.plain())
        for name in land(part, self._out, listing, TABLES_LISTING, keep=timelines):
            log.warning("%s: written as %s, since a file of that name there is yours or was changed", self._out, name)
        written = read_listing(self._out, TABLES_LISTING)
        return [self._out / name for name in sorted(written.files)] if written else []

    def read(self) -> list[Path]:
        """Make the lines of new clips, and of all others where the columns have changed; returns the folders in use."""
        folders = [self._out] if self._single else finished_folders(self._out)
        for folder in folders:
            if self._states.get(folder) != (state := _state(folder)):
                self.forget(folder)
                self._states[folder] = state
        guess = joined_layout(self._layouts.values())
        for folder in folders:
            if folder in self._texts or folder in self.left_out or (clip := self._clip(folder)) is None:
                continue
            self._layouts[folder] = clip.layout
            guess = guess.joined(clip.layout)
            self._texts[folder] = text_of_clip(clip, guess, self._settings.trials)
        used = [folder for folder in folders if folder in self._texts]
        layout = joined_layout(self._layouts[folder] for folder in used)
        for folder in used:
            if self._texts[folder].layout != layout and (clip := self._clip(folder)) is not None:
                self._texts[folder] = text_of_clip(clip, layout, self._settings.trials)
        return [folder for folder in used if folder not in self.left_out]

    def forget(self, folder: Path) -> None:
        """Read the results of a clip again at the next `write`."""
        for known in (self._layouts, self._texts, self.left_out):
            known.pop(folder, None)

    def _clip(self, folder: Path) -> FinishedClip | None:
        try:
            clip = read_finished(folder)
        except EmoError as error:
            self.left_out[folder] = str(error)
            log.warning("not in the tables: %s", error)
            return None
        subject = self._settings.subject_of(clip.name)
        return clip if subject is None else replace(clip, subject=subject)


def _state(folder: Path) -> tuple[int, ...]:
    """Size and time of the files that a clip's lines are made of; a second pass over the clips changes them."""
    stats = [(folder / name).stat() for name in (TIMELINE, LISTING) if (folder / name).exists()]
    return tuple(value for stat in stats for value in (stat.st_size, stat.st_mtime_ns))


def keep_only(part: Path, name: str) -> None:
    """Remove all files of a folder but one."""
    for path in part.iterdir():
        if path.name != name:
            path.unlink()
