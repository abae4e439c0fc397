"""What the command line says of itself."""

import re
from pathlib import Path

import pytest
import typer

from emo_utils import __version__
from emo_utils.apps.cli import COMMANDS, GROUPS, app

ROOT = Path(__file__).resolve().parents[2]
GROUP = typer.main.get_command(app)
EVERY = {
    **GROUP.commands,
    **{
        f"{name} {inner}": one
        for name, group in GROUP.commands.items()
        for inner, one in getattr(group, "commands", {}).items()
    },
}
"""Commands by their words, also those of groups, such as `journal add`."""


def test_help_lists_every_command_under_its_heading(emo):
    code, out, _ = emo("-h")
    assert code == 0
    for heading, group in GROUPS.items():
        assert out.index(heading) < out.index(f"│ {group.info.name} ")
    for heading, commands in COMMANDS.items():
        assert all(out.index(heading) < out.index(f"│ {command.__name__} ") for command in commands)


@pytest.mark.parametrize("name", EVERY)
def test_each_command_shows_an_example_and_out_has_a_short_form(emo, name):
    code, out, _ = emo(*name.split(), "-h")
    assert code == 0
    assert f"Example: emo {name}" in out
    for parameter in EVERY[name].params:
        assert "--out" not in parameter.opts or "-o" in parameter.opts


@pytest.mark.parametrize("name", EVERY)
def test_no_text_is_lost_as_markup(name):
    """Help is printed by rich, which takes [words in brackets] for styles."""
    command = EVERY[name]
    texts = [command.help or "", *(parameter.help or "" for parameter in command.params)]
    assert not [text for text in texts if re.search(r"\[[a-z#/@]", text)]


def test_the_version_is_the_one_of_the_package_and_of_the_citation(emo):
    assert emo("--version") == (0, f"emo-utils {__version__}\n", "")
    assert f"\nversion: {__version__}\n" in (ROOT / "CITATION.cff").read_text()
    assert f'\nversion = "{__version__}"\n' in (ROOT / "pyproject.toml").read_text()


def test_the_shell_can_complete(monkeypatch, emo):
    monkeypatch.setenv("_EMO_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "emo an")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert emo()[1].split() == ["analyze"]
