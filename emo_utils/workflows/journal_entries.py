"""Entries of a journal from clips: analyse, choose the writer's face, keep the pictures of the apexes."""

import io
from datetime import date
from pathlib import Path

import numpy as np
from PIL import Image

from emo_utils import __version__
from emo_utils.errors import JournalError
from emo_utils.inference.apexes import apex_crops
from emo_utils.inference.baseline import log_mean
from emo_utils.inference.frame_sources import file_source
from emo_utils.journal.entry import Apex, Entry, EntryAnalysis
from emo_utils.journal.journal import Journal
from emo_utils.structures import InputSpec
from emo_utils.workflows.analysis import Analysis
from emo_utils.workflows.analyzer import Analyzer

MOST_APEXES = 6
"""Number of apexes kept of an entry, the strongest ones."""

QUALITY = 90
"""Of the JPEG pictures of apexes."""


def add_clip(
    journal: Journal,
    clip: Path | str,
    analyzer: Analyzer | None = None,
    *,
    day: date | str | None = None,
    note: str = "",
    person_id: int | None = None,
    store: bool = True,
    progress: bool = True,
) -> Entry:
    """Analyse a clip and add it to a journal.

    Args:
        journal: an open one.
        clip: a video or picture file.
        analyzer: None: one with the default options.
        day: of the entry; None: today.
        note: any text.
        store: copy the clip into the journal; see `Journal.add`.
        person_id: which person of the clip is the writer; None: the one seen longest.
        progress: show a progress bar on standard error.

    Raises:
        VideoError: the clip cannot be read.
        JournalError: no face in it, no such person, or the journal cannot be written.
    """
    analysis = (analyzer or Analyzer()).analyze_source(file_source(Path(clip)), progress=progress)
    writer = entry_analysis(analysis, person_id)
    return journal.add(clip, writer, entry_apexes(analysis, writer.person_id), day=day, note=note, store=store)


def entry_analysis(analysis: Analysis, person_id: int | None = None) -> EntryAnalysis:
    """What an entry keeps of an analysis.

    Args:
        analysis: of the clip.
        person_id: the writer; None: the person seen longest.

    Raises:
        JournalError: no face in the clip, or no such person.
    """
    timeline, summary = analysis.results.result.timeline, analysis.summary()
    people = {person["person_id"]: person for person in summary["people"]}
    if not people:
        raise JournalError(f"{analysis.clip}: expected the writer's face, found no face in any frame; film it again")
    if person_id is not None and person_id not in people:
        raise JournalError(f"{analysis.clip}: expected a person of {', '.join(map(str, people))}, found {person_id}")
    writer = people[person_id if person_id is not None else max(people, key=lambda one: people[one]["seen_s"])]
    predicted = timeline.probabilities(writer["person_id"])
    predicted = predicted[np.isfinite(predicted).all(axis=1)]
    if not len(predicted):
        raise JournalError(f"{analysis.clip}: no frame has a prediction for person {writer['person_id']}")
    about = analysis.results.about
    return EntryAnalysis(
        timeline.classes,
        predicted.mean(axis=0),
        np.array([writer["share_of_time"][name] for name in timeline.classes]),
        log_mean(predicted),
        len(predicted),
        writer["seen_s"],
        writer["person_id"],
        len(people),
        about["options"]["weights"],
        about["network"]["weights_sha256"],
        about["prior"],
        __version__,
    )


def entry_apexes(analysis: Analysis, person_id: int) -> list[Apex]:
    """Pictures of a person's strongest apexes, in order of time; empty if the clip cannot be read again."""
    results = analysis.results
    if results.source is None:
        return []
    own = [(segment, points) for segment, points in zip(results.result.segments, results.result.keypoints, strict=True)
           if segment.person_id == person_id]  # fmt: skip
    own = sorted(own, key=lambda pair: -np.nan_to_num(pair[0].strength))[:MOST_APEXES]
    crops = apex_crops(results.source, [one for one, _ in own], [points for _, points in own], InputSpec())
    return [Apex(crop.segment.apex_s, crop.segment.emotion, crop.segment.strength, _jpeg(crop.shown)) for crop in crops]


def _jpeg(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()
