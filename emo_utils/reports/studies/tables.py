"""All tables over the clips of a run, written from the folders of finished clips, one clip in memory at a time."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path

from emo_utils.extras import is_installed, missing
from emo_utils.reports.studies.event_rows import carried_names, event_rows
from emo_utils.reports.studies.finished import FinishedClip
from emo_utils.reports.studies.people_rows import long_rows, people_rows
from emo_utils.reports.studies.timelines import TIMELINES, write_timelines
from emo_utils.reports.studies.trials import Trials
from emo_utils.reports.studies.variables import (
    LONG,
    Layout,
    Variable,
    event_variables,
    people_variables,
    segment_variables,
)
from emo_utils.table_text import rows_text, write_table

log = logging.getLogger(__name__)

PEOPLE, PEOPLE_LONG, SEGMENTS, EVENTS, CODEBOOK = (
    "people.csv", "people_long.csv", "segments.csv", "events.csv", "codebook.csv"
)  # fmt: skip

CODEBOOK_COLUMNS = ("file", "column", "type", "unit", "low", "high", "meaning")

FILES = {
    PEOPLE: "a row per clip and person: time seen, share of time and mean probability per emotion, segments",
    PEOPLE_LONG: "the same in long form: a row per clip, person and emotion",
    SEGMENTS: "the segments of all clips",
    EVENTS: "a row per event and person; with --events",
    CODEBOOK: "a row per column of these tables: type, unit, range, meaning",
    "timeline.parquet": "the timelines of all clips: a row per frame and face",
    "timeline.csv": "the same as CSV; with `emo collect --csv`",
    "timeline_long.parquet": "the same in long form, a row per frame, face and emotion; with `emo collect --long`",
}
"""The tables of a run, beside `manifest.csv`."""


@dataclass(frozen=True)
class ClipText:
    """The lines of one clip in each table, without headers.

    Attributes:
        clip: file name of the clip.
        layout: of the run that they were made for.
        lines: by the name of the table.
    """

    clip: str
    layout: Layout
    lines: Mapping[str, str] = field(repr=False)


def text_of_clip(clip: FinishedClip, layout: Layout, trials: Trials | None) -> ClipText:
    """The lines of one clip.

    Args:
        clip: its results.
        layout: of the whole run.
        trials: the events of the study; None: there are none.

    Raises:
        EventsError: an event lies outside the clip.
    """
    segments = [] if clip.segments is None else clip.segments.to_dict("records")
    people = list(people_rows(clip))
    rows = {
        PEOPLE: people,
        PEOPLE_LONG: long_rows(people, clip.timeline.classes),
        SEGMENTS: (
            one | {"clip": clip.name, "subject": clip.subject_of(int(one["person_id"]))} for one in segments
        ),
    }  # fmt: skip
    if trials is not None:
        rows[EVENTS] = event_rows(clip, trials, layout)
    variables = table_variables(layout, trials)
    return ClipText(clip.name, layout, {name: rows_text(variables[name], each) for name, each in rows.items()})


def table_variables(layout: Layout, trials: Trials | None) -> dict[str, dict[str, Variable]]:
    """The columns of each table but the timelines."""
    found = {PEOPLE: people_variables(layout), PEOPLE_LONG: LONG, SEGMENTS: segment_variables()}
    if trials is not None:
        carried = carried_names(trials, layout)
        found[EVENTS] = event_variables(layout, tuple(carried.values()), trials.window)
    return found


def joined_layout(layouts: Iterable[Layout]) -> Layout:
    """What all clips hold together."""
    return reduce(Layout.joined, layouts, Layout())


def write_tables(
    texts: Sequence[ClipText], layout: Layout, trials: Trials | None, into: Path, timelines: Iterable[str] = ()
) -> None:
    """Write the tables of a run but the timelines.

    Args:
        texts: the clips in order, made for this layout.
        layout: of the whole run.
        trials: the events of the study.
        into: an existing folder.
        timelines: names of the files with timelines, for the codebook.
    """
    variables = table_variables(layout, trials)
    for name, columns in variables.items():
        write_table(into / name, columns, [text.lines[name] for text in texts])
    variables |= {name: TIMELINES[name](layout) for name in timelines}
    rows = [
        {"file": file, "column": column, **vars(variable)}
        for file, columns in variables.items()
        for column, variable in columns.items()
    ]
    write_table(into / CODEBOOK, CODEBOOK_COLUMNS, [rows_text(CODEBOOK_COLUMNS, rows)])


def write_run_timelines(clips: Iterable[FinishedClip], layout: Layout, into: Path, names: Iterable[str]) -> None:
    """Write the timelines of all clips; Parquet only where pyarrow is installed."""
    kept = [name for name in names if name.endswith(".csv") or is_installed("pyarrow")]
    lacking = sorted(set(names) - set(kept))
    if lacking:
        log.info("%s", missing(f"{', '.join(lacking)} is left out: it", "pyarrow"))
    write_timelines(clips, layout, into, kept)
