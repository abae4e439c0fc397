"""Compare found segments with coding tables: apex errors, and spotting scores."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from emo_utils.datasets.coding_tables import CodedExpression, read_codes
from emo_utils.errors import CorpusError
from emo_utils.inference.frame_sources import file_source
from emo_utils.inference.options import AnalysisOptions
from emo_utils.motion.scoring import SegmentScore, score_scales
from emo_utils.workflows.analyzer import Analyzer
from emo_utils.workflows.clip_search import find_clips

USUAL_FPS = 25.0


def apex_errors(table: pd.DataFrame, codes: Sequence[CodedExpression]) -> pd.DataFrame:
    """Rows of `find_apexes` whose clips are coded once: `clip`, `apex`, `coded_apex` (from the onset), `error_frames`.

    Raises:
        CorpusError: no clip of the table is coded.
    """
    rows = []
    for row in table.itertuples():
        own = coded_of(Path(row.clip).stem, codes)
        if len(own) == 1 and own[0].apex is not None:
            coded = own[0].from_zero()[1]
            rows.append((row.clip, row.apex, coded, row.apex - coded))
    if not rows:
        raise CorpusError(f"none of {len(table)} clips is coded once and with an apex; the table's clips are named "
                          f"like {codes[0].clip!r}, these like {table['clip'].iloc[0]!r}")  # fmt: skip
    return pd.DataFrame(rows, columns=["clip", "apex", "coded_apex", "error_frames"])


def coded_of(stem: str, codes: Sequence[CodedExpression]) -> list[CodedExpression]:
    """The rows of a clip; its name may have the person as a prefix (`sub01_EP02_01f`, `15_0101disgusting`)."""
    return [code for code in codes if stem == Path(code.clip).stem or stem.endswith("_" + Path(code.clip).stem)]


def spot(
    inputs: Sequence[Path | str], codes: Path | str, options: AnalysisOptions, *, progress: bool = True
) -> dict[str, dict[str, Any]]:
    """Find the expressions of long clips and score them against a coding table by the MEGC spotting protocol.

    Args:
        inputs: video files and folders of them; frame numbers of the table count from the start of the file.
        codes: the coding table.
        options: of the analysis; `expressions="both"` looks for both scales.
        progress: show progress bars on standard error.

    Returns:
        `macro`, `micro` and `overall`: precision, recall and F1 at an overlap of one half, and the counts.

    Raises:
        CorpusError: the table is wrong, or names none of the clips.
        VideoError: a clip cannot be read.
    """
    rows, analyzer = read_codes(codes), Analyzer(options=options)
    clips = [(clip, own) for clip in find_clips(inputs, recursive=True).clips if (own := coded_of(clip.stem, rows))]
    if not clips:
        raise CorpusError(f"{codes}: is about none of the clips; it names {rows[0].clip!r}")
    compared = []
    for clip, own in clips:
        source = file_source(clip)
        segments = analyzer.analyze_source(source, progress=progress).segments
        found = segments[["onset", "apex", "offset"]].to_numpy(int).tolist()
        true = [(c.onset, c.onset if c.apex is None else c.apex, c.offset) for c in own]
        compared.append((found, true, source.fps or USUAL_FPS))
    return {scale: as_row(score) for scale, score in score_scales(compared).items()}


def as_row(score: SegmentScore) -> dict[str, Any]:
    """Plain values of a score; None for NaN."""
    shares = {"precision": score.precision, "recall": score.recall, "f1": score.f1}
    counts = {"hits": score.hits, "false": score.false, "missed": score.missed}
    return {name: None if np.isnan(value) else round(value, 4) for name, value in shares.items()} | counts
