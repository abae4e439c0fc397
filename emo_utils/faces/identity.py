"""Identity clustering: groups tracklets into people by their embeddings.

The method is agglomerative clustering with cannot-link constraints, as is usual for faces in video. A group is
represented by the mean of its vectors, weighted by the quality of the portraits. Two faces in one frame are two people,
so groups that are seen at the same time are never merged. See e.g. M. Tapaswi et al., "Video Face Clustering with
Unknown Number of Clusters", ICCV 2019, and K. Wagstaff et al., "Constrained K-means", ICML 2001.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from emo_utils.faces.tracklets import Tracklet

JOINED_FROM = 0.45
"""Smallest cosine at which two groups are merged into one person.

Measured with a MobileFaceNet on clips of 12 people, 7 of them generated (`benchmarks/identity.py`). For appearances of
2 s, the cosine is at least 0.47 for one person (84 pairs) and at most 0.39 for two people (862 pairs). For appearances
of 1 s, with the two people of `two_people.gif` added: 3 % of 351 pairs of one person are below 0.45. Of 3,565 pairs of
two people, 0.1 % are above; all of them are the two of that clip, who share every frame. It has not been measured with
the ArcFace weights.
"""

SAME_TRACK_BONUS = 0.1
"""Added to the cosine of two tracklets of the same track, since the tracker is mostly right."""

SURE_AFTER_S = 0.5
"""Shortest duration in seconds of a tracklet that can start a new person. In shorter ones the face may be half hidden.
The longest tracklet of a track can always start one."""


@dataclass(frozen=True)
class Decision:
    """Two groups of tracklets that were merged (`joined`) or kept apart.

    Attributes:
        first, second: numbers of their tracklets.
        similarity: cosine of their mean vectors.
        joined: whether they are one person.
        together: whether they are seen in the same frame; then they are two people.
    """

    first: tuple[int, ...]
    second: tuple[int, ...]
    similarity: float
    joined: bool
    together: bool = False


@dataclass(frozen=True)
class People:
    """The people of a clip.

    Attributes:
        person_of: tracklet number to person number.
        decisions: the merges, and the nearest pairs that were kept apart.
    """

    person_of: dict[int, int]
    decisions: tuple[Decision, ...] = field(default=(), repr=False)


def name_people(tracklets: Sequence[Tracklet]) -> People:
    """Group tracklets into people, numbered from 1 in order of appearance.

    If any tracklet has no vector, each track is one person.
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
    """Indices of the tracklets that can start a person."""
    longest: dict[int, int] = {}
    for i, tracklet in enumerate(tracklets):
        best = longest.setdefault(tracklet.track_id, i)
        if tracklet.finds > tracklets[best].finds:
            longest[tracklet.track_id] = i
    return [i for i, p in enumerate(tracklets) if p.last_s - p.first_s >= SURE_AFTER_S or longest[p.track_id] == i]


NEVER = -2.0
"""Score of two groups that must not be merged; below every cosine."""


class _Groups:
    """Groups of tracklets during clustering. Row i of every array belongs to group i. Merged groups become empty."""

    def __init__(self, tracklets: Sequence[Tracklet]):
        self._members = [[tracklet] for tracklet in tracklets]
        self.group_of = {tracklet.number: group for group, tracklet in enumerate(tracklets)}
        self._sums = np.stack([p.vector * max(p.weight, 1e-6) for p in tracklets]).astype(np.float32)
        first, last, track = (np.array([getattr(p, name) for p in tracklets]) for name in ("first", "last", "track_id"))
        self._together = (first[:, None] <= last) & (first <= last[:, None])
        self._one_track = track[:, None] == track
        self._score = self._scored(np.arange(len(tracklets)))
        self._joined: list[Decision] = []

    def _similarities(self, vectors: np.ndarray) -> np.ndarray:
        """Cosines (..., G) of vectors (..., D) and all groups."""
        lengths = np.linalg.norm(self._sums, axis=1) * np.linalg.norm(vectors, axis=-1, keepdims=True)
        return vectors @ self._sums.T / np.maximum(lengths, 1e-9)

    def _scored(self, rows) -> np.ndarray:
        score = self._similarities(self._sums[rows]) + SAME_TRACK_BONUS * self._one_track[rows]
        return np.where(self._together[rows], NEVER, score).astype(np.float32)

    def join_best(self) -> bool:
        """Merge the two groups with the highest score. Returns False if no score reaches `JOINED_FROM`."""
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
        """Add a short tracklet to the most similar group that is not visible at the same time.

        If no group is similar enough, the tracklet stays with its track. If its track's group is visible at the same
        time, the tracklet becomes a new person.
        """
        own = [other for other in chain.from_iterable(self._members) if other.track_id == tracklet.track_id]
        usual = self.group_of[min(own, key=lambda other: abs(other.first - tracklet.first)).number]
        similarity = self._similarities(tracklet.vector)
        similarity[usual] += SAME_TRACK_BONUS
        busy = [not group or any(_overlap(other, tracklet) for other in group) for group in self._members]
        similarity[busy] = NEVER
        best = int(similarity.argmax())
        if similarity[best] < JOINED_FROM:
            best = usual if not busy[usual] else len(self._members)
        if best == len(self._members):
            self._members.append([])
            self._sums = np.vstack([self._sums, tracklet.vector])
        self._members[best].append(tracklet)
        self.group_of[tracklet.number] = best

    def _decision(self, first: int, second: int, joined: bool) -> Decision:
        numbers = [tuple(tracklet.number for tracklet in self._members[group]) for group in (first, second)]
        together = any(_overlap(one, other) for one in self._members[first] for other in self._members[second])
        return Decision(*numbers, float(self._similarities(self._sums[first])[second]), joined, together)

    def decisions(self) -> list[Decision]:
        """All merges in order; then, for each group, the most similar group that was not merged with it."""
        groups = [group for group, members in enumerate(self._members) if members]
        pairs = []
        for group in groups if len(groups) > 1 else ():
            similarity = self._similarities(self._sums[group])
            near = max((other for other in groups if other != group), key=lambda other: similarity[other])
            pairs.append(tuple(sorted((group, near))))
        return self._joined + [self._decision(*pair, joined=False) for pair in dict.fromkeys(pairs)]


def _overlap(first: Tracklet, second: Tracklet) -> bool:
    return first.first <= second.last and second.first <= first.last
