"""Crops of the apex frames of a clip, for people and for a network that reads only apex frames."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from emo_utils.faces.crops import crop_face
from emo_utils.inference.engines import OnnxEngine
from emo_utils.inference.frame_sources import FrameSource, frame_source
from emo_utils.structures import InputSpec, Segment
from emo_utils.timeline import PREFIXES, Timeline

SHOWN = InputSpec(size=320, margin=0.45, colour="rgb")
"""Crop of apex pictures for people: the whole head, larger than the input of the network."""

OUTSIDE = 128
"""Gray level outside the frame in a picture for people; mirroring would show a face that was not filmed."""


@dataclass(frozen=True)
class ApexCrop:
    """The face at the apex of a segment.

    Attributes:
        segment: the segment.
        shown: uint8 (320, 320, 3) RGB, for people.
        network_crop: uint8, as the input spec of the network requires.
    """

    segment: Segment
    shown: np.ndarray = field(repr=False)
    network_crop: np.ndarray = field(repr=False)


def apex_crops(
    source: FrameSource | Path | str,
    segments: Sequence[Segment],
    keypoints: Sequence[np.ndarray | None],
    spec: InputSpec,
) -> Iterator[ApexCrop]:
    """Crop the apexes from the original frames, in order of time; only the pixels of these frames are converted.

    Args:
        source: the clip; it is opened again.
        segments: of the clip.
        keypoints: float (4, 2) of the face at the apex of each segment; segments with None are left out.
        spec: of the crop for the network.
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


def predict_apexes(
    source: FrameSource, segments: Sequence[Segment], keypoints: Sequence[np.ndarray | None], engine: OnnxEngine
) -> list[np.ndarray | None]:
    """Probabilities float32 (C,) of the apex crop of each segment; None for a segment without keypoints."""
    crops = list(apex_crops(source, segments, keypoints, engine.weights.input_spec))
    predictions = engine.predict(np.stack([crop.network_crop for crop in crops])) if crops else []
    return in_order_of(segments, [crop.segment for crop in crops], predictions)


def in_order_of(
    segments: Sequence[Segment], read: Sequence[Segment], predictions: Iterable[np.ndarray]
) -> list[np.ndarray | None]:
    """The prediction of each segment, None for one that was not read."""
    found = dict(zip(read, predictions, strict=True))
    return [found.get(segment) for segment in segments]


def fill_apexes(
    timeline: Timeline, segments: Sequence[Segment], predictions: Sequence[np.ndarray | None], uncertain_below: float
) -> Timeline:
    """Fill a timeline without predictions with the predictions for the apex crops.

    The apex frame gets the probabilities. Every frame of the segment gets them as smoothed probabilities, and the same
    emotion. All other frames stay empty.

    Args:
        timeline: with empty emotions.
        segments: of the clip.
        predictions: probabilities (C,) of each segment; None for one that was not read.
        uncertain_below: the top probability under which a segment is `uncertain`.
    """
    table, classes = timeline.table.copy(), timeline.classes
    raw, smoothed = ([f"{prefix}{name}" for name in classes] for prefix in PREFIXES[:2])
    for segment, row in zip(segments, predictions, strict=True):
        if row is None:
            continue
        own = (table["person_id"] == segment.person_id).fillna(False)
        inside = own & table["frame_index"].between(segment.onset, segment.offset)
        apex = own & (table["frame_index"] == segment.apex)
        emotion, confidence = classes[int(row.argmax())], float(row.max())
        table.loc[apex, raw] = table.loc[inside, smoothed] = row.astype(float)
        for rows, prefix in ((apex, ""), (inside, "smoothed_")):
            table.loc[rows, f"{prefix}emotion"] = emotion
            table.loc[rows, f"{prefix}confidence"] = confidence
        if confidence < uncertain_below:
            table.loc[inside, "status"] = "uncertain"
    return replace(timeline, table=table)
