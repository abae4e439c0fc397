"""Rules for finding segments, for comparison.

Their thresholds were chosen on synthetic clips of one seed; `benchmarks/segments.py` reports on another seed.
"""

from collections.abc import Sequence
from dataclasses import replace

from emo_utils.motion.apex import ApexOptions
from emo_utils.motion.curve import CurveOptions
from emo_utils.motion.segments import SegmentRule
from emo_utils.structures import Segment

COMBINED = SegmentRule()
"""Motion and probabilities: the default."""

MOTION_ALONE = SegmentRule(curve=CurveOptions(full_change=0.0), strength=0.45)
"""For traces without probabilities; on magnified motion too."""

PROBABILITY_ALONE = SegmentRule(
    curve=CurveOptions(motion=0.0), apex=ApexOptions(kinds=("probability",)), strength=0.2, motion=-1.0
)
"""Only the probabilities of each frame; motion is used only for the estimate of rest."""


def middle_frames(segments: Sequence[Segment]) -> list[Segment]:
    """The segments with the middle between onset and offset as apex: the baseline for apex rules."""
    return [replace(s, apex=(s.onset + s.offset) // 2, apex_s=(s.onset_s + s.offset_s) / 2) for s in segments]
