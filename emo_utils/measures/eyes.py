"""Eye openness, gaze relative to the head, and blinks.

The openness is the eye aspect ratio, the mean of both eyes: T. Soukupova, J. Cech, "Real-Time Eye Blink Detection using
Facial Landmarks", CVWW 2016. It depends on the person and falls when the head nods, so it is compared within a person.
The gaze is the difference of MediaPipe's blendshapes for looking out, in, up and down. It is not calibrated to degrees.
"""

from typing import TYPE_CHECKING

import numpy as np

from emo_utils.faces.landmarks import BLENDSHAPES
from emo_utils.measures.blinks import enough_frames, find_blinks
from emo_utils.measures.landmarks import check_landmarker, landmarks_of
from emo_utils.measures.measure import Column, FaceView, Measure, measures

if TYPE_CHECKING:
    import pandas as pd

CORNERS_AND_LIDS = ((33, 160, 158, 133, 153, 144), (362, 385, 387, 263, 373, 380))
"""Points of the face mesh for each eye: corner, two of the upper lid, corner, two of the lower lid."""

COLUMNS = {
    "eye_openness": Column("height of the eyes relative to their width (eye aspect ratio), mean of both", "none", 0),
    "gaze_right": Column("gaze relative to the head; positive to the right of the picture", "none", -1, 1),
    "gaze_up": Column("gaze relative to the head; positive upwards", "none", -1, 1),
}

SUMMARY = {
    "blinks": Column("number of blinks; see `measures.blinks`. Empty below 15 frames a second", "none", 0),
    "blinks_per_minute": Column("blinks per minute in which the eyes were measured", "per minute", 0),
}

SECONDS_PER_MINUTE = 60
LONGEST_GAP_S = 0.3


@measures.register("eyes")
def make_eyes() -> Measure:
    """Three columns, `eye_openness`, `gaze_right`, `gaze_up`; blinks in the summary."""
    return Measure("eyes", COLUMNS, of_face=eyes, load=check_landmarker, summary=SUMMARY, of_person=blink_numbers)


def eyes(face: FaceView) -> tuple[float, float, float]:
    """Openness and gaze of one face; NaN where no landmarks are found."""
    found = landmarks_of(face)
    if found is None:
        return (np.nan,) * 3
    openness = float(np.mean([aspect_ratio(found.points[list(eye)]) for eye in CORNERS_AND_LIDS]))
    return openness, *gaze(found.blendshapes)


def aspect_ratio(points: np.ndarray) -> float:
    """Eye aspect ratio of the six points (6, 2) of an eye, in the order of `CORNERS_AND_LIDS`."""
    corner, upper, upper_2, other, lower_2, lower = points
    height = np.hypot(*(upper - lower)) + np.hypot(*(upper_2 - lower_2))
    return float(height / max(2 * np.hypot(*(corner - other)), 1e-9))


def gaze(blendshapes: np.ndarray) -> tuple[float, float]:
    """Gaze to the right of the picture and upwards, of blendshapes (52,)."""
    value = dict(zip(BLENDSHAPES, blendshapes.tolist(), strict=True))
    left = value["eyeLookOutLeft"] + value["eyeLookInRight"]  # the person's left is the right of the picture
    right = value["eyeLookInLeft"] + value["eyeLookOutRight"]
    up = value["eyeLookUpLeft"] + value["eyeLookUpRight"]
    down = value["eyeLookDownLeft"] + value["eyeLookDownRight"]
    return (left - right) / 2, (up - down) / 2


def blink_numbers(rows: "pd.DataFrame") -> tuple[int | None, float | None]:
    """Blinks and blinks per minute of one person's rows; None with too few frames a second, or none measured."""
    count, seconds, enough = 0, 0.0, False
    for track in _pieces(rows.dropna(subset=["eye_openness"])):
        times_s = track["time_s"].to_numpy(float)
        if enough_frames(times_s):
            enough = True
            count += len(find_blinks(times_s, track["eye_openness"].to_numpy(float)))
            seconds += times_s[-1] - times_s[0]
    if not enough or seconds <= 0:
        return None, None
    return count, round(count / seconds * SECONDS_PER_MINUTE, 2)


def _pieces(rows: "pd.DataFrame"):
    """The rows of each track, split at gaps."""
    for _, track in rows.groupby("track_id"):
        yield from (piece for _, piece in track.groupby((track["time_s"].diff() > LONGEST_GAP_S).cumsum()))
