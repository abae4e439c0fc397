"""The shape of the notebooks; that they run is `make notebooks`."""

import json
from pathlib import Path

import papermill
import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))
LONGEST_CELL_LINES = 12
LARGEST_BYTES = 1_000_000
MOST_IMPORTS = 7
COURSE = [path for path in NOTEBOOKS if path.stem[:2] <= "08"]


def cells(path: Path, kind: str) -> list[dict]:
    return [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == kind]


def source(cell: dict) -> str:
    return "".join(cell["source"])


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request) -> Path:
    return request.param


def test_there_are_notebooks():
    assert len(NOTEBOOKS) >= 8


def test_it_says_what_it_reads_writes_and_takes(notebook):
    first = source(cells(notebook, "markdown")[0])
    assert first.startswith(f"# {notebook.stem[:2]} · ")
    for word in ("reads", "writes", "takes"):
        assert f"| {word} |" in first


def test_parameters_come_before_everything_else(notebook):
    assert "parameters" in cells(notebook, "code")[0]["metadata"].get("tags", [])


def test_its_parameters_can_be_set_from_outside(notebook):
    """By papermill, as `make notebooks CORPUS=...` does: it must find the parameters, each with its default."""
    found = papermill.inspect_notebook(str(notebook))
    assert {"CORPUS", "CLIP"} & set(found)
    assert {"DATA", "OUT"} & set(found), "where it reads or writes"


def test_it_is_thin(notebook):
    for cell in cells(notebook, "code"):
        lines = source(cell).splitlines()
        assert not [line for line in lines if line.lstrip().startswith(("def ", "class ", "async def "))]
        is_parameters = "parameters" in cell["metadata"].get("tags", [])
        assert len(lines) <= LONGEST_CELL_LINES or "import" in lines[0] or is_parameters


def test_its_outputs_are_kept_and_hold_no_error(notebook):
    outputs = [output for cell in cells(notebook, "code") for output in cell["outputs"]]
    assert any("image/png" in output.get("data", {}) for output in outputs), "no picture"
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert notebook.stat().st_size <= LARGEST_BYTES


def test_no_path_of_the_writers_machine_is_kept(notebook):
    text = notebook.read_text()
    for place in ("/home/", "/Users/", "/root/", "/tmp/", "/work/", "site-packages"):
        assert place not in text


@pytest.fixture(params=COURSE, ids=lambda path: path.stem)
def lesson(request) -> Path:
    return request.param


def test_a_lesson_has_an_aim_and_a_question_whose_answer_is_folded(lesson):
    texts = [source(cell) for cell in cells(lesson, "markdown")]
    assert "**Aim.**" in texts[0]
    assert "**What you should see.**" in texts[0]
    assert [text for text in texts if "## A question" in text and "<summary>Answer</summary>" in text]


def test_it_imports_where_it_uses(lesson):
    for cell in cells(lesson, "code"):
        imports = [line for line in source(cell).splitlines() if line.startswith(("import ", "from "))]
        assert len(imports) <= MOST_IMPORTS


def test_no_output_is_a_raw_dump_or_needs_a_running_notebook(lesson):
    assert "widgets" not in json.loads(lesson.read_text())["metadata"]
    for output in (output for cell in cells(lesson, "code") for output in cell["outputs"]):
        data = output.get("data", {})
        assert "application/vnd.jupyter.widget-view+json" not in data
        if set(data) == {"text/plain"}:
            assert not "".join(data["text/plain"]).startswith(("{", "[", "("))
