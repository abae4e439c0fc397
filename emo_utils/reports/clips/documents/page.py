"""A report as one HTML file: nothing in it is fetched from elsewhere, and every text of a user is escaped."""

import base64
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from emo_utils import __version__
from emo_utils.file_names import as_text
from emo_utils.labels import COLOURS

TEMPLATES = Path(__file__).resolve().parents[1] / "templates"


def render(template: str, **values: Any) -> str:
    """A page from a template of `TEMPLATES`; texts are escaped, pictures and videos are given as data."""
    script = (TEMPLATES / "report.js").read_text(encoding="utf-8")
    style = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    page = _environment().get_template(template)
    return as_text(page.render(style=style, script=script, colours=COLOURS, version=__version__, **values))


@cache
def _environment():
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # a tenth of a second

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"percent": percent, "seconds": seconds, "data": data_address, "text": as_text}
    return environment


def data_address(content: bytes, kind: str) -> str:
    """Bytes as an address that holds them, such as `data:image/png;base64,...`."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def percent(share: float | None) -> str:
    """A share as a whole percentage; empty for None."""
    return "" if share is None else f"{share:.0%}"


def seconds(value: float | None) -> str:
    """Seconds with two decimal places, not broken over lines; empty for None."""
    return "" if value is None else f"{value:.2f}\N{NO-BREAK SPACE}s"


def facts_of(summary: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    """The first lines of a clip's report."""
    people = len(summary["people"])
    return (
        ("frames", f"{summary['frames']:,}"),
        ("duration", seconds(summary["duration_s"])),
        ("frames with a face", f"{summary['frames_with_faces']:,}"),
        ("people", str(people)),
        ("detector", summary["detector"]),
        *((("damage", summary["truncated"]),) if summary.get("truncated") else ()),
    )
