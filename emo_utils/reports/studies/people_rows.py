"""Rows of `people.csv` and `people_long.csv`: each person of a clip in numbers."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from emo_utils.measures.measure import person_numbers
from emo_utils.reports.clips.segment_notes import segments_note
from emo_utils.reports.studies.finished import FinishedClip, weighted_mean

Row = dict[str, Any]


def people_rows(clip: FinishedClip) -> Iterator[Row]:
    """A row for each person of a clip, in order of appearance; see `variables.people_variables`."""
    clip_s = sum(clip.seconds.values())
    for person in clip.timeline.people:
        rows = clip.timeline.person(person)
        weight = rows["frame_index"].map(clip.seconds).to_numpy(float)
        seen_s = float(weight.sum())
        named = rows["smoothed_emotion"].dropna()
        changes = max(0, int((named != named.shift()).sum()) - 1)
        yield {
            "clip": clip.name,
            "subject": clip.subject_of(person),
            "person_id": person,
            "folder": clip.folder.name,
            "clip_s": clip_s,
            "from_s": float(rows["time_s"].min()),
            "to_s": float(rows["time_s"].max()),
            "seen_s": seen_s,
            "seen_share": seen_s / clip_s if clip_s else 1.0,
            "frames": len(rows),
            **shares_of(rows, weight, clip.timeline.classes),
            "changes": changes,
            "changes_per_min": 60 * changes / seen_s if seen_s else np.nan,
            "mean_confidence": float(rows["smoothed_confidence"].mean()) if len(named) else np.nan,
            "uncertain_share": float((rows["status"] == "uncertain").mean()),
            "low_quality_share": float((rows["status"] == "low_quality").mean()),
            "mean_detection_confidence": float(rows["detection_confidence"].mean()),
            **means_of(clip, rows, weight),
            **_numbers_of_measures(rows),
            "baseline": clip.baseline,
            **_baseline(clip, rows, weight),
            **_segments(clip, person),
        }


def long_rows(people: Iterable[Row], classes: Sequence[str]) -> Iterator[Row]:
    """A row for each emotion of each row of `people_rows`; see `variables.LONG`."""
    for row in people:
        shared = {name: row[name] for name in ("clip", "subject", "person_id", "seen_s")}
        for name in classes:
            yield {
                **shared,
                "emotion": name,
                "share": row[f"share_{name}"],
                "mean_probability": row[f"mean_{name}"],
                "segments": row.get(f"segments_{name}", np.nan),
                "dominant": int(row["dominant_emotion"] == name),
            }


def shares_of(rows: pd.DataFrame, weight: np.ndarray, classes: tuple[str, ...], named: str = "smoothed_emotion") -> Row:
    """`dominant_emotion` and `share_<emotion>` of time; empty where no frame has an emotion."""
    counted = weight if weight.sum() > 0 else np.ones(len(rows))
    by_emotion = pd.Series(counted).groupby(rows[named].to_numpy()).sum()
    shares = (by_emotion / max(counted.sum(), 1e-9)).reindex(list(classes), fill_value=0.0)
    dominant = str(shares.idxmax()) if len(rows) and shares.max() > 0 else ""
    return {"dominant_emotion": dominant, **{f"share_{name}": float(shares[name]) for name in classes}}


def means_of(clip: FinishedClip, rows: pd.DataFrame, weight: np.ndarray) -> Row:
    """`mean_<emotion>` and `mean_<measure>`, weighted by the durations of the frames."""
    names = {name: f"p_{name}" for name in clip.timeline.classes} | {name: name for name in clip.timeline.measures}
    return {
        f"mean_{name}": weighted_mean(pd.to_numeric(rows[column], errors="coerce").to_numpy(float), weight)
        for name, column in names.items()
    }


def baseline_means(clip: FinishedClip, rows: pd.DataFrame, weight: np.ndarray) -> Row:
    """`mean_b_<emotion>`; nothing where no baseline was taken off."""
    if not clip.has_baseline:
        return {}
    return {
        f"mean_b_{name}": weighted_mean(rows[f"b_{name}"].to_numpy(float), weight) for name in clip.timeline.classes
    }


def _numbers_of_measures(rows: pd.DataFrame) -> Row:
    """What measures count per person, such as blinks; their means are in `means_of`."""
    found = person_numbers(rows).items()
    return {name: np.nan if value is None else value for name, value in found if not name.startswith("mean_")}


def _baseline(clip: FinishedClip, rows: pd.DataFrame, weight: np.ndarray) -> Row:
    if not clip.has_baseline:
        return {}
    shares = shares_of(rows, weight, clip.timeline.classes, "baseline_emotion")
    return {f"b_{name}": value for name, value in shares.items()} | baseline_means(clip, rows, weight)


def _segments(clip: FinishedClip, person: int) -> Row:
    if clip.segments is None:
        return {}
    own = clip.segments[clip.segments["person_id"] == person]
    whole = own[(own["cut_start"] == 0) & (own["cut_end"] == 0)]
    begun = own[own["cut_start"] == 0]
    counts = own["emotion"].value_counts()
    return {
        "segments": len(own),
        **{f"segments_{name}": int(counts.get(name, 0)) for name in clip.timeline.classes if name != "neutral"},
        "segments_cut": int(((own["cut_start"] == 1) | (own["cut_end"] == 1)).sum()),
        "mean_rise_s": float((begun["apex_s"] - begun["onset_s"]).mean()),
        "mean_segment_s": float((whole["offset_s"] - whole["onset_s"]).mean()),
        "mean_strength": float(own["strength"].mean()),
        "segments_note": segments_note(clip.timeline, person, own.to_dict("records")),
    }
