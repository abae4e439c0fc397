"""Moods relative to the writer's own face, and what is said about days and weeks."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from emo_utils.journal.moods import FEWEST_ENTRIES, mood_of, mood_table
from emo_utils.journal.trends import calendar, trends, week_of, week_summary
from emo_utils.labels import EMOTIONS

ANGRY_FACE = np.where(np.array(EMOTIONS) == "anger", 4.0, 0.0)
"""An offset of a face that is read as angry at rest, in log-probabilities."""

SHOWN = ["happiness", "sadness", "neutral", "surprise", "fear", "disgust", "happiness", "neutral"]


def fill(journal, clip, analysed, shown=SHOWN, offset=0.0, first=date(2026, 11, 2)):
    for number, emotion in enumerate(shown):
        journal.add(clip, analysed(emotion, 20.0, offset), day=first + timedelta(days=number), store=False)
    return journal.entries()


def test_a_face_that_looks_angry_at_rest_is_not_angry_every_day(journal, clip, analysed):
    entries = fill(journal, clip, analysed, offset=ANGRY_FACE)
    assert set(mood_table(entries, baseline=False)["emotion"]) == {"anger"}
    table = mood_table(entries)
    assert table["emotion"].tolist() == SHOWN
    assert set(table["baseline_entries"]) == {len(SHOWN)}
    np.testing.assert_allclose(table.filter(like="p_").sum(axis=1), 1)


def test_an_entry_is_shown_against_the_days_before_it_only(journal, clip, analysed):
    entries = fill(journal, clip, analysed, offset=ANGRY_FACE)
    counts = [mood_of(entry, entries).baseline_entries for entry in entries]
    assert counts == [0] * FEWEST_ENTRIES + list(range(FEWEST_ENTRIES, len(SHOWN)))
    assert mood_of(entries[0], entries).emotion == "anger"
    assert mood_of(entries[-1], entries).emotion == SHOWN[-1]


def test_one_emotion_all_the_time_is_warned_about(journal, clip, analysed):
    entries = fill(journal, clip, analysed, ["sadness"] * 7)
    assert "almost alike" in mood_of(entries[-1], entries).warning


def test_an_empty_journal_has_an_empty_calendar(journal):
    days = calendar(mood_table(journal.entries()))
    assert days.empty
    assert trends(days)["days"].tolist() == [0]
    assert week_summary(days, date(2026, 11, 4))["entries"] == 0


def days_of(values, first="2026-09-01", **columns):
    """A calendar with a valence per day."""
    days = pd.date_range(first, periods=len(values))
    return pd.DataFrame({"day": days, "entries": 1, "valence": values, "p_happiness": 0.5, **columns})


def test_entries_of_a_day_are_averaged_first(journal, clip, analysed):
    for emotion in ("happiness", "happiness", "sadness"):
        journal.add(clip, analysed(emotion), day="2026-11-02", store=False)
    (row,) = calendar(mood_table(journal.entries())).to_dict("records")
    assert (row["entries"], row["emotion"]) == (3, "happiness")
    assert row["p_happiness"] == pytest.approx(2 * row["p_sadness"], rel=0.1)


def test_the_interval_of_a_trend_holds_the_true_slope_in_19_of_20_journals():
    rng = np.random.default_rng(0)
    inside = 0
    for seed in range(200):
        days = days_of(0.02 / 30 * np.arange(40) + rng.normal(0, 0.1, 40))
        row = trends(days, seed).set_index("measure").loc["valence"]
        inside += row["low"] <= 0.02 <= row["high"]
    assert 0.88 <= inside / 200 <= 0.99


def test_too_few_days_have_no_trend():
    row = trends(days_of([0.1, 0.2, 0.3, 0.4])).set_index("measure").loc["valence"]
    assert row["days"] == 4
    assert np.isnan([row["per_30_days"], row["low"], row["high"]]).all()


def test_a_week_is_compared_with_the_one_before():
    values = [0.0, 0.1, 0.2] + [np.nan] * 4 + [0.5, 0.6, 0.7]
    days = days_of(values, first="2026-11-02").dropna()
    summary = week_summary(days, date(2026, 11, 12))
    assert (summary["from"], summary["to"], summary["entries"]) == ("2026-11-09", "2026-11-15", 3)
    assert (summary["lightest"], summary["darkest"]) == ("2026-11-11", "2026-11-09")
    own = summary["measures"]["valence"]
    assert (own["mean"], own["change"]) == (0.6, 0.5)
    half = 4.303 * 0.1 / np.sqrt(3)  # t of 2 degrees of freedom
    np.testing.assert_allclose(own["interval_95"], [0.6 - half, 0.6 + half], atol=1e-3)
    low, high = own["change_interval_95"]
    assert low < 0.5 < high


def test_two_days_have_a_mean_and_no_interval():
    own = week_summary(days_of([0.0, 1.0], first="2026-11-02"), date(2026, 11, 8))["measures"]["valence"]
    assert (own["mean"], own["interval_95"], own["change"]) == (0.5, None, None)


def test_a_week_begins_on_monday():
    assert week_of(date(2026, 11, 8)) == (date(2026, 11, 2), date(2026, 11, 8))
