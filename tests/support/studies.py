"""Finished folders with known timelines: what the tables of a run are made from, without reading a video."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from emo_utils.hashing import sha256_of_file
from emo_utils.motion.segments_file import write_segments
from emo_utils.results_folder import Listing
from emo_utils.structures import Segment
from emo_utils.timeline import Timeline, columns

CLASSES = ("anger", "happiness", "neutral")


def known_timeline(
    people: Mapping[int, Sequence[str]], fps: float = 10.0, measures: Mapping[str, Sequence[float]] | None = None
) -> Timeline:
    """A timeline in which each person shows one emotion a frame, with probability 0.8; "" is a frame without them."""
    rows = []
    for index in range(max(map(len, people.values()), default=0)):
        seen = {person: shown[index] for person, shown in people.items() if index < len(shown) and shown[index]}
        for person, shown in seen.items():
            p = {name: 0.8 if name == shown else 0.1 for name in CLASSES}
            rows.append(
                {
                    "frame_index": index, "time_s": index / fps, "track_id": person, "person_id": person,
                    "status": "ok", "x1": 1.0, "y1": 1.0, "x2": 9.0, "y2": 9.0, "detection_confidence": 0.9,
                    "emotion": shown, "confidence": 0.8, "smoothed_emotion": shown, "smoothed_confidence": 0.8,
                    **{f"p_{name}": value for name, value in p.items()},
                    **{f"smoothed_p_{name}": value for name, value in p.items()},
                    **{name: values[index] for name, values in (measures or {}).items()},
                }
            )  # fmt: skip
        if not seen:
            rows.append({"frame_index": index, "time_s": index / fps, "status": "no_face"})
    table = pd.DataFrame(rows).reindex(columns=[*columns(CLASSES), *(measures or {})])
    return Timeline(table.astype({"track_id": "Int64", "person_id": "Int64"}), CLASSES)


def write_finished(
    out: Path, clip: str, timeline: Timeline, segments: Sequence[Segment] | None = (), **summary: object
) -> Path:
    """Write the folder that `emo analyze` would have written for a clip; returns it."""
    folder = out / Path(clip).stem
    folder.mkdir(parents=True)
    timeline.save_csv(folder / "timeline.csv")
    if segments is not None:
        write_segments(segments, clip, folder / "segments.csv")
    (folder / "summary.json").write_text(json.dumps({"clip": clip, **summary}))
    files = {path.name: [sha256_of_file(path)] for path in folder.iterdir()}
    Listing(None, "request", files=files, outcome={"summary": {"clip": clip, **summary}}).write(folder)
    return folder


def known_segment(person: int, onset: int, apex: int, offset: int, emotion: str, fps: float = 10.0, **flags) -> Segment:
    """A segment with its times."""
    times = (onset / fps, apex / fps, offset / fps)
    return Segment(person, person, onset, apex, offset, *times, 1.0, emotion, 0.8, emotion, 0.7, **flags)
