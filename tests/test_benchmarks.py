"""The table of `make bench`: goals, what is written is what is read, and every part is described."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "benchmarks" / "performance"


@pytest.fixture
def rows(monkeypatch):
    """The module of rows, which the benchmark imports from its own folder."""
    monkeypatch.syspath_prepend(str(FOLDER))
    import rows

    yield rows
    sys.modules.pop("rows")


def test_the_median_decides_whether_a_goal_is_met(rows):
    at_most, at_least = rows.Goal(2.0), rows.Goal(12.0, at_least=True)
    assert rows.Row.of("ratio", "a", [1.9, 9.0, 1.0], "times", at_most).verdict == "met"
    assert rows.Row.of("ratio", "a", [2.1, 9.0, 1.0], "times", at_most).verdict == "not met"
    assert rows.Row.of("fer", "a", [13.0, 11.0, 12.5], "times", at_least).verdict == "met"
    assert rows.Row("fer", "a", None, "times", goal=at_least, note="not installed").verdict == "not met"
    assert rows.Row("fer", "a", 3.0, "times").verdict == ""


def test_the_table_is_read_as_it_was_written(rows, tmp_path):
    written = [
        rows.Row.of("ratio", "timeline over decoding", [2.0, 1.0, 3.0], "times", rows.Goal(2.0)),
        rows.Row("fer", "fer with MTCNN", None, "ms a frame", note="ended with signal 11"),
        rows.Row("fer", "emo, faster", 30.0, "times", 29.0, 31.0, 5, rows.Goal(12.0, at_least=True)),
    ]
    about = {"date": "2026-01-01 00:00 UTC", "commit": "abc"}
    rows.write_csv(tmp_path / "table.csv", written, about)
    assert rows.read_csv(tmp_path / "table.csv") == (written, about)


def test_an_unknown_part_is_refused_with_the_names_of_all_and_the_readme_describes_each():
    run = subprocess.run([sys.executable, FOLDER, "speed"], capture_output=True, text=True, timeout=120)
    assert run.returncode == 2
    parts = re.search(r"expected some of (.*)", run.stderr)[1].split(", ")
    readme = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    table = readme[readme.index("| part |") : readme.index("## Accuracy")]
    assert set(parts) == set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (.*?) \|", table, re.MULTILINE))))
