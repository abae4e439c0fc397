"""Segments as a CSV file, which people can correct; every line is checked when it is read.

To correct the file, edit `onset`, `apex` and `offset` (frames, from 0), and delete or add rows. `person_id` and `clip`
name the person and the clip. All other columns may be left empty: times, strength and emotions are computed again.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from emo_utils.csv_text import read_csv_rows
from emo_utils.errors import SegmentsError
from emo_utils.motion.segments_elan import SUFFIX, read_elan_segments
from emo_utils.motion.segments_times import frames_of_seconds
from emo_utils.structures import Segment
from emo_utils.table_text import number
from emo_utils.timeline import Timeline

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "clip": "file name of the clip",
    "person_id": "as in the timeline",
    "track_id": "as in the timeline",
    "onset": "first frame of the expression",
    "apex": "frame of the greatest strength; for a plateau see `motion.apex`",
    "offset": "last frame of the expression",
    "onset_s": "time of the onset in seconds",
    "apex_s": "time of the apex in seconds",
    "offset_s": "time of the offset in seconds",
    "strength": "largest distance of the face from rest; 1 is a plain expression",
    "emotion": "the most probable emotion but neutral, predicted from the crop of the apex frame (S0.6)",
    "confidence": "its probability",
    "pooled_emotion": "the most probable emotion but neutral, by the mean probabilities from onset to offset",
    "pooled_confidence": "its probability",
    "cut_start": "1: present already in the first frame with the face",
    "cut_end": "1: still present in the last frame with the face",
    "sustained": "1: the clip shows this expression throughout, without onset or offset",
    "scale": "macro or micro, by the rule that found it; empty for one marked by hand",
    "region": "face region with the largest motion from onset to apex: brows, eyes, nose, cheeks, mouth or chin",
    "moved": "motion of that region, in face sides",
    "baseline_emotion": "as pooled_emotion, after the person's baseline is taken off; empty without one",
    "baseline_confidence": "its probability",
    "apex_emotion": "the emotion that a network trained on apex frames names there; empty without such weights",
    "apex_confidence": "its probability",
}
"""The columns of `segments.csv`, in order."""

NEEDED = ("person_id", "onset", "apex", "offset")


@dataclass(frozen=True)
class MarkedSegment:
    """One segment of a file that was written or corrected by hand.

    Attributes:
        row: its line in a table, or its place among the annotations of an ELAN file, for messages.
        clip: file name of the clip; empty where the file names none.
        person_id: as in the timeline.
        onset, apex, offset: frames; None in a file that gives times.
        seconds: start, apex (None: not marked) and end in seconds, in such a file; the end is that of the last frame.
    """

    row: int
    clip: str
    person_id: int
    onset: int | None = None
    apex: int | None = None
    offset: int | None = None
    seconds: tuple[float, float | None, float] | None = None


def write_segments(segments: Iterable[Segment], clip: str, path: Path) -> None:
    """Write `segments.csv`; numbers have six digits."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for segment in segments:
            values = [clip, *(getattr(segment, name) for name in list(COLUMNS)[1:])]
            writer.writerow([_text(value) for value in values])


def segments_table(segments: Iterable[Segment], clip: str) -> "pd.DataFrame":
    """The segments of a clip as a DataFrame with `COLUMNS`, numbers unrounded."""
    import pandas as pd

    rows = [(clip, *(getattr(segment, name) for name in list(COLUMNS)[1:])) for segment in segments]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _text(value) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return "" if np.isnan(value) else number(value)
    return str(value)


def read_segments(path: Path | str) -> list[MarkedSegment]:
    """Read a file of segments: a CSV table, or an ELAN file (`.eaf`, see `segments_elan`).

    Raises:
        SegmentsError: it is missing, lacks a column, or holds a value that is no frame or not in order; names the row.
        MissingPackageError: an ELAN file, and pympi-ling is not installed.
    """
    path = Path(path)
    if path.suffix.lower() == SUFFIX:
        return [MarkedSegment(**row) for row in read_elan_segments(path)]
    try:
        reader = read_csv_rows(path)
        lacking = [name for name in NEEDED if name not in (reader.fieldnames or ())]
        if lacking:
            found = ", ".join(reader.fieldnames or ["nothing"])
            raise SegmentsError(f"{path}: lacks the column(s) {', '.join(lacking)}; found {found}")
        rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SegmentsError(f"{path}: cannot be read as a CSV file of segments ({error})") from None
    return [_parse(path, line, row) for line, row in rows if any(map(_filled, row.values()))]


def _filled(cell: str | None) -> bool:
    return bool(cell and str(cell).strip())


def _parse(path: Path, row: int, values: dict) -> MarkedSegment:
    numbers = {}
    for name in NEEDED:
        text = (values[name] or "").strip()
        if not text.isdecimal():
            raise SegmentsError(f"{path}, row {row}: {name}: expected a whole number from 0, found {text!r}")
        numbers[name] = int(text)
    if not numbers["onset"] <= numbers["apex"] <= numbers["offset"]:
        found = ", ".join(f"{name} {numbers[name]}" for name in NEEDED[1:])
        raise SegmentsError(f"{path}, row {row}: expected onset <= apex <= offset, found {found}")
    return MarkedSegment(row, (values.get("clip") or "").strip(), **numbers)


def segments_of_clip(marked: Sequence[MarkedSegment], clip: str) -> list[MarkedSegment]:
    """The rows of one clip: those that name it, and those that name no clip."""
    return [segment for segment in marked if segment.clip in ("", clip)]


def check_clips(marked: Sequence[MarkedSegment], clips: Sequence[str], path: Path | str) -> None:
    """Refuse rows without a clip if there are several clips, and rows of a clip that is not read.

    Raises:
        SegmentsError: names the row.
    """
    for segment in marked:
        if segment.clip and segment.clip not in clips:
            raise SegmentsError(
                f"{path}, row {segment.row}: clip {segment.clip!r} is not among those to read: {', '.join(clips)}"
            )
        if not segment.clip and len(clips) > 1:
            raise SegmentsError(f"{path}, row {segment.row}: names no clip; expected one of {', '.join(clips)}")


def place_segments(marked: Sequence[MarkedSegment], timeline: Timeline, path: Path | str) -> list[Segment]:
    """Convert marked rows to segments of a clip, in time order, with track and times, without strength and emotions.

    Raises:
        SegmentsError: a row names a frame outside the clip, an unknown person, or an apex frame without that person; or
            two segments of a person overlap. Names the row.
    """
    faces = timeline.faces
    times = timeline.frames.set_index("frame_index")["time_s"]
    placed: list[tuple[MarkedSegment, Segment]] = []
    for mark in marked:
        if mark.person_id not in timeline.people:
            known = ", ".join(map(str, timeline.people)) or "none"
            raise SegmentsError(
                f"{path}, row {mark.row}: person_id {mark.person_id} is not in this clip; known: {known}"
            )
    in_frames = [_in_frames(mark, timeline, path) for mark in marked]
    for mark in sorted(in_frames, key=lambda m: (m.person_id, m.onset)):
        where = f"{path}, row {mark.row}"
        for name in ("onset", "apex", "offset"):
            if getattr(mark, name) not in times.index:
                raise SegmentsError(
                    f"{where}: {name} {getattr(mark, name)} is no frame that was read; they run from "
                    f"{times.index.min()} to {times.index.max()}"
                )
        own = faces[(faces["person_id"] == mark.person_id) & (faces["frame_index"] == mark.apex)]
        if own.empty:
            raise SegmentsError(f"{where}: person {mark.person_id} is not seen in the apex frame {mark.apex}")
        before = placed[-1] if placed and placed[-1][0].person_id == mark.person_id else None
        if before and before[0].offset >= mark.onset:
            raise SegmentsError(f"{where}: begins at {mark.onset}, before the segment of row {before[0].row} has ended")
        marks = (mark.onset, mark.apex, mark.offset)
        seconds = (float(times[frame]) for frame in marks)
        segment = Segment(mark.person_id, int(own["track_id"].iloc[0]), *marks, *seconds, strength=float("nan"))
        placed.append((mark, segment))
    return sorted((segment for _, segment in placed), key=lambda s: (s.onset, s.person_id))


def _in_frames(mark: MarkedSegment, timeline: Timeline, path: Path | str) -> MarkedSegment:
    if mark.seconds is None:
        return mark
    found = frames_of_seconds(mark.seconds, mark.person_id, timeline)
    if found is None:
        start, _, end = mark.seconds
        raise SegmentsError(f"{path}, row {mark.row}: from {start:.3f} to {end:.3f} s there is no frame of the clip")
    onset, apex, offset = found
    return replace(mark, onset=onset, apex=apex, offset=offset, seconds=None)
