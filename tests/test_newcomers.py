"""Whoever adds something adds one file, which is found by its name, and the tests of its kind run on it unasked."""

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
DROP_IN = TESTS / "support" / "newcomers"
GENERIC = {
    "corpus": "datasets/test_corpora.py",
    "face detector": "faces/detectors/test_detectors.py",
    "backbone": "models/test_backbones.py",
    "representation": "representations/test_representations.py",
    "measure": "measures/test_measures.py",
    "output": "reports/clips/test_writers.py",
}
"""The tests that are parametrised over each registry, as CONTRIBUTING.md's table names them."""


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory, clips) -> dict[str, dict[str, str]]:
    """Every generic test that ran on a file dropped into its package, by test module: passed, skipped, or failure.

    In a process of its own, since tests are collected once.
    """
    report = tmp_path_factory.mktemp("newcomers") / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "drop_in", "-k", "newcomer"]
    command += ["-o", "junit_family=xunit1", f"--junit-xml={report}", *(str(TESTS / file) for file in GENERIC.values())]
    paths = os.pathsep.join([str(DROP_IN), str(TESTS.parent), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True)
    found: dict[str, dict[str, str]] = {}
    for case in ET.parse(report).iter("testcase") if report.exists() else ():
        found.setdefault(Path(case.get("file")).name, {})[case.get("name")] = case[0].tag if len(case) else "passed"
    assert found, done.stdout + done.stderr
    return found


@pytest.mark.parametrize("kind", GENERIC)
def test_one_file_is_all_that_a_newcomer_needs(kind, outcomes):
    ran = outcomes.get(Path(GENERIC[kind]).name, {})
    assert "passed" in ran.values(), f"no test of the registry ran on a new {kind}"
    assert not {name for name, outcome in ran.items() if outcome not in ("passed", "skipped")}


@pytest.mark.parametrize("kind", GENERIC)
def test_the_table_for_newcomers_names_the_file_and_its_tests(kind):
    table = (TESTS.parent / "CONTRIBUTING.md").read_text()
    (row,) = [line for line in table.splitlines() if line.lower().startswith(f"| {kind} |")]
    assert f"`tests/{GENERIC[kind]}`" in row
    (package,) = {path.parent.relative_to(DROP_IN) for path in DROP_IN.rglob("newcomer.py")} & {
        Path(cell.strip(" `")) for cell in row.split("|")
    }
    assert (TESTS.parent / package).is_dir()
