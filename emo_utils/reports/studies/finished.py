"""One clip as its folder of results holds it: what the tables of a run are made from."""

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emo_utils.errors import EmoError
from emo_utils.file_names import as_text
from emo_utils.motion.segments_file import COLUMNS as SEGMENT_COLUMNS
from emo_utils.reports.clips.summary import durations_s
from emo_utils.reports.studies.variables import Layout
from emo_utils.results_folder import read_listing
from emo_utils.timeline import Timeline

TIMELINE, SEGMENTS = "timeline.csv", "segments.csv"

NEEDED = ("person_id", "onset_s", "apex_s", "offset_s", "emotion", "cut_start", "cut_end", "strength")
"""Columns of `segments.csv` from which rows of people are made; others may be absent in results of earlier versions."""


@dataclass(frozen=True)
class FinishedClip:
    """The results of one clip, read from its folder.

    Attributes:
        folder: of the results.
        name: file name of the clip.
        subject: name of the person across clips; empty where none was given.
        baseline: what was taken off, `none` where nothing was.
        timeline: read from `timeline.csv`.
        segments: with the columns of `segments_file`; None where segments were not searched for.
    """

    folder: Path
    name: str
    subject: str
    baseline: str
    timeline: Timeline = field(repr=False)
    segments: pd.DataFrame | None = field(repr=False)

    @cached_property
    def seconds(self) -> dict[int, float]:
        """Duration of each frame by its index."""
        frames = self.timeline.frames
        return dict(zip(frames["frame_index"], durations_s(frames["time_s"].to_numpy()), strict=True))

    @property
    def has_baseline(self) -> bool:
        """Whether the timeline holds probabilities from which a baseline was taken off."""
        column = f"b_{self.timeline.classes[0]}" if self.timeline.classes else ""
        return column in self.timeline.table and bool(self.timeline.table[column].notna().any())

    @property
    def layout(self) -> Layout:
        """What its rows hold."""
        return Layout(self.timeline.classes, tuple(self.timeline.measures), self.has_baseline)

    def subject_of(self, person_id: int) -> str:
        """The subject's name for the person who is seen longest; empty for others in the clip."""
        return self.subject if person_id == self._longest_seen else ""

    @cached_property
    def _longest_seen(self) -> int | None:
        counts = self.timeline.faces["person_id"].value_counts()
        return None if counts.empty else min(int(one) for one in counts.index[counts == counts.max()])


def read_finished(folder: Path, subject: str | None = None) -> FinishedClip:
    """Read the results of one clip.

    Args:
        folder: of the results.
        subject: name of the person; None: the one that the analysis was given, if any.

    Raises:
        EmoError: it holds no results of this contract, or a file in it cannot be read.
    """
    listing = read_listing(folder)
    if listing is None or not (folder / TIMELINE).is_file():
        raise EmoError(f"{folder}: holds no results of emo analyze; analyse the clip again")
    about: dict[str, Any] = listing.outcome.get("summary") or {}
    try:
        timeline = Timeline.load(folder / TIMELINE)
        has_segments = SEGMENTS in listing.files and (folder / SEGMENTS).is_file()
        segments = pd.read_csv(folder / SEGMENTS) if has_segments else None
    except (ValueError, OSError, pd.errors.ParserError) as error:
        raise EmoError(f"{folder}: cannot be read ({error}); analyse the clip again") from error
    if segments is not None:
        lacking = [name for name in NEEDED if name not in segments]
        if lacking:
            raise EmoError(
                f"{folder / SEGMENTS}: expected the columns {', '.join(NEEDED)}, lacks {', '.join(lacking)}; give "
                "corrections to emo analyze by --segments"
            )
        segments = segments.reindex(columns=list(SEGMENT_COLUMNS))
    name = about.get("clip") or (Path(listing.source.path).name if listing.source else folder.name)
    own = subject_in(as_text(name), (about.get("options") or {}).get("subject")) if subject is None else subject
    return FinishedClip(folder, as_text(name), own, baseline_of(about), timeline, segments)


def subject_in(clip: str, pattern: str | None) -> str:
    """The person in a clip's name: the first group of a regular expression, or its whole match; empty without one.

    Raises:
        EmoError: it is not a regular expression.
    """
    if pattern is None:
        return ""
    try:
        found = re.search(pattern, clip)
    except re.error as error:
        raise EmoError(f"--subject {pattern!r} is not a regular expression: {error}") from error
    return (found[1] if found.re.groups else found[0]) or "" if found else ""


def baseline_of(about: dict[str, Any]) -> str:
    """What was taken off, from a clip's summary."""
    found = about.get("baseline") or {}
    return str(found.get("kind", "none"))


def weighted_mean(values: np.ndarray, weights: np.ndarray) -> float:
    """Mean of the finite values; NaN where there is none. Without durations, as in one picture, all count alike."""
    kept = np.isfinite(values)
    if not kept.any():
        return float("nan")
    weights = weights if weights[kept].sum() > 0 else np.ones(len(weights))
    return float(np.average(values[kept], weights=weights[kept]))
