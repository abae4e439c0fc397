"""The content of a clip's report, the same for HTML and PDF: people, their charts, apexes and segments."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from emo_utils.inference.apexes import apex_crops
from emo_utils.reports.clips.summary import summary_of
from emo_utils.reports.clips.writer import ClipResults
from emo_utils.structures import InputSpec, Segment
from emo_utils.timeline import Timeline

MOST_APEXES = 12
"""Number of apex pictures of a person, the strongest ones."""

MOST_SEGMENTS = 40
"""Rows of a person's table of segments."""

APEX_SIDE = 160
"""Side of an apex picture in pixels."""

QUALITY = 85


@dataclass(frozen=True)
class ApexPicture:
    """The face at an apex: `jpeg`, and its segment."""

    jpeg: bytes = field(repr=False)
    segment: Segment


@dataclass(frozen=True)
class PersonReport:
    """One person of a clip.

    Attributes:
        person_id: of the timeline.
        summary: the person's entry of `summary.json`.
        apexes: in order of time.
        segments: in order of time, `MOST_SEGMENTS` at most.
    """

    person_id: int
    summary: Mapping[str, Any] = field(repr=False)
    apexes: tuple[ApexPicture, ...]
    segments: tuple[Segment, ...]

    @property
    def shares(self) -> list[tuple[str, float]]:
        """Emotions with a share of the time, the largest first."""
        return largest_first(self.summary["share_of_time"])

    @property
    def baseline_shares(self) -> list[tuple[str, float]]:
        """The same without the person's baseline; empty if none was subtracted."""
        without = self.summary.get("baseline")
        return largest_first(without["share_of_time"]) if without else []


def largest_first(shares: Mapping[str, float]) -> list[tuple[str, float]]:
    """Emotions with a share, the largest first."""
    return sorted(((name, share) for name, share in shares.items() if share > 0), key=lambda pair: -pair[1])


def people_of(results: ClipResults) -> list[PersonReport]:
    """The people of a clip, in order of appearance; apex pictures need a source that can be read again."""
    pictures = _apex_pictures(results)
    reports = []
    for summary in summary_of(results)["people"]:
        person = summary["person_id"]
        own = sorted((one for one in results.result.segments if one.person_id == person), key=lambda one: one.onset)
        found = tuple(picture for picture in pictures if picture.segment.person_id == person)
        reports.append(PersonReport(person, summary, found, tuple(own[:MOST_SEGMENTS])))
    return reports


def _apex_pictures(results: ClipResults) -> list[ApexPicture]:
    if results.source is None or results.result.motion is None:
        return []
    pairs = shown_apexes(results)
    there = [segment for segment, points in pairs if points is not None]
    kept = results.apex_jpegs
    if all((segment.person_id, segment.apex) in kept for segment in there):  # else the clip is decoded again
        there.sort(key=lambda segment: segment.apex)
        return [ApexPicture(kept[segment.person_id, segment.apex], segment) for segment in there]
    crops = apex_crops(results.source, [one for one, _ in pairs], [points for _, points in pairs], InputSpec())
    return [ApexPicture(jpeg_of(crop.shown), crop.segment) for crop in crops]


def shown_apexes(results: ClipResults) -> list[tuple[Segment, np.ndarray | None]]:
    """The segments whose apexes the report shows, with the keypoints of the face there: each person's strongest."""
    chosen: dict[int, list[tuple[Segment, np.ndarray | None]]] = {}
    for segment, points in zip(results.result.segments, results.result.keypoints, strict=True):
        chosen.setdefault(segment.person_id, []).append((segment, points))
    return [pair for own in chosen.values() for pair in _strongest(own)]


def _strongest(pairs: Sequence[tuple[Segment, np.ndarray | None]]) -> list[tuple[Segment, np.ndarray | None]]:
    return sorted(pairs, key=lambda pair: -np.nan_to_num(pair[0].strength))[:MOST_APEXES]


def jpeg_of(pixels: np.ndarray, side: int = APEX_SIDE) -> bytes:
    """A picture uint8 (H, W, 3) as JPEG, at most `side` pixels wide and high."""
    image, file = Image.fromarray(pixels), io.BytesIO()
    image.thumbnail((side, side))
    image.save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def only_person(timeline: Timeline, person_id: int) -> Timeline:
    """The timeline of one person; frames without this person have a row without a face."""
    table = timeline.table
    own = (table["person_id"] == person_id).fillna(False).to_numpy(bool)
    kept = table[own]
    others = table[~own].drop_duplicates("frame_index")
    others = others[~others["frame_index"].isin(kept["frame_index"])].copy()
    empty = [name for name in others.columns if name not in ("frame_index", "time_s", "status")]
    others[empty] = pd.NA
    others["status"] = "no_face"
    if others.empty:
        return replace(timeline, table=kept)
    joined = pd.concat([kept, others.astype(kept.dtypes.to_dict())]).sort_values("frame_index", kind="stable")
    return replace(timeline, table=joined.reset_index(drop=True))
