"""Build the table of a timeline: fill gaps, smooth probabilities, set the status of each row."""

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.extensions import take

from emo_utils.faces.crops import face_side
from emo_utils.inference.observe import FaceInFrame, ObservedFrame
from emo_utils.inference.smoothing import smooth
from emo_utils.measures.measure import Measure, face_columns, is_unreliable, measure_columns
from emo_utils.structures import InputSpec
from emo_utils.timeline import TYPES, columns

LEAST_CONFIDENCE = 0.5
"""Least detection confidence; below it a face counts as low quality."""

FILLED_GAP_S = 0.3
"""Longest gap in a track that is interpolated."""

FEWEST_DETECTIONS = 2
"""Tracks with fewer detections are taken for errors of the detector and left out."""

PART_ROWS = 2048
"""Faces that are held as Python objects before they become a part of the table."""

IDS, BOX = ["frame_index", "time_s", "track_id", "tracklet"], ["x1", "y1", "x2", "y2"]


@dataclass(frozen=True)
class Naming:
    """How probabilities are turned into emotions and a status.

    Attributes:
        classes: C emotions, in the order of the probabilities.
        smoothing: a key of `smoothing.METHODS`.
        smoothing_s: its time constant or window in seconds.
        uncertain_below: the smoothed top probability under which a row is `uncertain`.
        measures: further measures; their columns come after those of the contract.
        over_time: the network reads windows of frames: a face without probabilities is in none.
    """

    classes: tuple[str, ...]
    smoothing: str
    smoothing_s: float
    uncertain_below: float
    measures: tuple[Measure, ...] = ()
    over_time: bool = False


def face_rows(
    predicted: Iterable[tuple[ObservedFrame, np.ndarray]],
    spec: InputSpec,
    classes: Sequence[str],
    measures: Sequence[Measure] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Collect the faces of a clip, and its frames.

    Args:
        predicted: the frames with the probabilities (faces, C) of their faces.
        spec: how faces were cropped.
        classes: C emotions.
        measures: the measures of the faces.

    Returns:
        A row per face with its track, tracklet, box, probabilities, `interpolated`, `low_quality` and measures; and a
        row per frame with its index and time.
    """
    index, times_s = array("q"), array("d")
    parts: list[pd.DataFrame] = []
    rows: list[tuple] = []
    for frame, values in predicted:
        index.append(frame.frame_index)
        times_s.append(frame.time_s)
        for number, (face, own) in enumerate(zip(frame.faces, values, strict=True)):
            ids = (frame.frame_index, frame.time_s, face.track_id, face.tracklet)
            poor = bool(measures) and is_unreliable(frame.measured[number], measures)
            seen = (*ids, *face.box, face.confidence, face.interpolated)
            rows.append((seen, own, poor or is_low_quality(face, spec), frame.measured[number] if measures else ()))
        if len(rows) >= PART_ROWS:
            parts.append(_part(rows, classes, measures))
            rows = []
    if rows or not parts:
        parts.append(_part(rows, classes, measures))
    faces = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]
    return faces, pd.DataFrame({"frame_index": np.array(index), "time_s": np.array(times_s)})


def _part(rows: Sequence[tuple], classes: Sequence[str], measures: Sequence[Measure]) -> pd.DataFrame:
    """Some faces as a table, of which a row takes a tenth of the memory of its values as Python's numbers."""
    seen, probabilities, low_quality, measured = zip(*rows, strict=True) if rows else ((), (), (), ())
    faces = pd.DataFrame(seen, columns=[*IDS, *BOX, "detection_confidence", "interpolated"])
    faces["interpolated"] = faces["interpolated"].astype(bool)
    faces[[f"p_{name}" for name in classes]] = np.array(probabilities, float).reshape(len(rows), len(classes))
    faces["low_quality"] = np.array(low_quality, bool)
    names = face_columns(measures)
    faces[names] = np.array(measured, float).reshape(len(rows), len(names))
    return faces


def is_low_quality(face: FaceInFrame, spec: InputSpec) -> bool:
    """Whether detection confidence is low, or the crop has less than half the side of the network's input."""
    side_px = face_side(face.keypoints[None])[0] * (1 + 2 * spec.margin)
    return bool(side_px < spec.size / 2 or face.confidence < LEAST_CONFIDENCE)


def drop_short_tracks(faces: pd.DataFrame, frames: int) -> pd.DataFrame:
    """Leave out tracks with too few detections, in a clip of a number of frames."""
    if not len(faces):
        return faces
    detections = (~faces["interpolated"]).groupby(faces["track_id"]).transform("sum")
    return faces[detections >= min(FEWEST_DETECTIONS, frames)]


def timeline_table(faces: pd.DataFrame, frames: pd.DataFrame, naming: Naming) -> pd.DataFrame:
    """The table of a timeline.

    Args:
        faces: those of `face_rows` that are kept, with `person_id`.
        frames: of `face_rows`.
        naming: how emotions are named.
    """
    tracks = np.unique(faces["track_id"].to_numpy())
    if len(tracks) > 1:
        faces = pd.concat([_fill_gaps(track, frames) for _, track in faces.groupby("track_id")])
    else:
        faces = (_fill_gaps(faces, frames) if len(tracks) else faces).copy(deep=False)
    faces = _named(faces, naming)
    empty = frames[~frames["frame_index"].isin(faces["frame_index"])]
    names = [*columns(naming.classes), *measure_columns(naming.measures)]
    if not len(faces):
        return empty.assign(status="no_face").reindex(columns=names).astype(TYPES)
    return _with_empty_frames(faces, empty, names)


def _with_empty_frames(faces: pd.DataFrame, empty: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Columns of faces with rows for frames without any, by frame and track; made one by one, to save memory."""
    ids = ("frame_index", "time_s")
    frame_index, times_s = (np.concatenate([faces[name].to_numpy(), empty[name].to_numpy()]) for name in ids)
    tracks = np.concatenate([faces["track_id"].to_numpy(float), np.full(len(empty), np.inf)])
    order = np.lexsort((tracks, frame_index))
    rows = np.where(order < len(faces), order, -1)  # -1: no face
    out: dict[str, Any] = {}
    for name in names:
        known = name in faces
        out[name] = take(faces[name].array, rows, allow_fill=True) if known else np.full(len(rows), np.nan)
    status = faces["status"].to_numpy(object)[rows]
    out |= {"frame_index": frame_index[order], "time_s": times_s[order]}
    out["status"] = np.where(rows < 0, "no_face", status)
    out |= {name: pd.array(out[name], dtype=TYPES[name]) for name in ("track_id", "person_id")}
    out["baseline_emotion"] = out["baseline_emotion"].astype(object)
    return pd.DataFrame(out, copy=False)


def _named(faces: pd.DataFrame, naming: Naming) -> pd.DataFrame:
    """Faces with their emotions, of the single frame and smoothed per track, and their status."""
    probabilities = faces[[f"p_{name}" for name in naming.classes]].to_numpy(float)
    smoothed = probabilities.copy()
    for _, rows in faces.reset_index(drop=True).groupby("track_id").groups.items():
        times_s = faces["time_s"].to_numpy()[rows]
        smoothed[rows] = smooth(probabilities[rows], times_s, naming.smoothing, naming.smoothing_s)
    faces[[f"smoothed_p_{name}" for name in naming.classes]] = smoothed
    for prefix, table in (("", probabilities), ("smoothed_", smoothed)):
        known = ~np.isnan(table).any(axis=1)
        top = np.array(naming.classes, object)[table.argmax(axis=1)] if len(faces) else np.empty(0, object)
        faces[f"{prefix}emotion"] = np.where(known, top, None)
        faces[f"{prefix}confidence"] = table.max(axis=1) if len(faces) else np.nan
    for measure in naming.measures:
        if measure.of_probabilities:
            faces[list(measure.columns)] = measure.of_probabilities(probabilities, naming.classes)
    short = np.isnan(probabilities).any(axis=1) & naming.over_time
    uncertain = faces["smoothed_confidence"] < naming.uncertain_below
    applies = [short, uncertain, faces["low_quality"], faces["interpolated"]]
    faces["status"] = np.select(applies, ["short_window", "uncertain", "low_quality", "interpolated"], "ok")
    return faces


def _fill_gaps(track: pd.DataFrame, frames: pd.DataFrame) -> pd.DataFrame:
    """One track with short gaps interpolated linearly; longer gaps stay."""
    first, last = track["frame_index"].iloc[[0, -1]]
    inside = frames[frames["frame_index"].between(first, last)]
    filled = inside.merge(track.drop(columns="time_s"), on="frame_index", how="left")
    missing = filled["track_id"].isna().to_numpy()
    if not missing.any():
        return track
    known_s = track["time_s"].to_numpy()
    after = np.searchsorted(known_s, filled["time_s"].to_numpy()[missing])
    short = known_s[after] - known_s[after - 1] <= FILLED_GAP_S
    numbers = filled.columns.drop(["frame_index", "time_s", "interpolated", "low_quality"])
    for column in numbers:
        line = np.interp(filled["time_s"], known_s, track[column].to_numpy(float))
        filled[column] = filled[column].astype(float).where(~missing, line)
    filled["interpolated"] = filled["interpolated"].where(~missing, True).astype(bool)
    filled["low_quality"] = filled["low_quality"].where(~missing, False).astype(bool)
    keep = np.ones(len(filled), bool)
    keep[np.flatnonzero(missing)[~short]] = False
    return filled[keep]
