"""A clip in a few numbers: what `summary.json` holds."""

import numpy as np

from emo_utils.timeline import VERSION, Timeline


def summarise(timeline: Timeline) -> dict:
    """Per person: share of time per expression, the dominant one, changes, confidence, and how much was seen.

    Shares are of the time in which the person is on screen, after smoothing. Uncertain rows count for what they are
    named; `uncertain_share` says how many they are.
    """
    table = timeline.table
    frames = table.drop_duplicates("frame_index")
    duration = durations_s(frames["time_s"].to_numpy())
    seconds = dict(zip(frames["frame_index"], duration, strict=True))
    return {
        "contract": VERSION,
        "frames": len(frames),
        "duration_s": round(float(duration.sum()), 3),
        "frames_with_faces": int(timeline.faces["frame_index"].nunique()),
        "people": [_person(timeline, person, seconds) for person in timeline.people],
    }


def durations_s(times_s: np.ndarray) -> np.ndarray:
    """How long each frame is on screen, in seconds; the last one as long as the median."""
    if len(times_s) < 2:
        return np.zeros(len(times_s))
    steps = np.diff(times_s)
    return np.append(steps, np.median(steps))


def _person(timeline: Timeline, person: int, seconds: dict[int, float]) -> dict:
    rows = timeline.faces[timeline.faces["person_id"] == person]
    weight = rows["frame_index"].map(seconds)
    by_emotion = weight.groupby(rows["smoothed_emotion"]).sum()
    shares = (by_emotion / max(weight.sum(), 1e-9)).reindex(timeline.classes, fill_value=0.0)
    named = rows["smoothed_emotion"]
    return {
        "person_id": person,
        "tracks": [int(track) for track in rows["track_id"].drop_duplicates()],
        "from_s": round(float(rows["time_s"].min()), 3),
        "to_s": round(float(rows["time_s"].max()), 3),
        "seen_s": round(float(weight.sum()), 3),
        "dominant_emotion": str(shares.idxmax()),
        "share_of_time": {name: round(float(share), 4) for name, share in shares.items()},
        "changes": int((named != named.shift()).sum() - 1),
        "mean_confidence": round(float(rows["smoothed_confidence"].mean()), 4),
        "uncertain_share": round(float((rows["status"] == "uncertain").mean()), 4),
        "mean_detection_confidence": round(float(rows["detection_confidence"].mean()), 4),
    }
