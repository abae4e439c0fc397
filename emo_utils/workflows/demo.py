"""The demo: make the sample clip and analyse it."""

import tempfile
from pathlib import Path

from emo_utils.datasets.corpora.sample import make_sample_clip
from emo_utils.workflows.analyze import analyze_clip
from emo_utils.workflows.analyzer import Analyzer
from emo_utils.workflows.clip_results import ClipResult


def run_demo(out: Path) -> list[ClipResult]:
    """Make the synthetic sample clip and analyse it into `out`; results of an earlier demo are replaced."""
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "sample.mp4"
        make_sample_clip(clip)
        return [analyze_clip(clip, out, Analyzer())]
