"""The site: what the program offers stands in it, and nothing on it leads nowhere."""

import importlib.util
import re
from pathlib import Path

import pytest

pytest.importorskip("mkdocs", reason="needs the extra 'docs'")

from emo_utils.apps.cli import COMMANDS, GROUPS
from emo_utils.timeline import COLUMNS

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = [function for functions in COMMANDS.values() for function in functions]


@pytest.fixture(scope="module")
def site():
    """The hook that MkDocs runs."""
    spec = importlib.util.spec_from_file_location("build_pages", ROOT / "docs" / "build_pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def built(site, tmp_path_factory) -> Path:
    """The whole site, strictly built."""
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    folder = tmp_path_factory.mktemp("site")
    build(load_config(str(ROOT / "mkdocs.yml"), site_dir=str(folder), strict=True))
    return folder


def test_every_command_and_option_is_in_the_reference(site):
    page = site.commands()
    for function in FUNCTIONS:
        assert f"### emo {function.__name__}\n" in page
        assert f"```bash\nemo {function.__name__}" in page
    for group in GROUPS.values():
        for one in group.registered_commands:
            assert f"```bash\nemo {group.info.name} {one.name or one.callback.__name__}" in page
    for option in (
        "`--out`, `-o`",
        "`--annotated`, `--no-annotated`",
        "`--find-segments`, `--no-segments`",
        "`CLIP...`",
    ):
        assert option in page
    assert "| `--split` | text | test |" in page


def test_every_column_is_in_the_dictionary(site):
    page = site.files_and_columns()
    assert all(f"| `{name}` |" in page for name in COLUMNS)
    per_class = ("`p_<emotion>`", "`smoothed_p_<emotion>`", "`b_<emotion>`")
    assert all(name in page for name in ("`valence`", "`onset_s`", "`annotated.mp4`", *per_class))


def test_the_site_is_built_without_a_warning_and_fetches_nothing(built):
    pages = list(built.rglob("*.html"))
    assert {"reference", "models", "guide", "experiments"} <= {path.name for path in built.iterdir()}
    elsewhere = re.compile(r"<(?:script|img|iframe)[^>]*src=\"?https?://|<link[^>]*stylesheet[^>]*https?://")
    assert not [page for page in pages if elsewhere.search(page.read_text(encoding="utf-8"))]


def test_links_of_a_model_card_lead_into_the_site(built):
    card = (built / "models" / "ferplus" / "index.html").read_text()
    assert re.search(r"href=\"?\.\./ferplus-int8/", card)
    assert re.search(r"src=\"?\.\./\.\./Assets/results/ferplus_confusion\.png", card)
    assert "/blob/main/emo_utils/inference/prior.py" in card
