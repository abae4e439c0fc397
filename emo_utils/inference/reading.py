"""A clip in, all that is read of it out: timeline, motion curves, segments."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from emo_utils.inference.analyzer import Analyzer
from emo_utils.inference.apexes import apex_crops, read_apexes
from emo_utils.inference.segmenting import name_segments, with_strength
from emo_utils.motion.rules import COMBINED, MOTION_ALONE
from emo_utils.motion.segments_file import MarkedSegment, place_segments
from emo_utils.structures import Segment
from emo_utils.timeline import Timeline

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ClipReading:
    """One clip, read.

    Attributes:
        timeline: see there.
        motion: a DataFrame with `segmenting.MOTION_COLUMNS`; None where segments were not asked for.
        segments: in time order.
        keypoints: float (4, 2) of each segment's face in its apex frame; None where no motion was measured.
    """

    timeline: Timeline
    motion: "pd.DataFrame | None" = field(default=None, repr=False)
    segments: tuple[Segment, ...] = ()
    keypoints: tuple[np.ndarray | None, ...] = field(default=(), repr=False)


def read_clip(
    analyzer: Analyzer,
    clip: Path | str,
    on_frame: Callable[[int], None] | None = None,
    marked: Sequence[MarkedSegment] | None = None,
    marked_in: Path | str = "segments",
) -> ClipReading:
    """Read one clip.

    Args:
        analyzer: with its options.
        clip: the clip.
        on_frame: called with the number of frames done, for a progress bar.
        marked: segments marked by hand, used instead of those that are found; None: find them.
        marked_in: the file they are from, for messages.

    Raises:
        VideoError: the clip cannot be read.
        SegmentsError: a segment marked by hand does not fit the clip.
    """
    options = analyzer.options
    if not options.segments:
        return ClipReading(analyzer.analyze(clip, on_frame))
    timeline, motion = analyzer.follow(clip, on_frame)
    segments, table = motion.read(MOTION_ALONE if options.apex_only else COMBINED)
    if marked is not None:
        segments = with_strength(place_segments(marked, timeline, marked_in), table)
    keypoints = tuple(motion.keypoints_at(segment.track_id, segment.apex) for segment in segments)
    if options.apex_only:
        crops = list(apex_crops(clip, segments, keypoints, analyzer.weights.input_spec))
        read = [crop.segment for crop in crops], [crop.read for crop in crops]
        timeline = read_apexes(timeline, *read, analyzer.engine)
    segments = tuple(name_segments(segments, timeline))
    log.info("%s: %d segments, %s", Path(clip).name, len(segments), "found" if marked is None else "by hand")
    return ClipReading(timeline, table, segments, keypoints)
