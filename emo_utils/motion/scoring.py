"""Scores of found segments against true ones.

The measure is that of the Micro-Expression Grand Challenges' spotting task (MEGC 2020-2022: J. Li et al., "MEGC2020",
FG 2020; Y. He et al., "Spotting Macro- and Micro-expression Intervals in Long Video Sequences", FG 2020). A found
segment is right if its intersection over union with a true one is at least 0.5. Each true one counts once. Counts are
pooled over all clips before precision, recall and F1 are computed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

Marks = tuple[int, int, int]
"""Onset, apex and offset, in frames."""

LEAST_OVERLAP = 0.5


@dataclass(frozen=True)
class SegmentScore:
    """Counts over all clips, and errors in frames of the segments that were found (found less true).

    Attributes:
        hits, false, missed: segments found rightly, found wrongly, not found.
        onset, apex, offset: int64 (hits,).
    """

    hits: int
    false: int
    missed: int
    onset: np.ndarray = field(repr=False)
    apex: np.ndarray = field(repr=False)
    offset: np.ndarray = field(repr=False)

    @property
    def f1(self) -> float:
        """2 hits / (2 hits + false + missed); 1 if there are neither true nor found segments."""
        total = 2 * self.hits + self.false + self.missed
        return 2 * self.hits / total if total else 1.0

    @property
    def precision(self) -> float:
        """Share of the found segments that are right; NaN where none was found."""
        return self.hits / (self.hits + self.false) if self.hits + self.false else float("nan")

    @property
    def recall(self) -> float:
        """Share of the true segments that were found; NaN where there is none."""
        return self.hits / (self.hits + self.missed) if self.hits + self.missed else float("nan")

    def mean_error(self, mark: str) -> float:
        """Mean absolute error of `onset`, `apex` or `offset` in frames; NaN without hits."""
        errors = getattr(self, mark)
        return float(np.abs(errors).mean()) if len(errors) else float("nan")


def score_segments(
    clips: Iterable[tuple[Sequence[Marks], Sequence[Marks]]], least_overlap: float = LEAST_OVERLAP
) -> SegmentScore:
    """Compare found with true segments clip by clip, and pool the counts.

    Args:
        clips: found and true segments of each clip (and person).
        least_overlap: intersection over union from which a segment counts as found.
    """
    hits = false = missed = 0
    errors = []
    for found, true in clips:
        pairs = match(found, true, least_overlap)
        hits, false, missed = hits + len(pairs), false + len(found) - len(pairs), missed + len(true) - len(pairs)
        errors += [np.subtract(found[f], true[t]) for f, t in pairs]
    onset, apex, offset = np.array(errors, int).reshape(-1, 3).T
    return SegmentScore(hits, false, missed, onset, apex, offset)


LONGEST_MICRO_S = 0.5
"""A longer segment is a macro-expression."""


def score_scales(
    clips: Iterable[tuple[Sequence[Marks], Sequence[Marks], float]], least_overlap: float = LEAST_OVERLAP
) -> dict[str, SegmentScore]:
    """Scores of macro- and micro-expressions, and of both pooled (`overall`), as in MEGC since 2020.

    The scale of a segment, found or true, follows from its duration. A found macro-expression cannot match a true
    micro-expression.

    Args:
        clips: found and true segments of each clip, and its frames a second.
        least_overlap: intersection over union from which a segment counts as found.
    """
    clips = list(clips)
    scores = {}
    for scale in ("macro", "micro"):
        own = [
            tuple(
                [m for m in marks if (m[2] - m[0] + 1 <= LONGEST_MICRO_S * fps) == (scale == "micro")] for marks in two
            )
            for *two, fps in clips
        ]
        scores[scale] = score_segments(own, least_overlap)
    counts = (sum(getattr(score, name) for score in scores.values()) for name in ("hits", "false", "missed"))
    errors = (
        np.concatenate([getattr(score, mark) for score in scores.values()]) for mark in ("onset", "apex", "offset")
    )
    return {**scores, "overall": SegmentScore(*counts, *errors)}


def match(found: Sequence[Marks], true: Sequence[Marks], least_overlap: float = LEAST_OVERLAP) -> list[tuple[int, int]]:
    """Matching pairs (found, true), the largest overlap first; each segment is in at most one pair."""
    overlaps = sorted(
        ((overlap(f, t), i, j) for i, f in enumerate(found) for j, t in enumerate(true)), key=lambda pair: -pair[0]
    )
    pairs: list[tuple[int, int]] = []
    for share, i, j in overlaps:
        if share >= least_overlap and all(i != a and j != b for a, b in pairs):
            pairs.append((i, j))
    return pairs


def overlap(first: Marks, second: Marks) -> float:
    """Intersection over union of two segments in frames, both ends counted."""
    shared = min(first[2], second[2]) - max(first[0], second[0]) + 1
    return max(0, shared) / (max(first[2], second[2]) - min(first[0], second[0]) + 1)
