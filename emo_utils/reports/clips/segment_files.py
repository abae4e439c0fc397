"""Segments as files: `segments.csv`, `motion.csv` and the apex pictures."""

from collections import Counter
from pathlib import Path

import cv2

from emo_utils.inference.apexes import apex_crops
from emo_utils.inference.reading import ClipReading
from emo_utils.motion.segments_file import write_segments
from emo_utils.structures import InputSpec

FEWEST_DIGITS = 2


def save_segments(reading: ClipReading, clip: Path, folder: Path) -> None:
    """Write `segments.csv`, `motion.csv` and `apex/<person>_<n>.png`, n counting each person's segments from 1."""
    write_segments(reading.segments, clip.name, folder / "segments.csv")
    reading.motion.to_csv(folder / "motion.csv", index=False, float_format="%.5g", lineterminator="\n")
    names = apex_names(reading)
    for crop in apex_crops(clip, reading.segments, reading.keypoints, InputSpec()):
        path = folder / "apex" / names[crop.segment.person_id, crop.segment.apex]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(cv2.imencode(".png", cv2.cvtColor(crop.shown, cv2.COLOR_RGB2BGR))[1].tobytes())


def apex_names(reading: ClipReading) -> dict[tuple[int, int], str]:
    """File names of the apex pictures by person and apex frame."""
    counts: Counter[int] = Counter()
    names = {}
    for segment in reading.segments:
        counts[segment.person_id] += 1
        number = str(counts[segment.person_id]).zfill(FEWEST_DIGITS)
        names[segment.person_id, segment.apex] = f"{segment.person_id}_{number}.png"
    return names
