"""Pictures of the apexes: the face at the greatest strength of each expression."""

from collections import Counter
from pathlib import Path

import cv2

from emo_utils.inference.apexes import apex_crops
from emo_utils.inference.pipeline import PipelineResult
from emo_utils.reports.clips.writer import PICTURES, ClipResults, writer
from emo_utils.structures import InputSpec

FEWEST_DIGITS = 2


@writer(
    "apex",
    {"apex/<person>_<n>.png": "the face at the apex of each person's n-th segment, counted from 1"},
    PICTURES,
    needs_source=True,
    needs_motion=True,
)
def write_apexes(results: ClipResults, folder: Path, on_frame=None) -> None:
    """Write `apex/<person>_<n>.png`; a clip without segments gets no folder."""
    from emo_utils.reports.clips.documents.content import jpeg_of, shown_apexes

    result = results.result
    names, in_report = apex_names(result), {(one.person_id, one.apex) for one, _ in shown_apexes(results)}
    for crop in apex_crops(results.source, result.segments, result.keypoints, InputSpec()):
        key = crop.segment.person_id, crop.segment.apex
        if key in in_report:
            results.apex_jpegs[key] = jpeg_of(crop.shown)
        path = folder / "apex" / names[key]
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(cv2.imencode(".png", cv2.cvtColor(crop.shown, cv2.COLOR_RGB2BGR))[1].tobytes())


def apex_names(result: PipelineResult) -> dict[tuple[int, int], str]:
    """File names of the apex pictures by person and apex frame."""
    counts: Counter[int] = Counter()
    names = {}
    for segment in result.segments:
        counts[segment.person_id] += 1
        number = str(counts[segment.person_id]).zfill(FEWEST_DIGITS)
        names[segment.person_id, segment.apex] = f"{segment.person_id}_{number}.png"
    return names
