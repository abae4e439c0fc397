"""The results as a TextGrid for Praat."""

from pathlib import Path

from emo_utils.reports.clips.tiers import end_of, tiers_of
from emo_utils.reports.clips.writer import TABLES, ClipResults, writer


@writer(
    "praat",
    {"annotations.TextGrid": "the same tiers for Praat, beside the clip's sound; apexes as points"},
    TABLES + 1,
    default=False,
    package="pympi",
)
def write_praat(results: ClipResults, folder: Path, on_frame=None) -> None:
    """Write `annotations.TextGrid`."""
    from pympi.Praat import TextGrid

    end_s = max(end_of(results.result), 0.001)
    grid = TextGrid(xmin=0, xmax=end_s)
    for name, marks in tiers_of(results.result):
        is_apex = name.startswith("apex")
        tier = grid.add_tier(name, "TextTier" if is_apex else "IntervalTier")
        for mark in marks:
            if is_apex:
                tier.add_point(mark.start_ms / 1000, mark.text)
            else:
                tier.add_interval(mark.start_ms / 1000, min(mark.end_ms / 1000, end_s), mark.text)
    grid.to_file(folder / "annotations.TextGrid")
