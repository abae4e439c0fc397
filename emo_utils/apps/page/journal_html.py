"""A journal as HTML: calendar of moods, week, trends, entries."""

import base64
import calendar as months
from datetime import date
from html import escape

import pandas as pd

from emo_utils.apps.page.results import emotion_chip, one_line, share_bar, table_html
from emo_utils.journal.entry import Apex, Entry
from emo_utils.journal.journal import Journal
from emo_utils.journal.moods import Mood, baseline_warning, mood_of, mood_table
from emo_utils.journal.trends import calendar, trends, week_summary
from emo_utils.labels import COLOURS

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

NOTHING = '<div class="emo-empty"><p>No entry yet. Add a clip of a few seconds: it is the entry of the day.</p></div>'

INTERVALS = (
    '<p class="emo-facts">Changes per 30 days, with 95 % intervals by bootstrap over days. Days are treated as '
    "independent; a mood of several days makes the intervals too narrow.</p>"
)


def journal_html(journal: Journal, shown: date) -> str:
    """Month of a day, its week, and the trends."""
    entries = journal.entries()
    if not entries:
        return NOTHING
    days = calendar(mood_table(entries))
    warning = baseline_warning(entries)
    note = f'<p class="emo-note" role="note">{escape(warning)}</p>' if warning else ""
    return one_line(
        f'<article class="emo-results">{_month(days, shown)}{_week(days, shown)}{_trends(days)}{note}</article>'
    )


def entry_html(journal: Journal, entry: Entry) -> str:
    """One entry: emotions, apexes, note."""
    mood = mood_of(entry, journal.entries(end=entry.day))
    how = (
        f"relative to what is usual for you, by {mood.baseline_entries} entries before"
        if mood.baseline_entries
        else "as predicted; the baseline of your own face needs more entries"
    )
    note = f"<blockquote>{escape(entry.note).replace(chr(10), '<br>')}</blockquote>" if entry.note else ""
    return one_line(
        f'<article class="emo-results"><h3>{entry.day:%A}, {entry.day.isoformat()}</h3>'
        f'<section class="emo-card"><h4>{escape(entry.clip.name)}{emotion_chip(mood.emotion)}</h4>'
        f"<dl>{_bars(mood)}</dl><p>{how}</p>{_apexes(journal.apexes(entry))}</section>{note}</article>"
    )


def _bars(mood: Mood) -> str:
    pairs = sorted(zip(mood.classes, mood.probabilities, strict=True), key=lambda pair: -pair[1])
    return "".join(share_bar(name, float(value)) for name, value in pairs if value >= 0.01)


def _apexes(apexes: list[Apex]) -> str:
    shown = "".join(
        f'<img src="data:image/jpeg;base64,{base64.b64encode(one.picture).decode()}" '
        f'alt="Apex at {one.time_s:.1f} s: {escape(one.emotion or "no emotion")}">'
        for one in apexes
    )
    return f'<div class="emo-apexes">{shown}</div>' if shown else ""


def _month(days: pd.DataFrame, shown: date) -> str:
    moods = {row.day.date(): row for row in days.itertuples()}
    head = "".join(f'<th scope="col">{name}</th>' for name in WEEKDAYS)
    weeks = months.Calendar().monthdatescalendar(shown.year, shown.month)
    body = "".join(f"<tr>{''.join(_day(day, shown, moods.get(day)) for day in week)}</tr>" for week in weeks)
    title = f"{shown:%B %Y}"
    return (
        f'<h3>{title}</h3><table class="emo-month" aria-label="Moods of {title}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _day(day: date, shown: date, row) -> str:
    if day.month != shown.month:
        return "<td></td>"
    if row is None:
        return f"<td>{day.day}</td>"
    style = f'style="--emo:{COLOURS.get(row.emotion, "#888")}"'
    return f'<td class="emo-mood" {style}>{day.day}<span>{escape(row.emotion)}</span></td>'


def _week(days: pd.DataFrame, shown: date) -> str:
    week = week_summary(days, shown)
    title = f"<h3>Week of {week['from']}</h3>"
    if not week["entries"]:
        return f"{title}<p>No entry in this week.</p>"
    rows = [
        (name, _mean(row["mean"], row["interval_95"]), _mean(row["change"], row["change_interval_95"]))
        for name, row in week["measures"].items()
        if row["mean"] is not None
    ]
    facts = f"{week['entries']} entries on {week['days']} days, mostly {week['emotion']}"
    if week["days"] > 1:
        facts += f"; lightest {week['lightest']}, darkest {week['darkest']}"
    names = ["measure", "mean (95 % interval)", "change from the week before"]
    return f"{title}<p>{escape(facts)}</p>{table_html('Week', names, rows)}"


def _trends(days: pd.DataFrame) -> str:
    rows = [
        (row.measure, row.days, _mean(row.mean), _mean(row.per_30_days, [row.low, row.high]))
        for row in trends(days).itertuples()
    ]
    names = ["measure", "days", "mean", "change per 30 days (95 % interval)"]
    return f"<h3>Trends</h3>{table_html('Trends', names, rows)}{INTERVALS}"


def _mean(value: float | None, interval: list[float] | None = None) -> str:
    if value is None or value != value:
        return "too few days"
    limits = f" ({interval[0]:+.2f} to {interval[1]:+.2f})" if interval and interval[0] == interval[0] else ""
    return f"{value:+.2f}{limits}"
