"""The summary of the clip, with the options of the analysis."""

import json
from pathlib import Path

from emo_utils.reports.clips.summary import summary_of
from emo_utils.reports.clips.writer import TABLES, ClipResults, writer


@writer(
    "summary", {"summary.json": "per person: shares of time, changes, segments; and how the clip was analysed"}, TABLES
)
def write_summary(results: ClipResults, folder: Path, on_frame=None) -> None:
    """Write `summary.json`."""
    (folder / "summary.json").write_text(json.dumps(summary_of(results), indent=1) + "\n", encoding="utf-8")
