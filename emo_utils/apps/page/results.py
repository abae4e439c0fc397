"""The results of an analysis as HTML: video, charts, people, segments, measures, files, settings.

Everything comes from the `Analysis` and from the files that `emo analyze` writes too. The HTML is one line, since the
component that shows it reads Markdown.
"""

from dataclasses import asdict
from html import escape
from pathlib import Path
from urllib.parse import quote

from emo_utils.apps.page.charts import PHONE_INCHES, chart_svg
from emo_utils.labels import COLOURS
from emo_utils.workflows.analysis import Analysis

FILES = "emo/files"
"""Address of the files of results, relative to the page."""

SEGMENT_COLUMNS = {
    "person_id": "person",
    "emotion": "expression",
    "onset_s": "onset (s)",
    "apex_s": "apex (s)",
    "offset_s": "offset (s)",
    "strength": "strength",
    "confidence": "probability",
}
LEAST_SHARE = 0.005
"""Emotions with a smaller share of time are not listed on a card."""

MOST_APEXES = 8
"""Apexes that are pictured on a card."""


def results_html(analysis: Analysis, folder: Path, heading: str = "") -> str:
    """All results of one clip.

    Args:
        analysis: of the clip.
        folder: its files.
        heading: title; empty: the name of the clip.
    """
    summary, job = analysis.summary(), folder.name
    parts = [
        f"<h2>{escape(heading or analysis.clip)}</h2>",
        _facts(summary),
        _warnings(summary),
        _video(analysis, folder),
        _charts(analysis),
        _people(summary, folder),
        _segments(analysis),
        _measures(analysis),
        _files(folder, job),
        _settings(analysis),
    ]
    return one_line(f'<article class="emo-results">{"".join(parts)}</article>')


def pair_html(each: list[tuple[str, Analysis, Path]]) -> str:
    """Two analyses side by side: heading, analysis and folder of each."""
    sides = "".join(_side(*one) for one in each)
    return one_line(f'<div class="emo-results emo-two">{sides}</div>')


def _side(heading: str, analysis: Analysis, folder: Path) -> str:
    summary, chart = analysis.summary(), ""
    if summary["people"]:
        line = "Probability of each expression over time, for each person; the table holds the same numbers"
        chart = f'<figure class="emo-chart">{chart_svg(analysis, "line", line, width_inches=PHONE_INCHES)}</figure>'
    parts = [
        f"<h2>{escape(heading)}</h2>",
        _facts(summary),
        _video(analysis, folder),
        chart,
        _people(summary, folder),
        _segments(analysis),
        _files(folder, folder.name),
    ]
    return f"<article>{''.join(parts)}</article>"


def one_line(html: str) -> str:
    """HTML without line breaks: an empty line would end it within Markdown."""
    return " ".join(html.split("\n"))


def _facts(summary: dict) -> str:
    people = len(summary["people"])
    facts = (
        f"{summary['duration_s']:.1f} s",
        f"{summary['frames']} frames, {summary['frames_with_faces']} with a face",
        f"{people} {'person' if people == 1 else 'people'}",
    )
    return f'<p class="emo-facts">{" · ".join(facts)}</p>'


def _warnings(summary: dict) -> str:
    found = [escape(str(warning)) for warning in summary.get("warnings", ())]
    return "".join(f'<p class="emo-note" role="note">{text}</p>' for text in found)


def _video(analysis: Analysis, folder: Path) -> str:
    info = analysis.results.source.info if analysis.results.source else None
    picture = next((name for name in ("annotated.mp4", "annotated.png") if (folder / name).exists()), None)
    if picture is None:
        return ""
    address, size = _address(folder, picture), f' width="{info.width}" height="{info.height}"' if info else ""
    if picture.endswith(".png"):
        return f'<figure class="emo-video"><img src="{address}" alt="The picture with its faces marked"></figure>'
    return (
        f'<figure class="emo-video"><video controls playsinline preload="metadata"{size} src="{address}" '
        'aria-label="The clip with faces, expressions and probabilities drawn in"></video></figure>'
    )


def _charts(analysis: Analysis) -> str:
    if not analysis.summary()["people"]:
        return ""  # `_people` says so
    line = "Probability of each expression over time, for each person; the table holds the same numbers"
    wide, narrow = chart_svg(analysis, "line", line, "emo-wide"), chart_svg(
        analysis, "line", line, "emo-narrow", PHONE_INCHES
    )  # fmt: skip
    shares = "Share of time of each expression; the cards below hold the same numbers"
    bar = chart_svg(analysis, "bar", shares, width_inches=PHONE_INCHES)
    pie = chart_svg(analysis, "pie", shares)
    return (
        "<h3>Over time</h3>"
        f'<figure class="emo-chart">{wide}{narrow}</figure>'
        "<h3>Share of time</h3>"
        f'<div class="emo-pair"><figure class="emo-chart">{bar}</figure><figure class="emo-chart">{pie}</figure></div>'
    )


def _people(summary: dict, folder: Path) -> str:
    if not summary["people"]:
        return "<h3>People</h3><p>No face was found in this clip.</p>"
    cards = "".join(_card(person, folder) for person in summary["people"])
    return f'<h3>People</h3><div class="emo-cards">{cards}</div>'


def _card(person: dict, folder: Path) -> str:
    number, named = person["person_id"], person["dominant_emotion"]
    shares = sorted(person["share_of_time"].items(), key=lambda item: -item[1])
    bars = "".join(share_bar(name, share) for name, share in shares if share >= LEAST_SHARE)
    facts = [f"seen {person['seen_s']:.1f} s"]
    if person["mean_confidence"] is not None:
        facts += [f"mean probability {person['mean_confidence']:.0%}", f"uncertain {person['uncertain_share']:.0%}"]
    if person.get("baseline"):
        facts.append(f"without the baseline mostly {person['baseline']['dominant_emotion']}")
    return (
        f'<section class="emo-card" aria-label="Person {number}"><h4>Person {number}{emotion_chip(named)}</h4>'
        f"<dl>{bars}</dl><p>{' · '.join(facts)}</p>{_apexes(number, folder)}</section>"
    )


def emotion_chip(emotion: str | None) -> str:
    """The emotion that somebody mostly shows, with its colour."""
    if not emotion:
        return ""
    return f'<span class="emo-chip" style="--emo:{COLOURS.get(emotion, "#888")}">mostly {escape(emotion)}</span>'


def share_bar(name: str, share: float) -> str:
    """A row of a list: an emotion and its share as a bar."""
    style = f"--emo:{COLOURS.get(name, '#888')};--share:{share:.4f}"
    return f'<div class="emo-bar" style="{style}"><dt>{escape(name)}</dt><dd><span>{share:.0%}</span></dd></div>'


def _apexes(person: int, folder: Path) -> str:
    pictures = sorted((folder / "apex").glob(f"{person}_*"))[:MOST_APEXES]
    if not pictures:
        return ""
    shown = "".join(
        f'<img src="{_address(folder, f"apex/{path.name}")}" alt="{escape(_apex_alt(person, path))}" loading="lazy">'
        for path in pictures
    )
    return f'<div class="emo-apexes">{shown}</div>'


def _apex_alt(person: int, path: Path) -> str:
    return f"Apex {path.stem.partition('_')[2]} of person {person}"


def _segments(analysis: Analysis) -> str:
    table = analysis.segments
    if table.empty:
        return "<h3>Segments</h3><p>No expression with an onset, an apex and an offset was found.</p>"
    kept = [name for name in SEGMENT_COLUMNS if name in table]
    return "<h3>Segments</h3>" + table_html(
        "Segments", [SEGMENT_COLUMNS[name] for name in kept], table[kept].to_numpy()
    )


def _measures(analysis: Analysis) -> str:
    names = analysis.results.result.timeline.measures
    if not names:
        return ""
    faces = analysis.results.result.timeline.faces
    means = faces.groupby("person_id")[names].mean()
    rows = [[person, *values] for person, values in zip(means.index, means.to_numpy(), strict=True)]
    return "<h3>Measures, mean of the frames</h3>" + table_html("Measures", ["person", *names], rows)


def table_html(label: str, names: list[str], rows) -> str:
    """A table that can be scrolled sideways, also by keyboard."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    body = "".join(f"<tr>{''.join(f'<td>{_cell(value)}</td>' for value in row)}</tr>" for row in rows)
    return (
        f'<div class="emo-table" role="region" aria-label="{label}" tabindex="0"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(value) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:.3g}" if not value.is_integer() else f"{value:.0f}"
    return escape(str(value))


def _files(folder: Path, job: str) -> str:
    named = {"timeline.csv": "Timeline (CSV)", "segments.csv": "Segments (CSV)", "report.pdf": "Report (PDF)"}
    named |= {"report.html": "Report (HTML)", "annotated.mp4": "Video (MP4)", "summary.json": "Summary (JSON)"}
    links = [
        f'<a href="{_address(folder, name)}" download="{name}">{shown}</a>'
        for name, shown in named.items()
        if (folder / name).exists()
    ]
    links.append(f'<a class="emo-all" href="{FILES}/{job}.zip" download="results.zip">Everything (ZIP)</a>')
    return f'<h3>Files</h3><p class="emo-files">{"".join(links)}</p>'


def _settings(analysis: Analysis) -> str:
    pairs = {**asdict(analysis.options), "prior": analysis.summary().get("prior"), "seconds": f"{analysis.seconds:.1f}"}
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in pairs.items())
    return f'<details class="emo-settings"><summary>Settings of this analysis</summary><dl>{rows}</dl></details>'


def _address(folder: Path, name: str) -> str:
    return f"{FILES}/{folder.name}/{quote(name)}"


def files_of(folder: Path) -> list[Path]:
    """The files of results that are given to the visitor: all but hidden ones, which the package keeps for itself."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and not is_hidden(path.relative_to(folder)))


def is_hidden(path: Path) -> bool:
    """Whether a part of a relative path begins with a dot."""
    return any(part.startswith(".") for part in path.parts)
