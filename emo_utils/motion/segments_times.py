"""Convert times marked in an annotation tool, which knows milliseconds, to frames of the clip."""

import numpy as np

from emo_utils.timeline import Timeline

NEUTRAL = "neutral"


def frames_of_seconds(
    seconds: tuple[float, float | None, float], person_id: int, timeline: Timeline
) -> tuple[int, int, int] | None:
    """Onset, apex and offset of a segment in frames; None where no frame lies between start and end.

    Args:
        seconds: start, apex or None, and end. A frame belongs to the segment if at least half of it does. Without
            an apex it is the frame of the person with the highest smoothed probability of an expression.
        person_id: the person.
        timeline: of the clip.
    """
    start, apex, end = seconds
    frames = timeline.frames
    index, times = frames["frame_index"].to_numpy(int), frames["time_s"].to_numpy(float)
    half = float(np.median(np.diff(times))) / 2 if len(times) > 1 else 0.0
    inside = np.flatnonzero((times >= start - half) & (times <= end - half + 1e-6))
    if not len(inside):
        return None
    onset, offset = int(index[inside[0]]), int(index[inside[-1]])
    if apex is not None:
        return onset, int(index[inside[np.abs(times[inside] - apex).argmin()]]), offset
    return onset, _likeliest(timeline, person_id, onset, offset), offset


def _likeliest(timeline: Timeline, person_id: int, onset: int, offset: int) -> int:
    rows = timeline.person(person_id)
    rows = rows[rows["frame_index"].between(onset, offset)]
    expressions = rows[[f"smoothed_p_{name}" for name in timeline.classes if name != NEUTRAL]].max(axis=1)
    if expressions.notna().any():
        return int(rows["frame_index"].loc[expressions.idxmax()])
    return int(rows["frame_index"].iloc[len(rows) // 2]) if len(rows) else (onset + offset) // 2
