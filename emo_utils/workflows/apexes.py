"""Onset, apex and offset of clips that hold one expression each: a row per clip."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from emo_utils.errors import EmoError, SegmentsError
from emo_utils.inference.frame_sources import file_source
from emo_utils.inference.options import ONE, AnalysisOptions
from emo_utils.output import whole_file
from emo_utils.table_text import number
from emo_utils.workflows.analyzer import Analyzer
from emo_utils.workflows.clip_search import find_clips


@dataclass(frozen=True)
class Apexes:
    """The segments of clips with one expression each.

    Attributes:
        table: a row per clip, with `motion.segments_file.COLUMNS`.
        failed: the reasons of failed clips, by path.
    """

    table: pd.DataFrame = field(repr=False)
    failed: dict[str, str] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write the table as CSV, atomically; `--segments` can read it."""
        with whole_file(path) as part:
            self.table.to_csv(part, index=False, float_format=number, lineterminator="\n")


def find_apexes(
    inputs: Sequence[Path | str], options: AnalysisOptions | None = None, *, progress: bool = True
) -> Apexes:
    """Analyse clips that are known to hold one expression each.

    Args:
        inputs: video files, and folders of them with all their subfolders.
        options: of the analysis; `segments` is always `one`.
        progress: show progress bars on standard error.

    Raises:
        EmoError: the request is wrong, or the only clip cannot be read.
    """
    clips = find_clips(inputs, recursive=True).clips
    analyzer = Analyzer(options=options or AnalysisOptions(), segments=ONE)
    tables: list[pd.DataFrame] = []
    failed: dict[str, str] = {}
    for clip in clips:
        try:
            tables.append(_of_clip(analyzer, clip, progress))
        except EmoError as error:
            if len(clips) == 1:
                raise
            failed[str(clip)] = str(error)
    return Apexes(pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(), failed)


def _of_clip(analyzer: Analyzer, clip: Path, progress: bool) -> pd.DataFrame:
    table = analyzer.analyze_source(file_source(clip), progress=progress).segments
    if table.empty:
        raise SegmentsError(f"{clip}: expected a face with one expression, found no face in any frame")
    return table
