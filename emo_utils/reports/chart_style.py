"""How all charts look, and how they are made and saved: without pyplot, whose import takes time."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

STYLE = {
    "figure.dpi": 110,
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "legend.frameon": False,
    "svg.fonttype": "none",  # text stays text, so that it can be edited
    "svg.hashsalt": "emo_utils",  # the same chart gives the same bytes
    "pdf.fonttype": 42,  # TrueType, which journals ask for
}

PRINT_DPI = 300
"""Dots per inch of PNG files."""

UNDATED = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
"""Metadata that is left out of chart files, so that the same chart gives the same bytes."""


KEY_WIDTH, KEY_HEIGHT = 1.75, 0.18
"""Room for an entry of the legend, in inches."""


class Chart(Figure):
    """A figure that a notebook shows as a picture, without pyplot."""

    _key: tuple[Artist, ...] = ()

    def draw_key(self, handles: Sequence[Artist]) -> None:
        """The legend, under everything else, so that the panels of all charts of a clip have the same width."""
        if not handles:
            return
        columns = max(1, int(self.get_figwidth() / KEY_WIDTH))
        self.set_figheight(self.get_figheight() + KEY_HEIGHT * math.ceil(len(handles) / columns))
        place = {"loc": "outside lower left", "fontsize": 8, "handlelength": 1.6}
        self.legend(handles=list(handles), ncols=columns, **place)
        self._key = tuple(handles)

    def fit_width(self, inches: float) -> None:
        """Give the chart another width; its legend gets as many columns as fit."""
        self.set_figwidth(inches)
        for legend in list(self.legends):
            legend.remove()
        self.draw_key(self._key)

    def _repr_png_(self) -> bytes:
        picture = BytesIO()
        with matplotlib.rc_context(STYLE):
            self.savefig(picture, format="png")
        return picture.getvalue()


@contextmanager
def styled() -> Iterator[None]:
    """The style of all charts, for what is drawn inside."""
    with matplotlib.rc_context(STYLE):
        yield


def new_chart(size: tuple[float, float], **options: Any) -> Chart:
    """An empty figure of a size in inches; to be called inside `styled`."""
    chart = Chart(figsize=size, layout="constrained", **options)
    FigureCanvasAgg(chart)
    return chart


def save_chart(chart: Figure, folder: Path, name: str, formats: Sequence[str] = ("png",)) -> list[Path]:
    """Write a chart as `<name>.<format>` for each of `options.CHART_FORMATS`; returns the paths."""
    paths = []
    with matplotlib.rc_context(STYLE):
        chart.draw_without_rendering()  # places everything, once for all formats
    chart.set_layout_engine("none")
    for kind in formats:
        paths.append(folder / f"{name}.{kind}")
        with matplotlib.rc_context(STYLE):
            chart.savefig(paths[-1], dpi=PRINT_DPI, metadata=UNDATED.get(kind))
    return paths
