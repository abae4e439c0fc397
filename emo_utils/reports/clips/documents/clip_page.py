"""The report of one clip as HTML."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emo_utils.inference.baseline_request import NONE, OF_SEVERAL
from emo_utils.reports.chart_style import styled
from emo_utils.reports.clips.charts import charts_of
from emo_utils.reports.clips.documents.content import people_of
from emo_utils.reports.clips.documents.methods import LIMITS, methods_paragraph, settings_table, versions_table
from emo_utils.reports.clips.documents.page import facts_of, render
from emo_utils.reports.clips.summary import summary_of
from emo_utils.reports.clips.writer import ClipResults

CHART_DPI = 120

LATE = (
    "The figures here are those before the baseline of the run was subtracted; tables, summary.json and the report of "
    "the run have those without it."
)

PAGE_DPI = 96
"""Pixels of a page in an inch of a figure."""

CHARTS = {
    "line": "Probability of each expression over time, smoothed",
    "motion": "Distance of the face from rest over time, with onset, apex and offset",
    "bar": "Share of time on screen per expression",
    "pie": "The same shares, a pie per person",
}
"""The charts of a report in their order, with their descriptions."""


def clip_page(results: ClipResults, video: Path | None = None) -> str:
    """The report of a clip.

    Args:
        results: of the clip.
        video: an MP4 file to embed; None: no video.
    """
    summary, about = summary_of(results), results.about
    return render(
        "clip.html.j2",
        title=results.name,
        facts=facts_of(summary),
        warnings=[*summary["warnings"], *_late_baseline(summary)],
        people=people_of(results),
        charts=_charts(results),
        video=video.read_bytes() if video else None,
        methods=methods_paragraph(about, summary["detector"]),
        limits=LIMITS,
        settings=settings_table(about),
        versions=versions_table(about),
    )


def _late_baseline(summary: Mapping[str, Any]) -> list[str]:
    """The report of a clip is written before the baseline of all clips is known."""
    asked = summary.get("options", {}).get("baseline", NONE)
    return [LATE] if asked in OF_SEVERAL and not summary.get("baseline") else []


def _charts(results: ClipResults) -> list[tuple[str, bytes, int]]:
    """Description, PNG and width in pixels of a page of each chart; none for a clip without a face."""
    result = results.result
    if not result.timeline.people:
        return []
    drawn = charts_of(result.timeline, result.segments, result.motion)
    figures = [(text, drawn[name]()) for name, text in CHARTS.items() if name in drawn]
    return [(text, chart_png(figure), round(PAGE_DPI * figure.get_size_inches()[0])) for text, figure in figures]


def chart_png(figure, dpi: int = CHART_DPI) -> bytes:
    """A figure as PNG; the same figure gives the same bytes."""
    file = io.BytesIO()
    with styled():
        figure.savefig(file, format="png", dpi=dpi, metadata={"Software": None})
    return file.getvalue()
