"""The apex frames of a clip, read a second time: crops to look at, and crops for a network that reads nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from emo_utils.faces.crops import crop_face
from emo_utils.inference.engines import OnnxEngine
from emo_utils.inference.frame_sources import FrameSource, frame_source
from emo_utils.structures import InputSpec, Segment
from emo_utils.timeline import PREFIXES, Timeline

SHOWN = InputSpec(size=320, margin=0.45, colour="rgb")
"""Apex pictures for people: the whole head, larger than the network needs it."""

OUTSIDE = 128
"""Gray of what lies outside the frame in a picture for people, which must not show a face that was never filmed."""


@dataclass(frozen=True)
class ApexCrop:
    """The face at the apex of a segment: uint8 (320, 320, 3) RGB to look at, and as the network's input spec says."""

    segment: Segment
    shown: np.ndarray = field(repr=False)
    read: np.ndarray = field(repr=False)


def apex_crops(
    source: FrameSource | Path | str,
    segments: Sequence[Segment],
    keypoints: Sequence[np.ndarray | None],
    spec: InputSpec,
) -> Iterator[ApexCrop]:
    """Cut the apexes out of the original frames, in order of their frames; only these frames' pixels are made.

    Args:
        source: the clip; it is opened anew.
        segments: of it.
        keypoints: float (4, 2) of the face at each one's apex; those of None are left out.
        spec: of the crop that a network reads.
    """
    wanted: dict[int, list[tuple[Segment, np.ndarray]]] = {}
    for segment, points in zip(segments, keypoints, strict=True):
        if points is not None:
            wanted.setdefault(segment.apex, []).append((segment, points))
    if not wanted:
        return
    last = max(wanted)
    for picture in frame_source(source).pictures():
        own = wanted.get(picture.index, ())
        pixels = picture.load() if own else None
        for segment, points in own:
            yield ApexCrop(segment, crop_face(pixels, points, SHOWN, OUTSIDE), crop_face(pixels, points, spec))
        if picture.index >= last:
            return


def read_apexes(
    timeline: Timeline, segments: Sequence[Segment], crops: Sequence[np.ndarray], engine: OnnxEngine
) -> Timeline:
    """A timeline whose faces were not read, with what the network reads in the apex crops alone.

    The apex frame gets its probabilities; every frame of the segment gets them as its smoothed ones, and is named by
    them. The rest stays empty.

    Args:
        timeline: with empty emotions.
        segments: whose apexes were cut out.
        crops: uint8 (S, S) each, in the same order.
        engine: reads them.
    """
    table, classes = timeline.table.copy(), timeline.classes
    alone, smoothed = ([f"{prefix}{name}" for name in classes] for prefix in PREFIXES)
    read = engine.predict(np.stack(crops)) if crops else []
    for segment, row in zip(segments, read, strict=True):
        own = (table["person_id"] == segment.person_id).fillna(False)
        inside = own & table["frame_index"].between(segment.onset, segment.offset)
        apex = own & (table["frame_index"] == segment.apex)
        emotion, confidence = classes[int(row.argmax())], float(row.max())
        table.loc[apex, alone] = table.loc[inside, smoothed] = row.astype(float)
        for rows, prefix in ((apex, ""), (inside, "smoothed_")):
            table.loc[rows, f"{prefix}emotion"] = emotion
            table.loc[rows, f"{prefix}confidence"] = confidence
        if confidence < engine.uncertain_below:
            table.loc[inside, "status"] = "uncertain"
    return replace(timeline, table=table)
