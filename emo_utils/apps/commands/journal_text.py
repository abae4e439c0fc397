"""Entries, months, trends and weeks of a journal as text for a terminal."""

import calendar
import textwrap
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

FEWEST_SHOWN = 0.01
"""Emotions below this probability are not listed."""

RELATIVE = "relative to what is usual for you"


def entry_line(entry, emotion: str = "") -> str:
    """An entry in one line."""
    note = textwrap.shorten(entry.note, 60, placeholder=" ...") if entry.note else ""
    return "  ".join(filter(None, (entry.short_id, str(entry.day), emotion.ljust(9), entry.clip.name, note))).rstrip()


def entry_text(entry, mood, apexes: Sequence = ()) -> str:
    """An entry with its emotions."""
    how = f"{RELATIVE}, by {mood.baseline_entries} entries before" if mood.baseline_entries else "as predicted"
    lines = [entry_line(entry, mood.emotion), f"  emotions ({how}): {_listed(mood.classes, mood.probabilities)}"]
    if mood.warning:
        lines.append(f"  note: {mood.warning}")
    if entry.analysis.people > 1:
        lines.append(f"  of {entry.analysis.people} people in the clip, person {entry.analysis.person_id} is taken")
    lines += [f"  apex at {one.time_s:.2f} s: {one.emotion or 'no emotion'}" for one in apexes]
    lines.append(f"  clip: {entry.clip.kind}{f', {entry.clip.path}' if entry.clip.path else ''}")
    return "\n".join(lines)


def _listed(classes: Iterable[str], values: Iterable[float]) -> str:
    largest = sorted(zip(classes, values, strict=True), key=lambda pair: -pair[1])
    return ", ".join(f"{name} {value:.0%}" for name, value in largest if value >= FEWEST_SHOWN)


def calendar_text(days, first: date) -> str:
    """A month as weeks from Monday; each day with its emotion."""
    emotions = {row.day.day: row.emotion for row in days.itertuples()}
    weeks = calendar.Calendar().monthdayscalendar(first.year, first.month)
    names = "".join(f"{name:<13}" for name in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
    lines = [f"{first:%B %Y}", names.rstrip()]
    for week in weeks:
        cells = (f"{day:>2} {emotions.get(day, '')}" if day else "" for day in week)
        lines.append("".join(f"{cell:<13}" for cell in cells).rstrip())
    return "\n".join(lines)


def trends_text(table) -> str:
    """A line per measure; what is clearly different from no trend is marked."""
    lines = ["measure     days    mean  change per 30 days (95 % interval, bootstrap over days)"]
    for row in table.itertuples():
        known = row.low == row.low
        change = f"{row.per_30_days:+.3f} ({row.low:+.3f} to {row.high:+.3f})" if known else "too few days"
        clear = "  *" if known and (row.low > 0 or row.high < 0) else ""
        lines.append(f"{row.measure:<11} {row.days:>4}  {row.mean:>+6.3f}  {change}{clear}")
    lines.append("* the interval does not hold 0. Days are treated as independent; a mood of several days narrows it.")
    return "\n".join(lines)


def week_text(summary: dict[str, Any]) -> str:
    """A week in a few lines."""
    lines = [f"{summary['from']} to {summary['to']}: {summary['entries']} entries on {summary['days']} days"]
    if not summary["entries"]:
        return lines[0]
    lines.append(f"mostly {summary['emotion']}; lightest {summary['lightest']}, darkest {summary['darkest']}")
    lines.append("measure       mean (95 % interval, t over days)   change from the week before")
    for name, row in summary["measures"].items():
        if row["mean"] is not None:
            mean = f"{row['mean']:+.3f}{_interval(row['interval_95'])}"
            change = "" if row["change"] is None else f"{row['change']:+.3f}{_interval(row['change_interval_95'])}"
            lines.append(f"{name:<11} {mean:<36} {change}".rstrip())
    return "\n".join(lines)


def _interval(limits: list[float] | None) -> str:
    return f" ({limits[0]:+.3f} to {limits[1]:+.3f})" if limits else ""
