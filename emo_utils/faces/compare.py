"""Comparison of face detectors on one clip: detection rate, jitter of the boxes, and time per frame."""

import time
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from emo_utils.errors import AssetError, MissingPackageError
from emo_utils.faces.boxes import intersection_over_union
from emo_utils.faces.detector import detectors
from emo_utils.structures import Detections
from emo_utils.video import read_frames

COLUMNS = {
    "detector": "name in the registry",
    "frames": "number of frames analysed",
    "found_share": "share of these frames with at least one face",
    "faces_per_frame": "mean number of faces; a value above the number of people means false detections",
    "centre_jitter_percent": "see `box_jitter`",
    "side_jitter_percent": "see `box_jitter`",
    "ms_per_frame": "median time of `detect`, without decoding",
    "note": "why the detector could not run, or empty",
}
"""Columns of the table that `compare_detectors` returns."""


def compare_detectors(clip: Path | str, names: Iterable[str] | None = None, frames: int | None = None) -> pd.DataFrame:
    """Run a clip through detectors, one after another.

    Args:
        clip: a video with one face in the foreground.
        names: registered detectors; None uses all of them.
        frames: number of frames to analyse; None analyses the whole clip.

    Returns:
        One row per detector, with `COLUMNS`. A detector without its package or weights has NaN and a note.

    Raises:
        UnknownNameError: a name is not registered; lists the known names.
        VideoError: the clip cannot be read.
    """
    names = list(detectors) if names is None else list(names)
    for name in names:
        detectors.get(name)  # raises for a wrong name before the first detector runs, which may take minutes
    return pd.DataFrame([_measure(clip, name, frames) for name in names], columns=list(COLUMNS))


def _measure(clip: Path | str, name: str, frames: int | None) -> dict:
    try:
        detector = detectors.create(name)
    except (AssetError, MissingPackageError) as error:
        return {"detector": name, "note": str(error)}
    found, took_s = [], []
    try:
        for frame in islice(read_frames(clip), frames):
            start_s = time.perf_counter()
            found.append(detector.detect(frame.pixels))
            took_s.append(time.perf_counter() - start_s)
    finally:
        detector.close()
    centre, side = box_jitter(follow_one_face(found))
    return {
        "detector": name,
        "frames": len(found),
        "found_share": np.mean([len(faces) > 0 for faces in found]),
        "faces_per_frame": np.mean([len(faces) for faces in found]),
        "centre_jitter_percent": centre,
        "side_jitter_percent": side,
        "ms_per_frame": 1000 * np.median(took_s),
        "note": "",
    }


def follow_one_face(found: Iterable[Detections]) -> np.ndarray:
    """Boxes float64 (T, 4) of one face, NaN where it is not found.

    The first box is that of the largest face. Each next box is the one with the largest overlap with the last box.
    """
    rows, last = [], None
    for faces in found:
        if len(faces) == 0:
            rows.append(np.full(4, np.nan))
            continue
        overlap = np.zeros(len(faces)) if last is None else intersection_over_union(last[None], faces.boxes)[0]
        area = np.prod(faces.boxes[:, 2:] - faces.boxes[:, :2], axis=1)
        last = faces.boxes[overlap.argmax() if overlap.any() else area.argmax()]
        rows.append(last.astype(float))
    return np.array(rows).reshape(-1, 4)


def box_jitter(boxes: np.ndarray) -> tuple[float, float]:
    """Jitter of a box from frame to frame, without the slow motion of the face.

    Second differences remove the motion: x[t-1] - 2 x[t] + x[t+1] is zero at constant speed. They multiply the
    standard deviation of independent errors by sqrt(6). Division by sqrt(6) therefore gives the error of one frame.

    Args:
        boxes: float (T, 4), x1 y1 x2 y2 in pixels, NaN where there is no box.

    Returns:
        Mean absolute jitter of the box centre (a distance) and of the box side (the square root of its area), in
        percent of the mean side. NaN where no three successive frames have a box.
    """
    width, height = (boxes[:, 2:] - boxes[:, :2]).T
    side = np.sqrt(width * height)
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    if len(boxes) < 3 or not np.isfinite(np.diff(side, 2)).any():
        return float("nan"), float("nan")
    percent = 100 / np.nanmean(side) / np.sqrt(6)
    distance = np.hypot(*np.diff(centre, 2, axis=0).T)
    return float(np.nanmean(distance) * percent), float(np.nanmean(np.abs(np.diff(side, 2))) * percent)
