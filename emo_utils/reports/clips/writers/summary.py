"""The clip in a few numbers, with how it was read."""

import json
from pathlib import Path

from emo_utils.reports.clips.summary import summarise
from emo_utils.reports.clips.writer import TABLES, ClipResults, writer


def summary_of(results: ClipResults) -> dict:
    """What `summary.json` holds: how the clip was read, and what `summarise` says of it."""
    result = results.result
    told = result.segments if result.motion is not None else None
    return {"clip": results.name, **results.about, **summarise(result.timeline, told)}


@writer("summary", {"summary.json": "per person: shares of time, changes, segments; and how it was read"}, TABLES)
def write_summary(results: ClipResults, folder: Path, on_frame=None) -> None:
    """Write `summary.json`."""
    (folder / "summary.json").write_text(json.dumps(summary_of(results), indent=1) + "\n", encoding="utf-8")
