"""What the README and the guide tell a reader to type exists, and what they link to is there."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from emo_utils.apps.cli import app

ROOT = Path(__file__).resolve().parents[2]
SPACE, README = re.fullmatch(
    r"---\n(.*?)\n---\n(.*)", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL
).groups()
"""The settings of the Space, and the text."""

PAGES = [ROOT / "README.md", ROOT / "docs" / "index.md", *sorted((ROOT / "docs" / "guide").glob("*.md"))]
LONGEST = 900
"""Words of the README before the tree of folders, tables not counted."""

COMMANDS = typer.main.get_command(app).commands
PLACE = "https://github.com/OWNER/emo-utils"


def typed(page: Path) -> list[list[str]]:
    """The words of each line of the page's shell blocks, without comments."""
    blocks = re.findall(r"```bash\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return [words for block in blocks for line in block.splitlines() if (words := shlex.split(line, comments=True))]


def emo_lines() -> list[list[str]]:
    heads = (["emo"], [".venv/bin/emo"], ["python", "-m", "emo_utils"])
    lines = [(words, head) for page in PAGES for words in typed(page) for head in heads if words[: len(head)] == head]
    return [words[len(head) :] for words, head in lines]


@pytest.mark.parametrize("words", emo_lines(), ids=" ".join)
def test_commands_and_options_exist(words):
    name, *rest = words
    assert name in COMMANDS
    command = COMMANDS[name]
    if hasattr(command, "commands"):
        command = command.commands[rest[0]]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in rest if word.startswith("-")} <= known | {"-h"}


def test_make_targets_exist():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = {words[1] for page in PAGES for words in typed(page) if words[0] == "make"}
    assert {"demo", "test"} <= asked <= targets


def test_the_readme_is_short():
    text = README[: README.index("## The repository")]
    assert len(" ".join(line for line in text.splitlines() if not line.startswith("|")).split()) <= LONGEST


def test_the_table_of_the_real_corpus_is_that_of_the_committed_figures(monkeypatch, tmp_path):
    """After `make real-tables`, copy the table that it prints."""
    from emo_utils.reports.runs.real_rows import real_markdown
    from emo_utils.workflows.tables.build import table_rows

    monkeypatch.setenv("EMO_DATA_DIR", str(tmp_path))
    assert real_markdown(table_rows("REAL")) in README


def test_links_of_the_readme_lead_somewhere_and_pictures_show_outside_the_repository():
    for mark, target in re.findall(r"(!?)\[[^\]]*\]\(([^)]+)\)", README):
        if mark:
            assert target.startswith("https://"), "PyPI shows no picture of a relative address"
            target = target.split("/main/")[1]
        assert (ROOT / target).exists(), target


def test_the_tree_names_the_folders_there_are():
    named = set(re.findall(r"^  (\w+)/", README, re.MULTILINE))
    assert named == {path.name for path in (ROOT / "emo_utils").iterdir() if path.is_dir() and path.name[0] != "_"}


def test_the_files_that_the_architecture_names_exist():
    text = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
    (tree,) = re.findall(r"```\n(emo_utils/.*?)```", text, re.DOTALL)
    there = {path.name for path in (ROOT / "emo_utils").rglob("*.py")}
    assert set(re.findall(r"\w+\.py", tree)) <= there
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "emo_utils").rglob("*.py")}
    named = set(re.findall(r"`([a-z_]+/[a-z_/]+\.py)`", text))
    assert {f"emo_utils/{name}" for name in named if not name.startswith("tests/")} <= modules


@pytest.mark.parametrize("file", ["README.md", "pyproject.toml", "CITATION.cff", "mkdocs.yml"])
def test_the_project_has_one_address(file):
    text = (ROOT / file).read_text(encoding="utf-8")
    assert PLACE in text
    assert len(set(re.findall(r"https://github\.com/(\w+)/emo-utils", text))) == 1


def test_what_python_offers_in_the_readme_is_offered():
    import emo_utils

    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert all(hasattr(emo_utils, name) for name in re.findall(r"\bemo\.(\w+)", code))
    attributes = set(re.findall(r"\banalysis\.(\w+)", code))
    assert attributes
    assert attributes <= set(dir(emo_utils.Analysis))


def test_the_settings_of_the_space_fit_the_pins():
    settings = dict(re.split(r":\s*", line, maxsplit=1) for line in SPACE.splitlines())
    assert f"\ngradio=={settings['sdk_version']}\n" in (ROOT / "requirements.txt").read_text()
    assert settings["sdk"] == "gradio"
    assert (ROOT / settings["app_file"]).exists()
    assert len(settings["short_description"]) <= 60
