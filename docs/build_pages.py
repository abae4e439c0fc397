"""Pages that are written by the code itself, made while the site is built: a hook of MkDocs, see mkdocs.yml.

Commands come from the command line's own options, tables of columns from the constants that the program uses, Python
from the docstrings of what `emo_utils` offers, model cards from the files beside the weights.
"""

import inspect
import os
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import get_args, get_type_hints

from mkdocs.structure.files import File
from typer.models import ArgumentInfo

ROOT = Path(__file__).resolve().parents[1]
CARDS = "emo_utils/weights"
PICTURES = "Assets"
ACTION_UNITS_HERE = "<!-- action units -->"
LINK = re.compile(r"(\]\()([^)#\s]+)(#[^)\s]*)?(\))")


def on_files(files, config):
    """Add the generated pages and the pictures."""
    for path, text in pages():
        files.append(File.generated(config, path, content=text))
    for picture in sorted((ROOT / PICTURES).rglob("*.png")):
        files.append(File.generated(config, picture.relative_to(ROOT).as_posix(), abs_src_path=str(picture)))
    return files


def on_page_markdown(markdown, page, config, files):
    """Let links written for the repository lead to their page of the site, or else to the repository's file."""
    path = page.file.src_uri
    markdown = markdown.replace(ACTION_UNITS_HERE, action_units())
    written_in = PurePosixPath(CARDS if path.startswith("models/") and path != "models/index.md" else f"docs/{path}/..")

    def lead(match):
        before, target, anchor, after = match.groups()
        if re.match(r"[a-z]+:", target) or files.get_file_from_path(_beside(path, target)):
            return match[0]
        source = os.path.normpath(written_in / target).replace(os.sep, "/")
        inside = _in_site(source)
        if files.get_file_from_path(inside):
            found = os.path.relpath(inside, PurePosixPath(path).parent).replace(os.sep, "/")
        elif (ROOT / source).exists():
            found = f"{config.repo_url.rstrip('/')}/blob/main/{source}"
        else:
            return match[0]  # a dead link, of which a strict build complains
        return f"{before}{found}{anchor or ''}{after}"

    return LINK.sub(lead, markdown)


def pages() -> Iterator[tuple[str, str]]:
    """Path in the site and Markdown of every generated page."""
    yield "reference/commands.md", commands()
    yield "reference/python.md", python()
    yield "reference/files.md", files_and_columns()
    for card in sorted((ROOT / CARDS).glob("*.md")):
        yield f"models/{card.name}", card.read_text(encoding="utf-8")


def commands() -> str:
    """The command line: each command with its words, arguments and options."""
    from emo_utils.apps.cli import COMMANDS, GROUPS

    lines = [
        "# Commands",
        "",
        "Made from the program. `emo COMMAND -h` says the same; without the script, `python -m emo_utils` is `emo`.",
        "Exit codes: 0 done; 1 a bug; 2 the input or the request is wrong; 3 some clips failed, or lack an output.",
        "",
    ]
    for heading, functions in COMMANDS.items():
        lines += [f"## {heading}", ""]
        for function in functions:
            lines += _command(function.__name__, function)
    for heading, group in GROUPS.items():
        lines += [f"## {heading}", ""]
        for one in group.registered_commands:
            lines += _command(f"{group.info.name} {one.name or one.callback.__name__}", one.callback)
    return "\n".join(lines) + "\n"


def _command(name: str, function) -> list[str]:
    lines = [f"### emo {name}", ""]
    for paragraph in inspect.getdoc(function).split("\n\n"):
        example = paragraph.removeprefix("Example: ")
        lines += (["```bash", example, "```"] if example != paragraph else [_plain(paragraph)]) + [""]
    lines += ["| argument or option | value | default | meaning |", "|---|---|---|---|"]
    hints = get_type_hints(function, include_extras=True)
    for parameter in inspect.signature(function).parameters.values():
        kind, info = get_args(hints[parameter.name])
        cells = (_names(parameter.name, kind, info), _value(kind, info), _default(parameter, info), _plain(info.help))
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def _names(name: str, kind, info) -> str:
    if isinstance(info, ArgumentInfo):
        return f"`{info.metavar or name.upper()}`"
    option = f"--{name.replace('_', '-')}"
    said = (info.default, *(info.param_decls or ()))  # typer keeps the first name where a default would be
    given = [name for one in said if isinstance(one, str) for name in one.split("/")]
    names = given or ([option, f"--no-{option[2:]}"] if kind is bool else [option])
    return ", ".join(f"`{name}`" for name in names)


def _value(kind, info) -> str:
    if kind is bool or isinstance(info, ArgumentInfo):
        return ""
    plain = [one for one in get_args(kind) or (kind,) if one is not type(None)]
    words = {str: "text", int: "whole number", float: "number", Path: "path"}
    return info.metavar or ", ".join(words.get(one, "text") for one in plain)


def _default(parameter, info) -> str:
    if parameter.default is parameter.empty:
        return "required"
    if isinstance(info.show_default, str):
        return _plain(info.show_default)
    if parameter.default in (None, False):
        return ""
    return "on" if parameter.default is True else f"`{parameter.default}`"


def files_and_columns() -> str:
    """The data dictionary: every file of a clip's results, every column."""
    from emo_utils.inference.segmenting import MOTION_COLUMNS
    from emo_utils.measures.measure import measures
    from emo_utils.motion import segments_file
    from emo_utils.reports.clips.writer import in_order, writers
    from emo_utils.reports.studies import tables, variables
    from emo_utils.timeline import COLUMNS, STATUSES, VERSION

    every = in_order(list(writers))
    lines = ["# Files and columns", "", "Made from the program.", "", "## A clip's folder", ""]
    lines += ["| file | holds | output | written |", "|---|---|---|---|"]
    for one in every:
        when = "by default" if one.default else "where asked for"
        when = "always" if one.required else f"{when}, with {one.package}" if one.package else when
        lines += [f"| `{name}` | {_plain(text)} | `{one.name}` | {when} |" for name, text in one.files.items()]
    lines += ["", f"## timeline.csv, contract {VERSION}", ""]
    lines += _table("column", {**COLUMNS, **_per_class()})
    lines += ["", "### status", "", *_table("status", STATUSES), "", "## Measures, each added where asked for", ""]
    lines += ["| measure | column | meaning |", "|---|---|---|"]
    for name in measures:
        measure = measures.create(name)
        lines += [f"| `{name}` | `{column}` | {_plain(str(meaning))} |" for column, meaning in measure.columns.items()]
    lines += ["", "Some add numbers per person to `summary.json`:", ""]
    lines += ["| measure | number | meaning |", "|---|---|---|"]
    for name in measures:
        added = measures.create(name).summary.items()
        lines += [f"| `{name}` | `{number}` | {_plain(str(meaning))} |" for number, meaning in added]
    lines += ["", "## segments.csv", "", *_table("column", segments_file.COLUMNS)]
    lines += ["", "## motion.csv", "", *_table("column", MOTION_COLUMNS)]
    lines += ["", "## Tables over several clips, beside manifest.csv", "", *_table("file", tables.FILES)]
    layout = variables.Layout(("<emotion>",), ("<measure>",), baseline=True)
    found = {
        "people.csv": variables.people_variables(layout),
        "people_long.csv": variables.LONG,
        "events.csv": variables.event_variables(layout, ("<other column>",), (-1.0, 0.0)),
    }
    for name, columns in found.items():
        lines += ["", f"### {name}", "", "| column | type | unit | meaning |", "|---|---|---|---|"]
        lines += [f"| `{key}` | {one.type} | {one.unit} | {_plain(one.meaning)} |" for key, one in columns.items()]
    return "\n".join(lines) + "\n"


def _per_class() -> dict[str, str]:
    return {
        "p_<emotion>": "this frame's probability of the emotion; stands before smoothed_emotion, a column per class",
        "smoothed_p_<emotion>": "the same after smoothing over time; stands after smoothed_confidence",
        "b_<emotion>": "the smoothed probability after the person's baseline is taken off; empty without a baseline; "
        "stands after baseline_confidence",
    }


def _table(head: str, meanings: dict[str, str]) -> list[str]:
    return [f"| {head} | meaning |", "|---|---|", *(f"| `{key}` | {_plain(text)} |" for key, text in meanings.items())]


def action_units() -> str:
    """The action units of FACS beside the blendshapes that show a similar movement, as a table."""
    from emo_utils.measures.blendshapes import ACTION_UNITS, column_of

    columns = {unit: ", ".join(f"`{column_of(name)}`" for name in names) for unit, names in ACTION_UNITS.items()}
    rows = [f"| {unit} | {names} |" for unit, names in columns.items()]
    return "\n".join(["| action unit of FACS | blendshapes |", "|---|---|", *rows])


def python() -> str:
    """What `import emo_utils as emo` offers."""
    import emo_utils

    lines = ["# Python", "", "Made from the docstrings of what `import emo_utils as emo` offers.", ""]
    for name in emo_utils.__all__:
        thing = getattr(emo_utils, name)
        if isinstance(thing, str):
            continue
        lines += [f"## emo.{name}", "", *_docstring(f"emo.{name}", thing)]
        if inspect.isclass(thing):
            methods = [(key, value) for key, value in vars(thing).items() if not key.startswith("_")]
            for key, value in methods:
                if inspect.isfunction(value) or isinstance(value, property):
                    lines += [f"### {name}.{key}", "", *_docstring(key, value)]
    return "\n".join(lines) + "\n"


def _docstring(name: str, thing) -> list[str]:
    try:
        head = [] if isinstance(thing, property) else [f"{name}{inspect.signature(thing)}"]
    except (TypeError, ValueError):
        head = []
    return ["```text", *head, *([""] if head else []), inspect.getdoc(thing) or "", "```", ""]


def _plain(text: str) -> str:
    """Words that are no Markdown and no HTML."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("|", "\\|").replace("*", "\\*")


def _in_site(source: str) -> str:
    if source.startswith(f"{CARDS}/"):
        return f"models/{PurePosixPath(source).name}"
    return source.removeprefix("docs/")


def _beside(path: str, target: str) -> str:
    return os.path.normpath(PurePosixPath(path).parent / target).replace(os.sep, "/")
