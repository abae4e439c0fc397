"""Paired comparison of two runs on the same clips and people."""

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from emo_utils.datasets.csv_tables import TableError, shown
from emo_utils.evaluation.predictions import arrays, classes_of
from emo_utils.evaluation.resampling import BLOCK, Counts, count, interval_95, resampled_figures

FLIPS = 10_000
COMPARED = ("accuracy", "uar")


def compare(a: pd.DataFrame, b: pd.DataFrame, seed: int = 0) -> dict:
    """Compare two prediction tables of the same clips, in any order.

    There are three methods, the first two over people:

    - the 95 % percentile bootstrap of the difference, both runs on the same resampled people (B. Efron, R. Tibshirani,
      1993);
    - the sign-flip permutation test, which exchanges each person's two results at random. It is two-sided, with
      p = (1 + as extreme) / (1 + flips): B. Phipson, G. Smyth, Stat. Appl. Genet. Mol. Biol. 9(1), 2010;
    - McNemar's exact test over clips (Q. McNemar, Psychometrika 12, 1947), which assumes that clips are independent.

    Use the first two where people have several clips.

    Returns:
        `n`, `people`; for `accuracy` and `uar` each: `a`, `b`, `difference` (a - b), `interval_95` of it,
        `share_a_better` (share of resamples in which a is strictly better), `permutation_p`; and `mcnemar`: `only_a`
        and `only_b` (clips that are correct in one run only), `p`.

    Raises:
        TableError: the tables differ in their clips, or in the label or person of a clip.
    """
    b = _aligned(a, b)
    classes = tuple(dict.fromkeys([*classes_of(a), *classes_of(b)]))
    labels = pd.Index(classes).get_indexer(a["label"])
    named = [_named(table, classes) for table in (a, b)]
    people, names = pd.factorize(a["subject_id"], sort=True)
    both = [count(people, labels, each, len(classes)) for each in named]
    every = np.ones((1, len(names)))
    whole = [counts.drawn(every).figures() for counts in both]
    drawn = [resampled_figures(counts, seed) for counts in both]
    chance = _permutation_p(*both, seed)
    report = {"n": len(a), "people": len(names)}
    for figure in COMPARED:
        first, second = (float(values[figure][0]) for values in whole)
        differences = drawn[0][figure] - drawn[1][figure]
        report[figure] = {
            "a": first,
            "b": second,
            "difference": first - second,
            "interval_95": interval_95(differences),
            "share_a_better": float((differences > 0).mean()),
            "permutation_p": chance[figure],
        }
    only_a, only_b = (int(((own == labels) & (other != labels)).sum()) for own, other in (named, named[::-1]))
    return report | {"mcnemar": {"only_a": only_a, "only_b": only_b, "p": mcnemar_p(only_a, only_b)}}


def mcnemar_p(only_a: int, only_b: int) -> float:
    """Two-sided exact p of `only_a` against `only_b` under probability one half; 1 where the runs never differ."""
    total = only_a + only_b
    return float(binomtest(only_a, total).pvalue) if total else 1.0


def _permutation_p(a: Counts, b: Counts, seed: int) -> dict[str, float]:
    """Share of random exchanges whose difference is at least as large as the observed one; see `compare`."""
    clips, support = a.support.sum(), a.support.sum(axis=0)
    present = support > 0
    recall = (a.right - b.right)[:, present] / support[present]
    gaps = np.stack([(a.right - b.right).sum(axis=1) / clips, recall.mean(axis=1)], axis=1)
    rng = np.random.default_rng(seed)
    block, extreme = max(1, BLOCK // len(gaps)), np.zeros(len(COMPARED))
    for start in range(0, FLIPS, block):
        signs = rng.choice([-1.0, 1.0], (min(block, FLIPS - start), len(gaps)))
        extreme += (np.abs(signs @ gaps) >= np.abs(gaps.sum(axis=0)) - 1e-12).sum(axis=0)
    return dict(zip(COMPARED, ((1 + extreme) / (1 + FLIPS)).tolist(), strict=True))


def _named(table: pd.DataFrame, classes: tuple[str, ...]) -> np.ndarray:
    own = classes_of(table)
    _, probabilities = arrays(table, own)
    return pd.Index(classes).get_indexer(own)[probabilities.argmax(axis=1)]


def _aligned(a: pd.DataFrame, b: pd.DataFrame) -> pd.DataFrame:
    """The rows of b in the order of a."""
    sides = (("first", a, b), ("second", b, a))
    lacking = {side: sorted(set(one["clip_id"]) - set(other["clip_id"])) for side, one, other in sides}
    if any(lacking.values()):
        found = [f"{len(ids)} clips only in the {side} ({shown(ids, 3)})" for side, ids in lacking.items() if ids]
        raise TableError(
            f"expected predictions of the same clips, found {' and '.join(found)}; predict both runs on the same "
            "split, or leave those clips out"
        )
    b = b.set_index("clip_id").loc[a["clip_id"]].reset_index()
    for column, what in (("label", "label"), ("subject_id", "person")):
        other = np.flatnonzero(a[column].astype(str).to_numpy() != b[column].astype(str).to_numpy())
        if len(other):
            row = other[0]
            raise TableError(
                f"expected the same {what} of each clip, found {a[column].iloc[row]!r} and {b[column].iloc[row]!r} for "
                f"{a['clip_id'].iloc[row]!r} ({len(other)} such clips); correct the table that is wrong"
            )
    return b
