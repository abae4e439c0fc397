"""The shape of the notebooks; that they run is `make notebooks`."""

import json
from pathlib import Path

import papermill
import pytest

NOTEBOOKS = sorted((Path(__file__).resolve().parents[1] / "notebooks").glob("*.ipynb"))
LONGEST_CELL_LINES = 12
LARGEST_BYTES = 1_000_000


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
        assert len(lines) <= LONGEST_CELL_LINES or "import" in lines[0]


def test_its_outputs_are_kept_and_hold_no_error(notebook):
    outputs = [output for cell in cells(notebook, "code") for output in cell["outputs"]]
    assert any("image/png" in output.get("data", {}) for output in outputs), "no picture"
    assert not [output for output in outputs if output["output_type"] == "error"]
    assert notebook.stat().st_size <= LARGEST_BYTES


def test_no_path_of_the_writers_machine_is_kept(notebook):
    text = notebook.read_text()
    for place in ("/home/", "/Users/", "/root/", "/tmp/", "/work/", "site-packages"):
        assert place not in text
