"""Events of a study, such as trials: read from a CSV file, checked, and told which clip each belongs to."""

import csv
import io
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from emo_utils.csv_text import read_csv_text
from emo_utils.errors import EventsError

NEEDED = ("clip", "start_s", "end_s")

CARRIED_PREFIX = "trial_"
"""Put before a column of the file whose name is taken by a column of `events.csv`."""

SLACK_S = 0.1
"""An event may end this much after the clip's last frame: stimulus logs are rounded."""


@dataclass(frozen=True)
class Trial:
    """One event.

    Attributes:
        number: in the file, from 1.
        row: its line in the file, for messages.
        clip: file name of the clip, with or without suffix.
        start_s, end_s: on the clip's own clock.
        values: the cells of the other columns.
    """

    number: int
    row: int
    clip: str
    start_s: float
    end_s: float
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trials:
    """All events of a file.

    Attributes:
        path: of the file, for messages.
        columns: names of the carried columns.
        each: the events in the order of the file.
        window: start and end of the baseline window, in seconds from an event's start; None: no correction.
    """

    path: str
    columns: tuple[str, ...]
    each: tuple[Trial, ...]
    window: tuple[float, float] | None = None

    def of(self, clip: str) -> list[Trial]:
        """The events of one clip."""
        return sorted((one for name in {clip, _stem(clip)} for one in self._by_clip[name]), key=lambda one: one.number)

    @cached_property
    def _by_clip(self) -> dict[str, list[Trial]]:
        found: dict[str, list[Trial]] = defaultdict(list)
        for trial in self.each:
            found[trial.clip].append(trial)
        return found

    def without(self, clip: str) -> "Trials":
        """All events but those of one clip."""
        dropped = self.of(clip)
        return Trials(self.path, self.columns, tuple(one for one in self.each if one not in dropped), self.window)

    def check_clips(self, clips: Iterable[str]) -> None:
        """Refuse events of clips that are not there.

        Raises:
            EventsError: names the row and the nearest clip, or says that a name fits several clips.
        """
        clips = list(clips)
        by_name: dict[str, list[str]] = defaultdict(list)
        for clip in clips:
            for name in {clip, _stem(clip)}:
                by_name[name].append(clip)
        for trial in self.each:
            fitting = by_name[trial.clip]
            if len(fitting) == 1:
                continue
            near = get_close_matches(trial.clip, [*clips, *map(_stem, clips)], n=1)
            hint = f"; did you mean {near[0]!r}?" if near and not fitting else ""
            found = f"fits {len(fitting)} clips" if fitting else f"is none of the {len(clips)} clips"
            raise EventsError(f"{self.path}, row {trial.row}: clip {trial.clip!r} {found}{hint}")

    def check_times(self, clip: str, end_s: float) -> None:
        """Refuse events that lie outside their clip.

        Raises:
            EventsError: names the row.
        """
        for trial in self.of(clip):
            if trial.end_s > end_s + SLACK_S:
                raise EventsError(
                    f"{self.path}, row {trial.row}: expected an event within {clip}, which ends at {end_s:.2f} s, "
                    f"found {trial.start_s:g} to {trial.end_s:g} s; times are seconds from the clip's own start"
                )

    def plain(self) -> dict[str, Any]:
        """Plain values, which `from_plain` reads."""
        rows = [[one.number, one.row, one.clip, one.start_s, one.end_s, list(one.values)] for one in self.each]
        return {"path": Path(self.path).name, "columns": list(self.columns), "each": rows, "window": self.window}

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> "Trials":
        """The events that `plain` gave."""
        each = tuple(Trial(*row[:5], tuple(row[5])) for row in values["each"])
        window = values["window"]
        return cls(values["path"], tuple(values["columns"]), each, tuple(window) if window else None)


def read_trials(path: Path | str, window: tuple[float, float] | None = None) -> Trials:
    """Read a file of events: `clip`, `start_s`, `end_s`, and any other columns.

    Raises:
        EventsError: it cannot be read, lacks a column, or an event has no times or ends before it starts.
    """
    path = Path(path)
    try:
        text, separator = read_csv_text(path)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise EventsError(f"{path}: cannot be read as a CSV file of events ({error})") from None
    header = [name.strip() for name in rows[0][1]] if rows else []
    lacking = [name for name in NEEDED if name not in header]
    if lacking:
        raise EventsError(
            f"{path}: expected the columns clip, start_s, end_s, and any others; found {', '.join(header) or 'nothing'}"
        )
    filled = [(line, row) for line, row in rows[1:] if any(cell.strip() for cell in row)]
    if not filled:
        raise EventsError(f"{path}: expected a row per event under the header, found none")
    carried = tuple(name for name in header if name not in NEEDED)
    each = [
        _trial(path, number, line, dict(zip(header, row, strict=False)), carried, separator)
        for number, (line, row) in enumerate(filled, start=1)
    ]
    return Trials(str(path), carried, tuple(each), window)


def _trial(path: Path, number: int, line: int, cells: dict[str, str], carried: Sequence[str], separator: str) -> Trial:
    times = [_seconds(path, line, name, cells.get(name, ""), separator) for name in ("start_s", "end_s")]
    clip = PurePosixPath(cells["clip"].strip().replace("\\", "/")).name
    if not clip:
        raise EventsError(f"{path}, row {line}: expected the name of a clip, found an empty cell")
    if not 0 <= times[0] < times[1]:
        raise EventsError(
            f"{path}, row {line}: expected 0 <= start_s < end_s, found {times[0]:g} to {times[1]:g}; an event ends "
            "after it starts"
        )
    return Trial(number, line, clip, *times, tuple(cells.get(name, "").strip() for name in carried))


def _seconds(path: Path, line: int, name: str, text: str, separator: str) -> float:
    text = text.strip()
    try:
        value = float(text.replace(",", ".") if separator != "," else text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise EventsError(f"{path}, row {line}: {name}: expected a number of seconds, found {text!r}")
    return value


def read_window(text: str) -> tuple[float, float]:
    """A baseline window such as `-1:0`, in seconds from the event's start.

    Raises:
        EventsError: it is no two numbers in order, or ends after the event has started.
    """
    start, _, end = text.partition(":")
    try:
        window = float(start), float(end)
    except ValueError:
        raise EventsError(f"--baseline-window: expected START:END in seconds, such as -1:0, found {text!r}") from None
    if not window[0] < window[1] <= 0:
        raise EventsError(f"--baseline-window: expected START < END <= 0, such as -1:0, found {text!r}")
    return window


def _stem(clip: str) -> str:
    return PurePosixPath(clip).stem
