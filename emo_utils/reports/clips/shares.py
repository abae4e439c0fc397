"""Shares of time per person as HTML, for notebooks and pages."""

from collections.abc import Mapping
from html import escape
from typing import Any

from emo_utils.labels import COLOURS, ink_on

NAMED_FROM = 0.08
"""Least share whose name fits into the bar."""


def shares_html(summary: Mapping[str, Any]) -> str:
    """The summary of each person as a bar of shares of time, the largest first; without pictures of faces.

    Args:
        summary: as `summary.json` holds it.
    """
    title = f"{summary['clip']}: {summary['frames']} frames, {summary['duration_s']:.1f} s"
    people = [_person(person) for person in summary["people"]]
    return f"<p><b>{escape(title)}</b></p>" + ("".join(people) or "<p>no face was found</p>")


def _person(person: Mapping[str, Any]) -> str:
    shares = sorted(person["share_of_time"].items(), key=lambda item: -item[1])
    parts = "".join(_part(name, share) for name, share in shares if share > 0)
    heading = f"person {person['person_id']}, seen for {person['seen_s']:.1f} s"
    if "segments" in person:
        count = person["segments"]["count"]
        heading += f", {count} expression{'s' * (count != 1)}"
    if person["uncertain_share"]:
        heading += f", {person['uncertain_share']:.0%} of the frames uncertain"
    bar = f'<div style="display:flex;max-width:40em;height:1.5em;overflow:hidden">{parts}</div>'
    return f"<p>{heading}</p>{bar}"


def _part(name: str, share: float) -> str:
    text = f"{name} {share:.0%}"
    style = f"width:{share:.2%};background:{COLOURS[name]};color:{ink_on(COLOURS[name])};"
    style += "font-size:80%;padding:0.2em;box-sizing:border-box"
    return f'<div style="{style}" title="{text}">{text if share >= NAMED_FROM else ""}</div>'
