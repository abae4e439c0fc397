"""Find the segments of all persons of a clip from motion and probabilities."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from emo_utils.inference.observe import ObservedFrame
from emo_utils.motion.curve import FaceTrace, MotionCurve, motion_curve
from emo_utils.motion.micro import find_micro, group_motion
from emo_utils.motion.one import find_one
from emo_utils.motion.regions import GROUPS
from emo_utils.motion.segments import SegmentRule, Span, find_segments
from emo_utils.structures import Segment
from emo_utils.timeline import Timeline

NEUTRAL = "neutral"

CHUNK = 512
"""Number of faces that are collected before they are packed into arrays."""

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


@dataclass
class MotionLog:
    """Collects the motion of all faces of a clip while it is read: about 400 bytes per face and frame."""

    _open: list[tuple] = field(default_factory=list, repr=False)
    _packed: list[tuple[np.ndarray, ...]] = field(default_factory=list, repr=False)
    _names: dict[int, tuple[int, int]] = field(default_factory=dict, repr=False)

    def add(self, frame: ObservedFrame) -> None:
        """Keep the motion of a frame's faces."""
        for face, motion in zip(frame.faces, frame.motions, strict=True):
            where = (frame.frame_index, frame.time_s, face.tracklet, motion.piece)
            self._open.append((*where, motion.displacement, motion.patch, motion.keypoints))
        if len(self._open) >= CHUNK:
            self._pack()

    def name(self, faces: pd.DataFrame) -> None:
        """Set person and track of each tracklet, from rows with `tracklet`, `person_id` and `track_id`."""
        known = faces.drop_duplicates("tracklet")
        self._names = {
            int(tracklet): (int(person), int(track))
            for tracklet, person, track in zip(known["tracklet"], known["person_id"], known["track_id"], strict=True)
        }

    def _pack(self) -> None:
        if self._open:
            self._packed.append(tuple(np.array(column) for column in zip(*self._open, strict=True)))
            self._open = []

    def finish(self, timeline: Timeline, with_probabilities: bool) -> "ClipMotion":
        """All traces of the clip, with or without the probabilities of the timeline."""
        self._pack()
        if not self._packed:
            return ClipMotion(())
        columns = [np.concatenate(column) for column in zip(*self._packed, strict=True)]
        frame_index, time_s, tracklet, piece, displacement, patch, keypoints = columns
        values = _probabilities(timeline) if with_probabilities else None
        neutral = timeline.classes.index(NEUTRAL) if NEUTRAL in timeline.classes else None
        identities = np.array([self._names.get(int(t), NO_PERSON) for t in tracklet])
        faces = []
        for number, person, track in np.unique(np.column_stack([piece, identities]), axis=0).tolist():
            if (person, track) == NO_PERSON:
                continue
            rows = np.flatnonzero((piece == number) & (identities[:, 1] == track))
            index = frame_index[rows]
            own = None if values is None else values[track].loc[index].to_numpy(float)
            trace = FaceTrace(index, time_s[rows], displacement[rows], patch[rows], own, neutral)
            faces.append(TracedFace(person, track, number, trace, keypoints[rows]))
        return ClipMotion(tuple(faces))


def _probabilities(timeline: Timeline) -> dict[int, pd.DataFrame]:
    names = [f"p_{name}" for name in timeline.classes]
    return {int(t): rows.set_index("frame_index")[names] for t, rows in timeline.faces.groupby("track_id")}


@dataclass(frozen=True)
class TracedFace:
    """One piece of a track: its person, its trace, and its keypoints float32 (T, 4, 2) in pixels of the frames."""

    person_id: int
    track_id: int
    piece: int
    trace: FaceTrace
    keypoints: np.ndarray = field(repr=False)


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
            spans, curve = find_segments(face.trace, rule)
            tables.append(_table(face, curve))
            if "macro" in SCALES[expressions]:
                found += [_segment(face, span, "macro") for span in spans]
            if "micro" in SCALES[expressions]:
                found += [_segment(face, span, "micro") for span in _without_overlap(find_micro(face.trace), spans)]
        return sorted(found, key=lambda segment: (segment.onset, segment.person_id)), _joined(tables)

    def read_one(self, rule: SegmentRule | None = None) -> tuple[list[Segment], pd.DataFrame]:
        """As `read`, with exactly one segment: of the face that is seen longest; none without a face."""
        tables = [_table(face, motion_curve(face.trace, (rule or SegmentRule()).curve)) for face in self.faces]
        longest = max(self.faces, key=lambda face: len(face.trace), default=None)
        found = [_segment(longest, find_one(longest.trace), "")] if longest else []
        table = _joined(tables)
        return with_strength(found, table), table

    def without_probabilities(self) -> "ClipMotion":
        """The same motion without probabilities."""
        bare = [replace(face, trace=replace(face.trace, probabilities=None)) for face in self.faces]
        return ClipMotion(tuple(bare))

    def keypoints_at(self, track_id: int, frame_index: int) -> np.ndarray | None:
        """A face's keypoints float32 (4, 2) in a frame; None if it is not there."""
        for face in self.faces:
            if face.track_id == track_id and len(rows := np.flatnonzero(face.trace.frame_index == frame_index)):
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


def _segment(face: TracedFace, span: Span, scale: str) -> Segment:
    marks = (span.onset, span.apex, span.offset)
    frames = (int(face.trace.frame_index[mark]) for mark in marks)
    seconds = (float(face.trace.time_s[mark]) for mark in marks)
    moved = group_motion(face.trace, span.onset, span.apex)
    region = max(moved, key=moved.get)
    return Segment(
        face.person_id, face.track_id, *frames, *seconds, round(span.strength, 6),
        cut_start=span.cut_start, cut_end=span.cut_end, scale=scale, region=region, moved=round(moved[region], 6),
    )  # fmt: skip


def _table(face: TracedFace, curve: MotionCurve) -> pd.DataFrame:
    columns = {
        "frame_index": face.trace.frame_index,
        "time_s": face.trace.time_s,
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
    faces = timeline.faces
    expressions = [name for name in timeline.classes if name != NEUTRAL]
    columns = [f"p_{name}" for name in expressions]
    out = []
    for segment in segments:
        own = faces[(faces["person_id"] == segment.person_id)]
        inside = own[own["frame_index"].between(segment.onset, segment.offset)]
        at_apex = inside[inside["frame_index"] == segment.apex][columns].to_numpy(float)
        pooled = inside[columns].dropna().to_numpy(float)
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
