"""Agreement of two raters, such as a human coder and the predictions: kappa, ICC, confusion, onsets.

Cohen's kappa corrects agreement for chance: J. Cohen, "A Coefficient of Agreement for Nominal Scales", Educational and
Psychological Measurement 20, 1960. Per emotion it is that of "this emotion or another". Time is the unit: each frame
counts by its duration, as in R. Bakeman, V. Quera, "Sequential Analysis and Observational Methods for the Behavioral
Sciences", Cambridge, 2011, who also give the tolerance for onsets.

The intraclass correlation compares the shares of time of each clip: ICC(A,1), two-way random effects, absolute
agreement, single rater: K. McGraw, S. Wong, "Forming Inferences about Some Intraclass Correlation Coefficients",
Psychological Methods 1, 1996; ICC(2,1) of P. Shrout, J. Fleiss, "Intraclass Correlations", Psychological Bulletin 86,
1979.

Intervals are 95 % percentile bootstraps over people (`evaluation.resampling`), because the clips of one person, and
even more the frames of one clip, are not independent. One person has no interval.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from emo_utils.evaluation.resampling import draw_people

FEWEST_PEOPLE = 2


@dataclass(frozen=True)
class Rated:
    """Two raters' ratings of one person in one clip.

    Attributes:
        person: name of the person across clips.
        first, second: int (T,), the emotion of each frame as an index into the emotions, of the two raters.
        seconds: float (T,), duration of each frame.
        onsets: of each rater, time and emotion of each expression, in time order.
    """

    person: str
    first: np.ndarray
    second: np.ndarray
    seconds: np.ndarray
    onsets: tuple[Sequence[tuple[float, int]], Sequence[tuple[float, int]]] = field(default=((), ()), repr=False)


def agreement(
    rated: Sequence[Rated], emotions: Sequence[str], tolerance_s: float = 0.5, seed: int = 0
) -> dict[str, Any]:
    """The agreement of two raters as plain values; None where a figure is not defined.

    Args:
        rated: a pair of ratings per clip and person.
        emotions: C names.
        tolerance_s: two onsets of one emotion within this time count as one.
        seed: of the resamples.

    Returns:
        `people`, `clips`, `seconds`; `kappa` over all emotions and its interval; per emotion `kappa`, `icc` and their
        intervals, and the seconds of each rater; `onsets` (precision, recall and F1 of the second rater against the
        first, over all expressions and per emotion); `confusion` in seconds (rows are the first rater's).
    """
    names = sorted({one.person for one in rated})
    place = {name: row for row, name in enumerate(names)}
    size = len(emotions)
    seconds = np.zeros((len(names), size, size))
    moments = np.zeros((len(names), size, 6))
    counts = np.zeros((len(names), size, 3))
    for one in rated:
        row = place[one.person]
        seconds[row] += _confusion(one, size)
        moments[row] += _moments(one, size)
        counts[row] += _onset_counts(one, size, tolerance_s)
    weights = _weights(len(names), seed)
    kappas, all_kappa = _kappa_per_class, _kappa
    report = {
        "people": len(names),
        "clips": len(rated),
        "seconds": round(float(seconds.sum()), 3),
        "tolerance_s": tolerance_s,
        **_with_interval("kappa", all_kappa, seconds, weights),
        "emotions": {name: {} for name in emotions},
        "onsets": _onset_report(counts.sum(axis=1, keepdims=True), weights, 0),
        "confusion": np.round(seconds.sum(axis=0), 3).tolist(),
    }
    for place_of, name in enumerate(emotions):
        total = seconds.sum(axis=0)
        report["emotions"][name] = {
            **_with_interval("kappa", lambda table, at=place_of: kappas(table)[..., at], seconds, weights),
            **_with_interval("icc", _icc, moments[:, place_of], weights),
            "first_s": round(float(total[place_of].sum()), 3),
            "second_s": round(float(total[:, place_of].sum()), 3),
            "onsets": _onset_report(counts, weights, place_of),
        }
    return report


def kappa(confusion: np.ndarray) -> float:
    """Cohen's kappa of a table of counts or seconds (C, C); NaN where both raters use one class alone."""
    return float(_kappa(np.asarray(confusion, float)))


def icc(first: np.ndarray, second: np.ndarray) -> float:
    """ICC(A,1) of two raters' values (N,) for the same targets; NaN where the values do not vary."""
    first, second = np.asarray(first, float), np.asarray(second, float)
    values = (len(first), first.sum(), second.sum(), (first**2).sum(), (second**2).sum(), (first * second).sum())
    return float(_icc(np.array(values)))


def matched_onsets(first: Sequence[float], second: Sequence[float], tolerance_s: float) -> list[tuple[int, int]]:
    """Pairs of onsets within a tolerance, each used once; both lists are in time order.

    Taking the earliest pair that fits gives the largest number of pairs, since all tolerances are alike.
    """
    pairs, i, j = [], 0, 0
    while i < len(first) and j < len(second):
        if abs(first[i] - second[j]) <= tolerance_s + 1e-9:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif first[i] < second[j]:
            i += 1
        else:
            j += 1
    return pairs


def _confusion(one: Rated, size: int) -> np.ndarray:
    cells = np.bincount(one.first * size + one.second, one.seconds, size * size)
    return cells.reshape(size, size)


def _moments(one: Rated, size: int) -> np.ndarray:
    """Of the shares of time of one clip (C, 6): number, sums, sums of squares, sum of products."""
    total = one.seconds.sum()
    if not total:
        return np.zeros((size, 6))
    x, y = (np.bincount(labels, one.seconds, size) / total for labels in (one.first, one.second))
    return np.stack([np.ones(size), x, y, x * x, y * y, x * y], axis=1)


def _onset_counts(one: Rated, size: int, tolerance_s: float) -> np.ndarray:
    """Per emotion (C, 3): onsets of both, of the first rater, of the second."""
    counts = np.zeros((size, 3))
    for emotion in range(size):
        own = [[time for time, which in onsets if which == emotion] for onsets in one.onsets]
        counts[emotion] = len(matched_onsets(*own, tolerance_s)), len(own[0]), len(own[1])
    return counts


def _weights(people: int, seed: int) -> np.ndarray | None:
    return np.concatenate(list(draw_people(people, seed))) if people >= FEWEST_PEOPLE else None


def _with_interval(name: str, figure, parts: np.ndarray, weights: np.ndarray | None) -> dict[str, Any]:
    """A figure of the sum of the people's parts, and its interval over resampled people."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(figure(parts.sum(axis=0)))
        found = {name: _plain(value), f"{name}_interval_95": None}
        if weights is None or not np.isfinite(value):
            return found
        flat = parts.reshape(len(parts), -1)
        drawn = figure((weights @ flat).reshape(len(weights), *parts.shape[1:]))
    kept = drawn[np.isfinite(drawn)]
    if len(kept):
        found[f"{name}_interval_95"] = [_plain(float(one)) for one in np.percentile(kept, [2.5, 97.5])]
    return found


def _kappa(table: np.ndarray) -> np.ndarray:
    total = table.sum(axis=(-2, -1))
    agreed = np.trace(table, axis1=-2, axis2=-1) / total
    chance = (table.sum(axis=-1) * table.sum(axis=-2)).sum(axis=-1) / total**2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(chance < 1 - 1e-12, (agreed - chance) / (1 - chance), np.nan)


def _kappa_per_class(table: np.ndarray) -> np.ndarray:
    """Of each class against all others, (..., C)."""
    total = table.sum(axis=(-2, -1))[..., None]
    both = np.diagonal(table, axis1=-2, axis2=-1)
    first, second = table.sum(axis=-1), table.sum(axis=-2)
    agreed = 1 - (first + second - 2 * both) / total
    chance = (first * second + (total - first) * (total - second)) / total**2
    return np.where(chance < 1 - 1e-12, (agreed - chance) / np.where(chance < 1 - 1e-12, 1 - chance, 1), np.nan)


def _icc(moments: np.ndarray) -> np.ndarray:
    """From number, sums, sums of squares and sum of products (..., 6)."""
    n, x, y, xx, yy, xy = np.moveaxis(moments, -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (x + y) / (2 * n)
        total = xx + yy - 2 * n * mean**2
        between = (xx + yy + 2 * xy) / 2 - 2 * n * mean**2
        raters = n * ((x / n - mean) ** 2 + (y / n - mean) ** 2)
        error = (total - between - raters) / (n - 1)
        rows = between / (n - 1)
        below = rows + error + 2 * (raters - error) / n
        return np.where(total > 1e-12, (rows - error) / below, np.nan)


def _onset_report(counts: np.ndarray, weights: np.ndarray | None, at: int) -> dict[str, Any]:
    """Precision, recall and F1 of one emotion's onsets; counts (S, C, 3)."""
    both, first, second = counts[:, at].sum(axis=0)
    return {
        "hits": int(both),
        "first": int(first),
        "second": int(second),
        "precision": _plain(both / second if second else np.nan),
        "recall": _plain(both / first if first else np.nan),
        **_with_interval("f1", lambda c: 2 * c[..., 0] / (c[..., 1] + c[..., 2]), counts[:, at], weights),
    }


def _plain(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None


def rows_of_report(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row per emotion, and one for all, for a table."""
    rows = []
    for name, own in [*report["emotions"].items(), ("all", report)]:
        row: dict[str, Any] = {"emotion": name}
        for figure in ("kappa", "icc"):
            low, high = own.get(f"{figure}_interval_95") or (None, None)
            row |= {figure: own.get(figure), f"{figure}_low": low, f"{figure}_high": high}
        onsets = own["onsets"]
        row |= {f"onset_{figure}": onsets[figure] for figure in ("precision", "recall", "f1")}
        row |= {f"onsets_{side}": onsets[side] for side in ("first", "second")}
        rows.append(row | {"first_s": own.get("first_s"), "second_s": own.get("second_s")})
    return rows
