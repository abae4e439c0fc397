"""The summary of the clip, with the options of the analysis."""

import json
from pathlib import Path

from emo_utils.reports.clips.summary import summarise, summary_with_baseline
from emo_utils.reports.clips.writer import TABLES, ClipResults, writer


def summary_of(results: ClipResults) -> dict:
    """The content of `summary.json`: how the clip was analysed, and the result of `summarise`."""
    result = results.result
    segments = result.segments if result.motion is not None else None
    summary = {"clip": results.name, **results.about, **summarise(result.timeline, segments)}
    baseline = results.about.get("baseline")
    return summary_with_baseline(summary, result.timeline, baseline) if baseline else summary


@writer(
    "summary", {"summary.json": "per person: shares of time, changes, segments; and how the clip was analysed"}, TABLES
)
def write_summary(results: ClipResults, folder: Path, on_frame=None) -> None:
    """Write `summary.json`."""
    (folder / "summary.json").write_text(json.dumps(summary_of(results), indent=1) + "\n", encoding="utf-8")
