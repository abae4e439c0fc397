"""Conditions compared within people: the person is the unit, however many clips each has."""

import numpy as np
import pandas as pd
import pytest

from emo_utils.errors import EmoError
from emo_utils.evaluation.paired import paired, sign_flip_p
from emo_utils.reports.studies.paired_chart import paired_chart


def study(people: int = 8, effect: float = 0.3, clips: int = 2) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    rows = []
    for person in range(people):
        own = rng.normal(0.3, 0.1)
        for clip in range(clips):
            rows.append((f"P{person}", "a", own + rng.normal(0, 0.02), clip))
            rows.append((f"P{person}", "b", own + effect + rng.normal(0, 0.02), clip))
    return pd.DataFrame(rows, columns=["subject", "condition", "share", "clip"])


def test_a_difference_is_found_with_an_interval_around_it():
    found = paired(study(), "share", "condition", ("a", "b"))
    assert found.interval[0] < found.difference < found.interval[1]
    assert found.difference == pytest.approx(0.3, abs=0.05)
    assert found.p == pytest.approx(2 / 2**8), "all eight differences have one sign"
    assert str(found).startswith("share: b minus a = 0.")


def test_more_clips_of_the_same_people_do_not_narrow_the_interval():
    table = study()
    doubled = pd.concat([table, table])
    assert (
        paired(doubled, "share", "condition", ("a", "b")).interval
        == paired(table, "share", "condition", ("a", "b")).interval
    )


def test_no_difference_is_not_found():
    found = paired(study(effect=0.0), "share", "condition", ("a", "b"))
    assert found.interval[0] < 0 < found.interval[1]
    assert found.p > 0.05


def test_the_test_is_that_of_scipy_for_few_and_near_it_for_many():
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    for count in (9, 30):
        differences = rng.normal(0.3, 1, count)
        known = stats.permutation_test((differences,), np.sum, permutation_type="samples", n_resamples=20_000,
                                       rng=np.random.default_rng(1))  # fmt: skip
        assert sign_flip_p(differences) == pytest.approx(known.pvalue, abs=0.0 if count == 9 else 0.02)


def test_people_in_one_condition_alone_and_rows_without_a_person_are_left_out():
    table = pd.concat([study(4), pd.DataFrame({"subject": ["Q", ""], "condition": ["a", "b"], "share": [9.0, 9.0]})])
    assert paired(table, "share", "condition", ("a", "b")).people == ("P0", "P1", "P2", "P3")
    with pytest.raises(EmoError, match="expected at least 3 people in both 'a' and 'b', found 2"):
        paired(study(2), "share", "condition", ("a", "b"))
    with pytest.raises(EmoError, match="expected the columns mood; found subject"):
        paired(study(), "share", "mood", ("a", "b"))


def test_the_chart_has_a_panel_per_comparison_with_all_people():
    found = paired(study(), "share", "condition", ("a", "b"))
    figure = paired_chart([found, found], "Synthetic")
    assert len(figure.axes) == 2
    assert len(figure.axes[0].get_lines()) >= len(found.people) + 1
    assert "n = 8" in figure.axes[0].get_title()
