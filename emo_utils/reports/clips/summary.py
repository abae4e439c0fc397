"""The summary of a clip: the content of `summary.json`."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from emo_utils.inference.baseline_timeline import as_written
from emo_utils.measures.measure import person_numbers
from emo_utils.reports.clips.segment_notes import segments_note
from emo_utils.reports.clips.writer import ClipResults
from emo_utils.structures import Segment
from emo_utils.timeline import VERSION, Timeline

if TYPE_CHECKING:
    import pandas as pd


def summarise(timeline: Timeline, segments: Sequence[Segment] | None = None) -> dict:
    """Summarise each person: shares of time per emotion, dominant emotion, changes, confidence, time seen, segments.

    Shares are of the time in which the person is on screen, after smoothing. Uncertain rows count for their most
    probable emotion; `uncertain_share` gives their share. With predictions only for apex frames, shares cover only the
    segments, and add up to less than one. Measures add numbers of their own, see `Measure.summary`.

    Args:
        timeline: of the clip.
        segments: of the clip; None: segments were not requested and are left out.
    """
    seconds = _seconds(timeline)
    return {
        "contract": VERSION,
        **timeline.provenance.summary(),
        "frames": len(seconds),
        "duration_s": round(float(np.sum(list(seconds.values()))), 3),
        "frames_with_faces": int(timeline.faces["frame_index"].nunique()),
        "people": [
            _person(timeline, person, seconds) | ({} if segments is None else _segments(segments, person, timeline))
            for person in timeline.people
        ],
    }


def summary_of(results: ClipResults) -> dict:
    """The content of `summary.json`: how the clip was analysed, and the result of `summarise`."""
    result = results.result
    segments = result.segments if result.motion is not None else None
    summary = {"clip": results.name, **results.about, **summarise(result.timeline, segments)}
    baseline = results.about.get("baseline")
    return summary_with_baseline(summary, result.timeline, baseline) if baseline else summary


def summary_with_baseline(summary: Mapping[str, Any], timeline: Timeline, baseline: Mapping[str, Any]) -> dict:
    """A summary with what was taken off (`baseline`), and of each person the shares of time without it.

    Args:
        summary: as it is without a baseline, or with an earlier one.
        timeline: with the baseline columns.
        baseline: of `inference.clip_baseline.ClipBaseline.plain`.
    """
    seconds = _seconds(timeline, as_written)
    people = [
        {**person, "baseline": _without_baseline(timeline, person["person_id"], seconds)}
        for person in summary["people"]
    ]
    subject = {"subject": baseline["subject"]} if "subject" in baseline else {}
    return {**summary, "baseline": dict(baseline), "people": people, **subject}


def _without_baseline(timeline: Timeline, person: int, seconds: dict[int, float]) -> dict | None:
    rows = timeline.person(person)
    if rows["baseline_emotion"].isna().all():
        return None
    shares = _shares(rows, "baseline_emotion", seconds, timeline.classes)
    return {
        "dominant_emotion": str(shares.idxmax()),
        "share_of_time": {name: round(float(share), 4) for name, share in shares.items()},
        "mean_confidence": round(float(rows["baseline_confidence"].mean()), 4),
    }


def people_table(summary: Mapping[str, Any]) -> "pd.DataFrame":
    """A row per person of a summary: numbers, `share_<emotion>` of time, and the number of segments."""
    import pandas as pd

    rows = []
    for person in summary["people"]:
        row = {name: value for name, value in person.items() if not isinstance(value, dict | list)}
        row |= {f"share_{name}": share for name, share in person["share_of_time"].items()}
        if "segments" in person:
            row["segments"] = person["segments"]["count"]
        rows.append(row)
    names = ["person_id", "from_s", "to_s", "seen_s", "dominant_emotion"]
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=names)


def _seconds(timeline: Timeline, rounded: Callable[[np.ndarray], np.ndarray] = np.asarray) -> dict[int, float]:
    """The duration of each frame, from rounded times."""
    frames = timeline.frames
    return dict(zip(frames["frame_index"], durations_s(rounded(frames["time_s"].to_numpy())), strict=True))


def _shares(rows: "pd.DataFrame", column: str, seconds: dict[int, float], classes: Sequence[str]) -> "pd.Series":
    """The share of time of each emotion in a column of one person's rows."""
    weight = rows["frame_index"].map(seconds)
    counted = weight if weight.sum() else weight + 1.0  # a single picture has no duration
    return (counted.groupby(rows[column]).sum() / max(counted.sum(), 1e-9)).reindex(classes, fill_value=0.0)


def durations_s(times_s: np.ndarray) -> np.ndarray:
    """Duration of each frame in seconds; the last one gets the median."""
    if len(times_s) < 2:
        return np.zeros(len(times_s))
    steps = np.diff(times_s)
    return np.append(steps, np.median(steps))


def _person(timeline: Timeline, person: int, seconds: dict[int, float]) -> dict:
    rows = timeline.person(person)
    weight = rows["frame_index"].map(seconds)
    shares = _shares(rows, "smoothed_emotion", seconds, timeline.classes)
    named = rows["smoothed_emotion"].dropna()
    return {
        "person_id": person,
        "tracks": [int(track) for track in rows["track_id"].drop_duplicates()],
        "from_s": round(float(rows["time_s"].min()), 3),
        "to_s": round(float(rows["time_s"].max()), 3),
        "seen_s": round(float(weight.sum()), 3),
        "dominant_emotion": str(shares.idxmax()) if len(named) else None,
        "share_of_time": {name: round(float(share), 4) for name, share in shares.items()},
        "changes": max(0, int((named != named.shift()).sum() - 1)),
        "mean_confidence": round(float(rows["smoothed_confidence"].mean()), 4) if len(named) else None,
        "uncertain_share": round(float((rows["status"] == "uncertain").mean()), 4),
        "mean_detection_confidence": round(float(rows["detection_confidence"].mean()), 4),
        **person_numbers(rows),
    }


def _segments(segments: Sequence[Segment], person: int, timeline: Timeline) -> dict:
    """The segments of one person: count, emotions, mean duration and rise, what limits them, and each segment."""
    own = sorted((segment for segment in segments if segment.person_id == person), key=lambda s: s.onset)
    rises = [segment.apex_s - segment.onset_s for segment in own]
    strongest = max(own, key=lambda segment: np.nan_to_num(segment.strength), default=None)
    report = {
        "count": len(own),
        "emotions": dict(Counter(segment.emotion or "not read" for segment in own)),
        "mean_duration_s": _mean([segment.duration_s for segment in own]),
        "mean_rise_s": _mean(rises),
        "mean_strength": _mean([segment.strength for segment in own]),
        "strongest_apex_s": round(strongest.apex_s, 3) if strongest else None,
        "cut_off": sum(segment.cut_start or segment.cut_end for segment in own),
        "note": segments_note(timeline, person, [vars(segment) for segment in own]) or None,
        "sustained": next((segment.emotion for segment in own if segment.sustained), None),
        "each": [_one(segment) for segment in own],
    }
    return {"segments": report}


def _one(segment: Segment) -> dict:
    seconds = {name: round(getattr(segment, name), 3) for name in ("onset_s", "apex_s", "offset_s")}
    emotions = {"emotion": segment.emotion or None, "pooled_emotion": segment.pooled_emotion or None}
    flags = {name: getattr(segment, name) for name in ("cut_start", "cut_end", "sustained")}
    return {**seconds, **emotions, "strength": _mean([segment.strength]), **flags}


def _mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 3) if len(values) and np.isfinite(values).all() else None
