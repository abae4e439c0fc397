"""The same clip through several detectors, side by side: how often, how steadily and how fast each finds the face."""

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
    "detector": "its name in the registry",
    "frames": "looked at",
    "found_share": "of these frames, with at least one face",
    "faces_per_frame": "on average; more than the people in the picture means false finds",
    "centre_jitter_percent": "see `box_jitter`",
    "side_jitter_percent": "see `box_jitter`",
    "ms_per_frame": "median time of `detect`, decoding not counted",
    "note": "why the detector could not run, or empty",
}
"""Of the table `compare_detectors` returns."""


def compare_detectors(clip: Path | str, names: Iterable[str] | None = None, frames: int | None = None) -> pd.DataFrame:
    """Run a clip through detectors, one after another.

    Args:
        clip: a video with one face in the foreground.
        names: registered detectors; None takes them all.
        frames: stop after this many; None reads the whole clip.

    Returns:
        One row a detector, `COLUMNS`. A detector whose package or weights are absent has a row of NaN and a note.

    Raises:
        UnknownNameError: with the known names.
        VideoError: the clip cannot be read.
    """
    names = list(detectors) if names is None else list(names)
    for name in names:
        detectors.get(name)  # a wrong name is told before the first detector has run for minutes
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

    It begins as the largest face and goes on as the one that overlaps its last place most.
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
    """How much a box jitters from frame to frame, the face's own slow motion taken out.

    Taken out by second differences: x[t-1] - 2 x[t] + x[t+1] is zero for any steady motion. Divided by sqrt(6), which
    is what they multiply independent errors by, so that the figures read as the size of a single frame's error.

    Args:
        boxes: float (T, 4), x1 y1 x2 y2 in pixels, NaN where there is none.

    Returns:
        Mean absolute jitter of the box centre (its distance) and of the box side (square root of its area), in
        percent of the mean side; NaN where no three frames in a row have a box.
    """
    width, height = (boxes[:, 2:] - boxes[:, :2]).T
    side = np.sqrt(width * height)
    centre = (boxes[:, :2] + boxes[:, 2:]) / 2
    if len(boxes) < 3 or not np.isfinite(np.diff(side, 2)).any():
        return float("nan"), float("nan")
    percent = 100 / np.nanmean(side) / np.sqrt(6)
    away = np.hypot(*np.diff(centre, 2, axis=0).T)
    return float(np.nanmean(away) * percent), float(np.nanmean(np.abs(np.diff(side, 2))) * percent)
