"""Who is who: tracklets of tracks put together to people, by their embeddings and by what cannot be.

Agglomerative clustering (average template: the mean of a group's vectors, weighted by the quality of the portraits
behind them) with cannot-link constraints, as is usual for faces in video: two faces in one frame are two people, so
groups that are seen at the same time are never put together, however alike (see e.g. M. Tapaswi et al., "Video Face
Clustering with Unknown Number of Clusters", ICCV 2019, and K. Wagstaff et al., "Constrained K-means", ICML 2001).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from emo_utils.faces.tracklets import Tracklet

JOINED_FROM = 0.45
"""Cosine from which two groups are one person.

Measured with a MobileFaceNet on real clips of 12 people, 7 of them generated (`benchmarks/identity.py`): appearances of
2 s of one person are 0.47 alike and more (84 pairs), of two people 0.39 at most (862 pairs). Of 1 s, with the two of
`two_people.gif` beside them: 3 % of 351 pairs of one person are below 0.45, and 0.1 % of 3,565 pairs of two people
above, all of those two, who share every frame. It has not been measured with ArcFace's own weights.
"""

TRACKER_SAYS_SO = 0.1
"""Added to the cosine of two tracklets of one track: the tracker took them for one face, and is mostly right."""

SURE_AFTER_S = 0.5
"""A tracklet of a track must be seen this long to found a person of its own: in shorter ones the face may be half
hidden. Of each track, the longest tracklet may always."""


@dataclass(frozen=True)
class Decision:
    """Two groups that were put together (`joined`) or kept apart.

    Attributes:
        first, second: numbers of their tracklets.
        similarity: cosine of their mean vectors.
        joined: whether they are one person.
        together: seen in the same frame, and therefore two people.
    """

    first: tuple[int, ...]
    second: tuple[int, ...]
    similarity: float
    joined: bool
    together: bool = False


@dataclass(frozen=True)
class People:
    """Who is seen in each tracklet: `of` gives a person's number by the tracklet's, and `decisions` why."""

    of: dict[int, int]
    decisions: tuple[Decision, ...] = field(default=(), repr=False)


def name_people(tracklets: Sequence[Tracklet]) -> People:
    """Put the tracklets of all tracks together to people, numbered from 1 in order of appearance.

    Pieces without a vector (nothing was read) stay with their track.
    """
    if not tracklets or any(tracklet.vector is None for tracklet in tracklets):
        return People(_numbered(tracklets, [tracklet.track_id for tracklet in tracklets]))
    founders = _founders(tracklets)
    groups = _Groups([tracklets[i] for i in founders])
    while groups.join_best():
        pass
    for i in sorted(set(range(len(tracklets))) - set(founders)):
        groups.place(tracklets[i])
    return People(
        _numbered(tracklets, [groups.group_of[tracklet.number] for tracklet in tracklets]), tuple(groups.decisions())
    )


def _numbered(tracklets: Sequence[Tracklet], names: Sequence[int]) -> dict[int, int]:
    order: dict[int, int] = {}
    return {
        tracklet.number: order.setdefault(name, len(order) + 1) for tracklet, name in zip(tracklets, names, strict=True)
    }


def _founders(tracklets: Sequence[Tracklet]) -> list[int]:
    """Indices of the tracklets that may found a person."""
    longest: dict[int, int] = {}
    for i, tracklet in enumerate(tracklets):
        best = longest.setdefault(tracklet.track_id, i)
        if tracklet.finds > tracklets[best].finds:
            longest[tracklet.track_id] = i
    return [i for i, p in enumerate(tracklets) if p.last_s - p.first_s >= SURE_AFTER_S or longest[p.track_id] == i]


NEVER = -2.0
"""Below every cosine."""


class _Groups:
    """Pieces on their way to people; row i of every array belongs to group i, and a group put into another is empty."""

    def __init__(self, tracklets: Sequence[Tracklet]):
        self._members = [[tracklet] for tracklet in tracklets]
        self.group_of = {tracklet.number: group for group, tracklet in enumerate(tracklets)}
        self._sums = np.stack([p.vector * max(p.weight, 1e-6) for p in tracklets]).astype(np.float32)
        first, last, track = (np.array([getattr(p, name) for p in tracklets]) for name in ("first", "last", "track_id"))
        self._together = (first[:, None] <= last) & (first <= last[:, None])
        self._one_track = track[:, None] == track
        self._score = self._scored(np.arange(len(tracklets)))
        self._joined: list[Decision] = []

    def _likeness(self, vectors: np.ndarray) -> np.ndarray:
        """Cosines (..., G) of vectors (..., D) and all groups."""
        lengths = np.linalg.norm(self._sums, axis=1) * np.linalg.norm(vectors, axis=-1, keepdims=True)
        return vectors @ self._sums.T / np.maximum(lengths, 1e-9)

    def _scored(self, rows) -> np.ndarray:
        score = self._likeness(self._sums[rows]) + TRACKER_SAYS_SO * self._one_track[rows]
        return np.where(self._together[rows], NEVER, score).astype(np.float32)

    def join_best(self) -> bool:
        """Put the two most alike together, if they are alike enough and may be."""
        first, second = sorted(int(i) for i in np.unravel_index(self._score.argmax(), self._score.shape))
        if self._score[first, second] < JOINED_FROM:
            return False
        self._joined.append(self._decision(first, second, joined=True))
        self._members[first] += self._members[second]
        self.group_of.update((tracklet.number, first) for tracklet in self._members[second])
        self._members[second] = []
        self._sums[first] += self._sums[second]
        self._sums[second] = 0
        for table in (self._together, self._one_track):
            table[first] |= table[second]
            table[:, first] = table[first]
        self._score[first] = self._score[:, first] = self._scored(first)
        self._together[second] = self._together[:, second] = True
        self._score[second] = self._score[:, second] = NEVER
        return True

    def place(self, tracklet: Tracklet) -> None:
        """Give a tracklet too short to found a person to the most alike that is not seen elsewhere meanwhile.

        Where none is alike it stays with its track; where that one is seen elsewhere, it is a person of its own.
        """
        own = [other for other in chain.from_iterable(self._members) if other.track_id == tracklet.track_id]
        usual = self.group_of[min(own, key=lambda other: abs(other.first - tracklet.first)).number]
        likeness = self._likeness(tracklet.vector)
        likeness[usual] += TRACKER_SAYS_SO
        busy = [not group or any(_overlap(other, tracklet) for other in group) for group in self._members]
        likeness[busy] = NEVER
        best = int(likeness.argmax())
        if likeness[best] < JOINED_FROM:
            best = usual if not busy[usual] else len(self._members)
        if best == len(self._members):
            self._members.append([])
            self._sums = np.vstack([self._sums, tracklet.vector])
        self._members[best].append(tracklet)
        self.group_of[tracklet.number] = best

    def _decision(self, first: int, second: int, joined: bool) -> Decision:
        numbers = [tuple(tracklet.number for tracklet in self._members[group]) for group in (first, second)]
        together = any(_overlap(one, other) for one in self._members[first] for other in self._members[second])
        return Decision(*numbers, float(self._likeness(self._sums[first])[second]), joined, together)

    def decisions(self) -> list[Decision]:
        """What was put together, in that order; then, for each group, the nearest one that was not."""
        groups = [group for group, members in enumerate(self._members) if members]
        pairs = []
        for group in groups if len(groups) > 1 else ():
            likeness = self._likeness(self._sums[group])
            near = max((other for other in groups if other != group), key=lambda other: likeness[other])
            pairs.append(tuple(sorted((group, near))))
        return self._joined + [self._decision(*pair, joined=False) for pair in dict.fromkeys(pairs)]


def _overlap(first: Tracklet, second: Tracklet) -> bool:
    return first.first <= second.last and second.first <= first.last
