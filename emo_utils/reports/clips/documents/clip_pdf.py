"""The report of one clip as PDF, A4: a page per person, and a page with methods, limits and settings."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import matplotlib
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Image, KeepInFrame, PageBreak, Paragraph, SimpleDocTemplate, Spacer, Table

from emo_utils import __version__
from emo_utils.file_names import as_text
from emo_utils.labels import COLOURS
from emo_utils.reports.clips.charts import charts_of
from emo_utils.reports.clips.documents.clip_page import chart_png
from emo_utils.reports.clips.documents.content import ApexPicture, PersonReport, only_person, people_of
from emo_utils.reports.clips.documents.methods import LIMITS, methods_paragraph, settings_table, versions_table
from emo_utils.reports.clips.documents.page import facts_of, percent, seconds
from emo_utils.reports.clips.summary import summary_of
from emo_utils.reports.clips.writer import ClipResults
from emo_utils.structures import Segment

MARGIN = 15 * mm
PADDING = 12
"""Points that a frame of reportlab keeps free, left and right together."""

WIDTH, HEIGHT = A4[0] - 2 * MARGIN - PADDING, A4[1] - 2 * MARGIN - 8 * mm

CHART_DPI = 200

MOST_PEOPLE = 20
"""Pages of people, those seen longest; a crowd has its figures in the tables."""

MOST_APEXES, MOST_ROWS = 6, 10
"""Of a page."""

FONT, BOLD = "DejaVuSans", "DejaVuSans-Bold"
INK, PALE, LINE = colors.HexColor("#1d2430"), colors.HexColor("#5b6675"), colors.HexColor("#d9dee5")


def clip_pdf(results: ClipResults, path: Path) -> None:
    """Write the report of a clip.

    Args:
        results: of the clip.
        path: the PDF file. The same results give the same bytes.
    """
    _register_fonts()
    document = SimpleDocTemplate(
        str(path), pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN + 4 * mm,
        title=as_text(results.name), author="emo_utils", invariant=1,
    )  # fmt: skip
    people = people_of(results)
    shown = sorted(people, key=lambda one: -one.summary["seen_s"])[:MOST_PEOPLE]
    story: list[Flowable] = []
    for person in sorted(shown, key=lambda one: one.person_id):
        story += [_one_page(_person(results, person, len(people))), PageBreak()]
    if not people:
        story += [*_head(results), Spacer(1, 4 * mm), _text("No face was found in this clip.")]
    if len(people) > len(shown):
        story.append(
            _text(f"{len(shown)} of {len(people)} people have a page, those seen longest; summary.json has all.")
        )
    story += _closing(results)
    foot = f"{as_text(results.name)} · emo_utils {__version__}"
    document.build(story, onFirstPage=_footer(foot), onLaterPages=_footer(foot))


def _register_fonts() -> None:
    """The fonts that Matplotlib brings; they hold Latin, Greek and Cyrillic letters."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    for name in (FONT, BOLD):
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, folder / f"{name}.ttf"))


def _one_page(content: list[Flowable]) -> Flowable:
    """Content that is shrunk if it does not fit on one page."""
    return KeepInFrame(WIDTH, HEIGHT, content, mode="shrink", hAlign="LEFT", vAlign="TOP")


def _footer(text: str):
    def draw(canvas: Any, document: Any) -> None:
        canvas.setFont(FONT, 7)
        canvas.setFillColor(PALE)
        canvas.drawString(MARGIN + PADDING / 2, 10 * mm, text[:110])
        canvas.drawRightString(A4[0] - MARGIN - PADDING / 2, 10 * mm, f"page {document.page}")

    return draw


def _text(text: str, size: float = 8.5, bold: bool = False, pale: bool = False) -> Paragraph:
    """A paragraph; the text is escaped."""
    style = ParagraphStyle(
        "text", fontName=BOLD if bold else FONT, fontSize=size, leading=1.4 * size, textColor=PALE if pale else INK
    )
    return Paragraph(escape(as_text(text)), style)


def _head(results: ClipResults) -> list[Flowable]:
    facts = "   ·   ".join(f"{name} {value}" for name, value in facts_of(summary_of(results)))
    return [_text(results.name, 14, bold=True), Spacer(1, 1 * mm), _text(facts, 7.5, pale=True)]


def _person(results: ClipResults, person: PersonReport, people: int) -> list[Flowable]:
    summary, result = person.summary, results.result
    mostly = f": mostly {summary['dominant_emotion']}" if summary["dominant_emotion"] else ""
    about = (
        f"Seen for {seconds(summary['seen_s'])}, from {seconds(summary['from_s'])} to {seconds(summary['to_s'])}; "
        f"{summary['changes']} changes; {percent(summary['uncertain_share'])} of the frames uncertain."
    )
    timeline = only_person(result.timeline, person.person_id)
    motion = None if result.motion is None else result.motion[result.motion["person_id"] == person.person_id]
    own = [segment for segment in result.segments if segment.person_id == person.person_id]
    charts = charts_of(timeline, own, motion)
    parts = [
        *_head(results),
        Spacer(1, 3 * mm),
        _text(f"Person {person.person_id} of {people}{mostly}", 11, bold=True),
        _text(about, pale=True),
        Spacer(1, 2 * mm),
        _ShareBar(person.shares),
        Spacer(1, 2 * mm),
        *(_chart(charts[name](), WIDTH) for name in ("line", "motion") if name in charts),
    ]
    left, right = _chart(charts["bar"](), 0.48 * WIDTH), _segments(person.segments, summary)
    parts.append(Table([[left, right]], [0.5 * WIDTH] * 2, style=[("VALIGN", (0, 0), (-1, -1), "TOP"), *NO_PADDING]))
    if person.apexes:
        parts += [Spacer(1, 3 * mm), _apexes(person.apexes)]
    return parts


NO_PADDING = [(name, (0, 0), (-1, -1), 0) for name in ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING", "BOTTOMPADDING")]


def _chart(figure, width: float) -> Image:
    wide, high = figure.get_size_inches()
    return Image(io.BytesIO(chart_png(figure, CHART_DPI)), width, width * high / wide)


class _ShareBar(Flowable):
    """Shares of the time as a bar with its legend."""

    def __init__(self, shares: Sequence[tuple[str, float]]):
        super().__init__()
        self.shares = shares
        self.width, self.height = WIDTH, 11 * mm

    def wrap(self, *available: float) -> tuple[float, float]:
        """Its size."""
        return self.width, self.height

    def draw(self) -> None:
        """Draw it on the page."""
        left, legend = 0.0, 0.0
        for name, share in self.shares:
            self.canv.setFillColor(colors.HexColor(COLOURS[name]))
            self.canv.rect(left, 5.5 * mm, share * WIDTH, 5 * mm, stroke=0, fill=1)
            left += share * WIDTH
            text = f"{name} {share:.0%}"
            self.canv.rect(legend, 1 * mm, 2.2 * mm, 2.2 * mm, stroke=0, fill=1)
            self.canv.setFillColor(INK)
            self.canv.setFont(FONT, 6.5)
            self.canv.drawString(legend + 3.2 * mm, 1.2 * mm, text)
            legend += 7 * mm + pdfmetrics.stringWidth(text, FONT, 6.5)


def _segments(segments: Sequence[Segment], summary: Any) -> Flowable:
    if not segments:
        return _text(
            f"No segment: {summary['segments']['note'] or 'none was found'}." if "segments" in summary else "", 7.5
        )
    rows = [["expression", "onset", "apex", "offset", "strength"]]
    for one in segments[:MOST_ROWS]:
        times = (f"{value:.2f}" for value in (one.onset_s, one.apex_s, one.offset_s))
        rows.append([one.emotion or "not read", *times, f"{one.strength:.2f}" if one.strength == one.strength else ""])
    style = [
        ("FONT", (0, 0), (-1, -1), FONT, 7), ("TEXTCOLOR", (0, 0), (-1, 0), PALE), ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE), ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
    ]  # fmt: skip
    table = Table(rows, [28 * mm, *[14 * mm] * 4], style=style, hAlign="LEFT")
    count = summary["segments"]["count"]
    title = f"Segments, times in seconds{f' (the first {MOST_ROWS} of {count})' if count > MOST_ROWS else ''}"
    return KeepInFrame(0.5 * WIDTH, 90 * mm, [_text(title, 7.5, bold=True), Spacer(1, 1 * mm), table], mode="shrink")


def _apexes(apexes: Sequence[ApexPicture]) -> Flowable:
    side = WIDTH / MOST_APEXES - 3 * mm
    shown = apexes[:MOST_APEXES]
    pictures = [Image(io.BytesIO(apex.jpeg), side, side) for apex in shown]
    texts = [_text(f"{apex.segment.emotion or 'no emotion'}, {seconds(apex.segment.apex_s)}", 6.5) for apex in shown]
    return Table([pictures, texts], [side + 3 * mm] * len(shown), style=NO_PADDING, hAlign="LEFT")


def _closing(results: ClipResults) -> list[Flowable]:
    """Methods, limits, settings."""
    summary, about = summary_of(results), results.about
    parts: list[Flowable] = []
    for warning in summary["warnings"]:
        parts += [_text(f"Warning: {warning}"), Spacer(1, 2 * mm)]
    paragraph = methods_paragraph(about, summary["detector"])
    if paragraph:
        parts += [_text("Methods", 11, bold=True), Spacer(1, 1 * mm), _text(paragraph), Spacer(1, 4 * mm)]
    parts += [_text("Limits", 11, bold=True), Spacer(1, 1 * mm)]
    points = ParagraphStyle("points", _text("").style, leftIndent=4 * mm, bulletIndent=1 * mm)
    parts += [Paragraph(escape(limit), points, bulletText="·") for limit in LIMITS]
    rows = [
        [_text(name, 7, pale=True), _text(value, 7)]
        for name, value in {**settings_table(about), **versions_table(about)}.items()
    ]
    if rows:
        style = [("LINEBELOW", (0, 0), (-1, -1), 0.3, LINE), ("VALIGN", (0, 0), (-1, -1), "TOP"),
                 ("TOPPADDING", (0, 0), (-1, -1), 1), ("BOTTOMPADDING", (0, 0), (-1, -1), 1)]  # fmt: skip
        parts += [Spacer(1, 4 * mm), _text("Settings and versions", 11, bold=True), Spacer(1, 1 * mm)]
        parts.append(Table(rows, [50 * mm, WIDTH - 50 * mm], style=style, hAlign="LEFT"))
    return parts
