"""Compare two conditions within people: the mean difference, its interval over people, and a test.

The unit is the person: each person's rows are averaged within a condition first, so that many clips of one person
count as one person. The interval is a 95 % percentile bootstrap over people (B. Efron, R. Tibshirani, "An Introduction
to the Bootstrap", 1993). The test flips the signs of the people's differences, all of them where that is possible
(R. A. Fisher, "The Design of Experiments", 1935): it needs no normal distribution. The effect size is Cohen's d of the
differences, `d_z` (D. Lakens, Frontiers in Psychology 4, 2013).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import pandas as pd

from emo_utils.errors import EmoError
from emo_utils.evaluation.resampling import RESAMPLES, draw_people, interval_95

FEWEST_PEOPLE = 3
EXACT_UP_TO = 14
"""People up to which all sign flips are counted, 16,384; of more, so many are drawn at random."""
DRAWN_FLIPS = 20_000


@dataclass(frozen=True)
class Paired:
    """Two conditions compared within people.

    Attributes:
        value: the column that was compared.
        conditions: the first and the second condition.
        people: names of the people who were seen in both.
        means: float (P, 2), the mean of each person in each condition.
        difference: mean over people of second minus first.
        interval: its 95 % interval over people.
        p: of the sign-flip test, two-sided.
        d_z: the mean difference divided by the standard deviation of the differences; NaN where they do not vary.
    """

    value: str
    conditions: tuple[str, str]
    people: tuple[str, ...]
    means: np.ndarray = field(repr=False)
    difference: float
    interval: tuple[float, float]
    p: float
    d_z: float

    def __str__(self) -> str:
        low, high = self.interval
        return (
            f"{self.value}: {self.conditions[1]} minus {self.conditions[0]} = {self.difference:.3f} "
            f"(95 % interval over {len(self.people)} people {low:.3f} to {high:.3f}, p = {self.p:.4f}, "
            f"d_z = {self.d_z:.2f})"
        )


def paired(
    table: pd.DataFrame, value: str, condition: str, pair: Sequence[str], person: str = "subject", seed: int = 0
) -> Paired:
    """Compare two conditions within people.

    Args:
        table: rows of people, such as `people.csv` with a column for the condition.
        value: column of numbers; rows without a number are left out.
        condition: column of conditions.
        pair: two of them.
        person: column that names the person across clips.
        seed: of the resamples.

    Raises:
        EmoError: a column is absent, or fewer than three people were seen in both conditions.
    """
    lacking = [name for name in (value, condition, person) if name not in table]
    if lacking:
        raise EmoError(f"expected the columns {', '.join(lacking)}; found {', '.join(table.columns)}")
    kept = table[table[person].astype(str).str.len() > 0].dropna(subset=[value, person])
    means = kept.pivot_table(value, person, condition, "mean").reindex(columns=list(pair)).dropna()
    if len(means) < FEWEST_PEOPLE:
        raise EmoError(
            f"{value}: expected at least {FEWEST_PEOPLE} people in both {pair[0]!r} and {pair[1]!r}, found {len(means)}"
        )
    values = means.to_numpy(float)
    each = values[:, 1] - values[:, 0]
    weights = np.concatenate(list(draw_people(len(each), seed, RESAMPLES)))
    low, high = interval_95(weights @ each / len(each))
    spread = float(each.std(ddof=1))
    d_z = float(each.mean()) / spread if spread > 1e-12 else float("nan")
    people = tuple(map(str, means.index))
    return Paired(
        value, (pair[0], pair[1]), people, values, float(each.mean()), (low, high), sign_flip_p(each, seed), d_z
    )


def sign_flip_p(differences: np.ndarray, seed: int = 0) -> float:
    """Share of sign flips whose mean difference is at least as far from 0; two-sided.

    Args:
        differences: float (P,).
        seed: of the flips, where not all are counted.
    """
    differences = np.asarray(differences, float)
    count = len(differences)
    if count <= EXACT_UP_TO:
        signs = np.array(list(product((-1.0, 1.0), repeat=count)))
        return float((np.abs(signs @ differences) >= abs(differences.sum()) - 1e-12).mean())
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), (DRAWN_FLIPS, count))
    extreme = (np.abs(signs @ differences) >= abs(differences.sum()) - 1e-12).sum()
    return float((extreme + 1) / (DRAWN_FLIPS + 1))
