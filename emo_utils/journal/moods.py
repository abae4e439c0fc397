"""The mood of each entry: its mean probabilities, relative to what is usual for the writer's face.

A network predicts sadness for the neutral face of one person and anger for that of another. The writer's own baseline
is estimated from the entries and subtracted (`inference.baseline`, where the source is given). What is left is
relative: happiness means happier than usual for this face in this journal. Entries of different networks or priors
have baselines of their own, since their probabilities are not comparable.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from emo_utils.errors import EmoError
from emo_utils.inference.baseline import centred_profiles, estimate_baselines, take_off
from emo_utils.inference.weights import find_weights
from emo_utils.journal.entry import Entry, EntryAnalysis
from emo_utils.measures.valence import valence

FEWEST_ENTRIES = 5
"""Least number of entries for a baseline; with fewer, the probabilities stay as they were predicted."""

WRITER = "the writer"


@dataclass(frozen=True)
class Mood:
    """The emotions of one entry.

    Attributes:
        classes: C emotions.
        probabilities: float (C,), adding up to 1; the geometric mean over the frames, without the baseline.
        baseline_entries: number of entries behind the baseline; 0: none was subtracted.
        warning: why the correction may be harmful; empty if there is no reason.
    """

    classes: tuple[str, ...]
    probabilities: np.ndarray = field(repr=False)
    baseline_entries: int = 0
    warning: str = ""

    @property
    def emotion(self) -> str:
        """The most probable emotion."""
        return self.classes[int(self.probabilities.argmax())]

    @property
    def confidence(self) -> float:
        """Its probability."""
        return float(self.probabilities.max())

    @property
    def valence(self) -> float:
        """Happiness minus the strongest negative emotion, -1 to 1; NaN for classes without them."""
        try:
            return float(valence(self.probabilities[None], self.classes)[0, 0])
        except EmoError:
            return float("nan")


def mood_of(entry: Entry, past: Sequence[Entry]) -> Mood:
    """The mood of an entry, with the baseline of the entries before it.

    Args:
        entry: the entry.
        past: any entries of the same writer; those of its own day and later ones are ignored.
    """
    before = [one for one in past if one.day < entry.day and _network(one) == _network(entry)]
    return _mood(entry.analysis, before)


def mood_table(entries: Sequence[Entry], baseline: bool = True) -> pd.DataFrame:
    """The mood of each entry, all with the same baseline; one that changed with time would itself look like a trend.

    Args:
        entries: of one writer.
        baseline: subtract the writer's baseline, estimated from all these entries.

    Returns:
        A row per entry: `entry_id`, `day` (datetime64), `emotion`, `confidence`, `valence`, `baseline_entries`, and
        `p_<emotion>` for each emotion of any entry; NaN where an entry's network does not have it.
    """
    rows = []
    for entry in entries:
        alike = [one for one in entries if _network(one) == _network(entry)] if baseline else []
        mood = _mood(entry.analysis, alike)
        rows.append(
            {
                "entry_id": entry.entry_id,
                "day": pd.Timestamp(entry.day),
                "emotion": mood.emotion,
                "confidence": mood.confidence,
                "valence": mood.valence,
                "baseline_entries": mood.baseline_entries,
                **{f"p_{name}": float(p) for name, p in zip(mood.classes, mood.probabilities, strict=True)},
            }
        )
    names = ["entry_id", "day", "emotion", "confidence", "valence", "baseline_entries"]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=names)


def baseline_warning(entries: Sequence[Entry]) -> str:
    """Why the baseline of these entries may be harmful; empty if there is none or no reason."""
    return _mood(entries[-1].analysis, entries).warning if entries else ""


def _network(entry: Entry) -> tuple:
    return entry.analysis.weights_sha256, entry.analysis.prior, entry.analysis.classes


def _mood(analysis: EntryAnalysis, others: Sequence[Entry]) -> Mood:
    """The mood of an analysis, without the baseline of other entries of the same network."""
    own = np.exp(analysis.log_mean)
    if len(others) < FEWEST_ENTRIES:
        return Mood(analysis.classes, own / own.sum())
    found = estimate_baselines(
        "people",
        np.stack([one.analysis.log_mean for one in others]),
        [WRITER] * len(others),
        [one.analysis.frames for one in others],
        _profiles(analysis),
    )[WRITER]
    return Mood(analysis.classes, take_off(own[None], found.offset)[0], found.clips, found.warning)


def _profiles(analysis: EntryAnalysis) -> np.ndarray | None:
    """The profiles of the network, if it is at hand and the same."""
    try:
        weights = find_weights(analysis.weights)
    except EmoError:
        return None
    same = weights.sidecar["sha256"] == analysis.weights_sha256 and set(analysis.classes) <= set(weights.profiles)
    return centred_profiles(weights.profiles, analysis.classes) if same else None
