"""The charts of an analysis as SVG within the page: they take the page's text colour, in light and in dark."""

import io
import re
import secrets

import matplotlib as mpl

from emo_utils.workflows.analysis import Analysis

INK = "#010203"
"""A colour that no chart uses; it stands for the text colour of the page."""

STYLE = {
    **{f"{part}.color": INK for part in ("text", "xtick", "ytick")},
    **{f"axes.{part}": INK for part in ("edgecolor", "labelcolor", "titlecolor")},
    **{f"{part}.facecolor": "none" for part in ("figure", "axes", "savefig")},
    "svg.fonttype": "none",
    "font.family": ["sans-serif"],
}

PHONE_INCHES = 4.4
"""Width of a chart for narrow windows."""

ROOT = '<svg role="img" aria-label="{label}" class="{name}" style="stroke-linejoin:round;stroke-linecap:butt" '


def chart_svg(analysis: Analysis, chart: str, label: str, name: str = "", width_inches: float | None = None) -> str:
    """One chart of an analysis as an `<svg>` in one line.

    Args:
        analysis: whose chart.
        chart: a name of `Analysis.plot`.
        label: what it shows, for people who do not see it.
        name: class of the element.
        width_inches: width for which it is laid out; None: its own.
    """
    with mpl.rc_context({**STYLE, "svg.hashsalt": secrets.token_hex(8)}):  # ids are unique in the page
        figure = analysis.plot(chart)
        if width_inches:
            figure.fit_width(width_inches)
        file = io.StringIO()
        figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _within_page(file.getvalue(), label, name)


def _within_page(svg: str, label: str, name: str) -> str:
    inner = re.sub(r"<(metadata|style)\b.*?</\1>|<!--.*?-->", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    inner = re.sub(r'(<svg [^>]*?) width="[^"]*"', r"\1", inner, count=1)
    inner = re.sub(r'(<svg [^>]*?) height="[^"]*"', r"\1", inner, count=1)
    inner = inner.replace("<svg ", ROOT.format(label=label, name=name), 1)
    return " ".join(inner.replace(INK, "currentColor").split())
