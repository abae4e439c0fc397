"""Moods over days: a calendar, trends, and the summary of a week.

The unit is the day: entries of one day are averaged first, since they are alike. Days are treated as independent.
Where a mood lasts for several days, the intervals are therefore too narrow.

- A trend is the slope of a straight line over the days, by least squares. Its 95 % interval is a percentile bootstrap
  over days (B. Efron, R. Tibshirani, "An Introduction to the Bootstrap", 1993), 2,000 resamples.
- The mean of a week, and its difference from the week before, have a 95 % interval of Student's t over days, for the
  difference in Welch's form. A bootstrap over seven days and fewer would be too narrow.
"""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from emo_utils.evaluation.resampling import RESAMPLES, interval_95

FEWEST_DAYS = 5
"""Least number of days for a trend."""

FEWEST_OF_WEEK = 3
"""Least number of days in a week for an interval of its mean."""

PER_DAYS = 30
"""Trends are changes per 30 days."""

VALENCE = "valence"


def calendar(moods: pd.DataFrame) -> pd.DataFrame:
    """A row per day with entries, from the table of `moods.mood_table`.

    Returns:
        `day`, `entries`, `emotion` and `confidence` (the largest mean probability), `valence`, `p_<emotion>` (means).
    """
    names = [name for name in moods.columns if name.startswith("p_")]
    if moods.empty:
        return pd.DataFrame(columns=["day", "entries", "emotion", "confidence", VALENCE])
    days = moods.groupby("day")[[VALENCE, *names]].mean()
    days.insert(0, "entries", moods.groupby("day").size())
    days.insert(1, "emotion", days[names].idxmax(axis=1).str.removeprefix("p_"))
    days.insert(2, "confidence", days[names].max(axis=1))
    return days.reset_index()


def measured(days: pd.DataFrame) -> dict[str, str]:
    """What a trend is computed of: valence and each emotion, with its column."""
    return {VALENCE: VALENCE, **{name.removeprefix("p_"): name for name in days.columns if name.startswith("p_")}}


def trends(days: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """The trend of valence and of each emotion over the days of `calendar`.

    Returns:
        A row per measure: `measure`, `days`, `mean`, `per_30_days` (the slope), `low` and `high` (its 95 % interval by
        bootstrap over days); NaN with fewer than `FEWEST_DAYS` days.
    """
    rows = []
    for name, column in measured(days).items():
        known = days.dropna(subset=[column])
        slope, low, high = _slope(_numbers(known["day"]), known[column].to_numpy(float), seed)
        mean = float(known[column].mean()) if len(known) else float("nan")
        rows.append((name, len(known), mean, slope, low, high))
    return pd.DataFrame(rows, columns=["measure", "days", "mean", "per_30_days", "low", "high"])


def _numbers(days: pd.Series) -> np.ndarray:
    """Days since the first one, as float."""
    return (days - days.min()).dt.days.to_numpy(float) if len(days) else np.empty(0)


def _slope(days: np.ndarray, values: np.ndarray, seed: int) -> tuple[float, float, float]:
    if len(days) < FEWEST_DAYS:
        return float("nan"), float("nan"), float("nan")
    drawn = np.random.default_rng(seed).integers(0, len(days), (RESAMPLES, len(days)))
    drawn = drawn[np.ptp(days[drawn], axis=1) > 0]  # a line needs two different days
    x, y = days[drawn], values[drawn]
    centred = x - x.mean(axis=1, keepdims=True)
    slopes = PER_DAYS * (centred * y).sum(axis=1) / (centred**2).sum(axis=1)
    return PER_DAYS * float(np.polyfit(days, values, 1)[0]), *interval_95(slopes)


def week_of(day: date) -> tuple[date, date]:
    """Monday and Sunday of a day's week."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)


def week_summary(days: pd.DataFrame, day: date) -> dict[str, Any]:
    """The week that holds a day, from the table of `calendar`, as plain values.

    Returns:
        `from`, `to`, `days` and `entries` of the week, `emotion` (None without an entry), `lightest` and `darkest` day
        by valence, and `measures`: for valence and each emotion `mean`, `interval_95`, `change` from the week before
        and `change_interval_95`; None where there are too few days.
    """
    monday, sunday = week_of(day)
    own, before = _between(days, monday, sunday), _between(days, monday - timedelta(days=7), sunday - timedelta(days=7))
    columns = measured(days)
    emotions = {name: own[column].mean() for name, column in columns.items() if name != VALENCE}
    known = own.dropna(subset=[VALENCE]) if len(own) else own
    return {
        "from": monday.isoformat(),
        "to": sunday.isoformat(),
        "days": len(own),
        "entries": int(own["entries"].sum()) if len(own) else 0,
        "emotion": max(emotions, key=lambda name: np.nan_to_num(emotions[name])) if len(own) else None,
        "lightest": known.loc[known[VALENCE].idxmax(), "day"].date().isoformat() if len(known) else None,
        "darkest": known.loc[known[VALENCE].idxmin(), "day"].date().isoformat() if len(known) else None,
        "measures": {name: _of_week(own[column], before[column]) for name, column in columns.items()},
    }


def _between(days: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    if days.empty:
        return days
    return days[days["day"].between(pd.Timestamp(first), pd.Timestamp(last))]


def _of_week(own: pd.Series, before: pd.Series) -> dict[str, Any]:
    values, earlier = own.dropna().to_numpy(float), before.dropna().to_numpy(float)
    change = float(values.mean() - earlier.mean()) if len(values) and len(earlier) else None
    return {
        "mean": _rounded(float(values.mean())) if len(values) else None,
        "interval_95": _t_interval(values),
        "change": _rounded(change),
        "change_interval_95": _welch_interval(values, earlier),
    }


def _t_interval(values: np.ndarray) -> list[float] | None:
    """Student's t over days; None for too few."""
    if len(values) < FEWEST_OF_WEEK:
        return None
    half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return [_rounded(values.mean() - half), _rounded(values.mean() + half)]


def _welch_interval(values: np.ndarray, earlier: np.ndarray) -> list[float] | None:
    if min(len(values), len(earlier)) < FEWEST_OF_WEEK:
        return None
    parts = np.array([values.var(ddof=1) / len(values), earlier.var(ddof=1) / len(earlier)])
    if not parts.any():
        return None
    freedom = parts.sum() ** 2 / (parts**2 / [len(values) - 1, len(earlier) - 1]).sum()
    half = stats.t.ppf(0.975, freedom) * np.sqrt(parts.sum())
    change = values.mean() - earlier.mean()
    return [_rounded(change - half), _rounded(change + half)]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)
