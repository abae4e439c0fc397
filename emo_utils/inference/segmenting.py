"""Find the segments of all persons of a clip from motion and probabilities."""

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd

from emo_utils.inference.observe import ObservedFrame
from emo_utils.motion.curve import FaceTrace, MotionCurve, motion_curve
from emo_utils.motion.follow import PATCH_PX
from emo_utils.motion.micro import find_micro, group_motion
from emo_utils.motion.one import find_one
from emo_utils.motion.regions import GROUPS, NAMES
from emo_utils.motion.segments import SegmentRule, Span, find_segments
from emo_utils.row_file import RowFile, StoredColumn
from emo_utils.structures import Segment
from emo_utils.timeline import Timeline

NEUTRAL = "neutral"

NO_PERSON = (0, 0)
"""Person and track of false detections, which are not in the timeline."""

MOTION_COLUMNS = {
    "frame_index": "as in the timeline",
    "time_s": "as in the timeline",
    "person_id": "as in the timeline",
    "track_id": "as in the timeline",
    "piece": "a stretch with one reference face; displacements of different pieces cannot be compared",
    "strength": "the curve in which segments are found: weighted sum of motion and change",
    "motion": "displacement of the face regions from rest, without short peaks; 1 is a plain expression",
    "change": "distance of the probabilities from those at rest, 0 to 1; 0 if there are none",
    "speech": "back-and-forth motion of mouth and chin as in speech; 1 is the motion of a plain expression",
    "speed": "of the displacement, in face sides a second; `faces.crops` defines the face side",
    **{name: f"displacement of the {name} from rest, in face sides, as measured" for name in GROUPS},
}
"""The columns of `motion.csv`, in order; a row per frame and face in which motion was measured."""


PLACES = {"frame_index": "q", "time_s": "d", "tracklet": "q", "piece": "q"}
"""Where a row belongs, with the types of `array`."""

ROW = np.dtype(
    [
        ("displacement", np.float32, (len(NAMES), 2)),
        ("patch", np.uint8, (PATCH_PX, PATCH_PX)),
        ("keypoints", np.float32, (4, 2)),
    ]
)
"""What is kept of a face in a frame; see `follow.FaceMotion`."""


class MotionLog:
    """Collects the motion of all faces of a clip while it is read.

    About 400 bytes per face and frame are kept in a `RowFile`, which goes to disk in a long clip; 32 stay in memory.
    """

    def __init__(self) -> None:
        self._rows = RowFile(ROW)
        self._places = {name: array(kind) for name, kind in PLACES.items()}
        self._names: dict[int, tuple[int, int]] = {}

    def add(self, frame: ObservedFrame) -> None:
        """Keep the motion of a frame's faces."""
        for face, motion in zip(frame.faces, frame.motions, strict=True):
            where = (frame.frame_index, frame.time_s, face.tracklet, motion.piece)
            for column, value in zip(self._places.values(), where, strict=True):
                column.append(value)
            self._rows.append((motion.displacement, motion.patch, motion.keypoints))

    def name(self, faces: pd.DataFrame) -> None:
        """Set person and track of each tracklet, from rows with `tracklet`, `person_id` and `track_id`."""
        known = faces.drop_duplicates("tracklet")
        self._names = {
            int(tracklet): (int(person), int(track))
            for tracklet, person, track in zip(known["tracklet"], known["person_id"], known["track_id"], strict=True)
        }

    def finish(self, timeline: Timeline, with_probabilities: bool) -> "ClipMotion":
        """All traces of the clip, with or without the probabilities of the timeline."""
        frame_index, time_s, tracklet, piece = (np.array(column) for column in self._places.values())
        numbers, place = np.unique(tracklet, return_inverse=True)
        names = [self._names.get(int(number), NO_PERSON) for number in numbers]
        identities = np.array(names, np.int64).reshape(-1, 2)[place]
        read = timeline if with_probabilities else None
        neutral = timeline.classes.index(NEUTRAL) if NEUTRAL in timeline.classes else None
        faces = []
        for number, person, track in np.unique(np.column_stack([piece, identities]), axis=0).tolist():
            if (person, track) == NO_PERSON:
                continue
            rows = np.flatnonzero((piece == number) & (identities[:, 1] == track))
            index = frame_index[rows]
            load = partial(_load_trace, self._rows, rows, index, time_s[rows], read, track, neutral)
            keypoints = StoredColumn(self._rows, rows, "keypoints")
            faces.append(TracedFace(person, track, number, index, load, keypoints))
        return ClipMotion(tuple(faces))


def _load_trace(
    file: RowFile,
    rows: np.ndarray,
    frame_index: np.ndarray,
    time_s: np.ndarray,
    timeline: Timeline | None,
    track: int,
    neutral: int | None,
) -> FaceTrace:
    displacement = file.read(rows, ("displacement",))[0]
    own = None if timeline is None else _probabilities(timeline, track, frame_index)
    return FaceTrace(frame_index, time_s, displacement, StoredColumn(file, rows, "patch"), own, neutral)


def _probabilities(timeline: Timeline, track: int, frame_index: np.ndarray) -> np.ndarray:
    """Probabilities float (T, C) of a track in some of its frames."""
    rows = np.flatnonzero((timeline.table["track_id"] == track).fillna(False).to_numpy(bool))
    known = timeline.table["frame_index"].to_numpy()[rows]
    rows = rows[np.searchsorted(known, frame_index)]
    return timeline.table[[f"p_{name}" for name in timeline.classes]].iloc[rows].to_numpy(float)


@dataclass(frozen=True)
class TracedFace:
    """One piece of a track.

    Attributes:
        person_id, track_id: of the face.
        piece: number of the piece in the clip.
        frame_index: int64 (T,), increasing.
        load: reads the trace.
        keypoints: float32 (T, 4, 2) in pixels of the frames; read when it is indexed.
    """

    person_id: int
    track_id: int
    piece: int
    frame_index: np.ndarray = field(repr=False)
    load: Callable[[], FaceTrace] = field(repr=False)
    keypoints: StoredColumn | np.ndarray = field(repr=False)

    @property
    def trace(self) -> FaceTrace:
        """The trace, read anew each time: of one face at a time, memory holds the displacements."""
        return self.load()

    def with_trace(self, trace: FaceTrace) -> "TracedFace":
        """The same face with another trace, which is held in memory."""
        return replace(self, load=partial(_same, trace))


def _same(trace: FaceTrace) -> FaceTrace:
    return trace


@dataclass(frozen=True)
class ClipMotion:
    """The motion of all faces of a clip."""

    faces: tuple[TracedFace, ...]

    def read(self, rule: SegmentRule | None = None, expressions: str = "macro") -> tuple[list[Segment], pd.DataFrame]:
        """The segments of all persons in time order, without emotions yet, and the curves in which they were found.

        Args:
            rule: for expressions of ordinary length.
            expressions: a key of `SCALES`.

        Returns:
            The segments, and a table with `MOTION_COLUMNS`, ordered by frame and person.
        """
        found, tables = [], []
        for face in self.faces:
            trace = face.trace
            spans, curve = find_segments(trace, rule)
            tables.append(_table(face, trace, curve))
            if "macro" in SCALES[expressions]:
                found += [_segment(face, trace, span, "macro") for span in spans]
            if "micro" in SCALES[expressions]:
                found += [_segment(face, trace, one, "micro") for one in _without_overlap(find_micro(trace), spans)]
        return sorted(found, key=lambda segment: (segment.onset, segment.person_id)), _joined(tables)

    def read_one(self, rule: SegmentRule | None = None) -> tuple[list[Segment], pd.DataFrame]:
        """As `read`, with exactly one segment: of the face that is seen longest; none without a face."""
        options = (rule or SegmentRule()).curve
        tables = [_table(face, trace := face.trace, motion_curve(trace, options)) for face in self.faces]
        longest = max(self.faces, key=lambda face: len(face.frame_index), default=None)
        found = [_segment(longest, trace := longest.trace, find_one(trace), "")] if longest else []
        table = _joined(tables)
        return with_strength(found, table), table

    def without_probabilities(self) -> "ClipMotion":
        """The same motion without probabilities."""
        bare = [face.with_trace(replace(face.trace, probabilities=None)) for face in self.faces]
        return ClipMotion(tuple(bare))

    def keypoints_at(self, track_id: int, frame_index: int) -> np.ndarray | None:
        """A face's keypoints float32 (4, 2) in a frame; None if it is not there."""
        for face in self.faces:
            if face.track_id == track_id and len(rows := np.flatnonzero(face.frame_index == frame_index)):
                return face.keypoints[rows[0]]
        return None


SCALES = {"macro": ("macro",), "micro": ("micro",), "both": ("macro", "micro")}
"""The choices of expressions, and the rules that each applies."""


def _without_overlap(spans: list[Span], others: list[Span]) -> list[Span]:
    """The spans that share no frame with the others."""
    return [span for span in spans if all(span.offset < o.onset or o.offset < span.onset for o in others)]


def _joined(tables: list[pd.DataFrame]) -> pd.DataFrame:
    table = pd.concat(tables) if tables else pd.DataFrame(columns=list(MOTION_COLUMNS))
    return table[list(MOTION_COLUMNS)].sort_values(["frame_index", "person_id"], ignore_index=True)


def _segment(face: TracedFace, trace: FaceTrace, span: Span, scale: str) -> Segment:
    marks = (span.onset, span.apex, span.offset)
    frames = (int(trace.frame_index[mark]) for mark in marks)
    seconds = (float(trace.time_s[mark]) for mark in marks)
    moved = group_motion(trace, span.onset, span.apex)
    region = max(moved, key=moved.get)
    return Segment(
        face.person_id, face.track_id, *frames, *seconds, round(span.strength, 6),
        cut_start=span.cut_start, cut_end=span.cut_end, scale=scale, region=region, moved=round(moved[region], 6),
    )  # fmt: skip


def _table(face: TracedFace, trace: FaceTrace, curve: MotionCurve) -> pd.DataFrame:
    columns = {
        "frame_index": trace.frame_index,
        "time_s": trace.time_s,
        "person_id": face.person_id,
        "track_id": face.track_id,
        "piece": face.piece,
        **{name: getattr(curve, name) for name in ("strength", "motion", "change", "speech", "speed")},
        **dict(zip(GROUPS, curve.parts.T, strict=True)),
    }
    return pd.DataFrame(columns)


def with_strength(segments: Iterable[Segment], table: pd.DataFrame) -> list[Segment]:
    """Segments with their strength: the largest value of the curve from onset to offset; NaN without a curve."""
    out = []
    for segment in segments:
        own = table[(table["person_id"] == segment.person_id)]
        inside = own[own["frame_index"].between(segment.onset, segment.offset)]["strength"]
        out.append(replace(segment, strength=round(float(inside.max()), 6)))
    return out


def name_segments(segments: Sequence[Segment], timeline: Timeline) -> list[Segment]:
    """Segments with the emotion of their apex frame (S0.6), and that of the mean of all their frames.

    A segment is an expression, so it gets the most probable emotion other than `neutral`.
    """
    expressions = [name for name in timeline.classes if name != NEUTRAL]
    columns = [f"p_{name}" for name in expressions]
    people: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    out = []
    for segment in segments:
        if segment.person_id not in people:
            own = timeline.person(segment.person_id)
            people[segment.person_id] = own["frame_index"].to_numpy(), own[columns].to_numpy(float)
        frame_index, values = people[segment.person_id]
        first, end = np.searchsorted(frame_index, [segment.onset, segment.offset + 1])
        inside, known = values[first:end], ~np.isnan(values[first:end]).any(axis=1)
        at_apex, pooled = inside[frame_index[first:end] == segment.apex], inside[known]
        emotion, confidence = _top(at_apex[:1], expressions)
        pooled_emotion, pooled_confidence = _top(pooled, expressions)
        named = {"pooled_emotion": pooled_emotion, "pooled_confidence": pooled_confidence}
        out.append(replace(segment, emotion=emotion, confidence=confidence, **named))
    return out


def _top(rows: np.ndarray, names: Sequence[str]) -> tuple[str, float]:
    if not len(rows) or np.isnan(rows).any():
        return "", float("nan")
    mean = rows.mean(axis=0)
    return names[int(mean.argmax())], round(float(mean.max()), 6)
