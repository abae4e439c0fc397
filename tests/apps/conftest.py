"""The command line in this process, and a machine on which there is nothing yet."""

import sys

import pytest

from emo_utils.apps import cli
from emo_utils.workflows.tables import build as tables


@pytest.fixture
def nothing_here(monkeypatch, tmp_path):
    """No corpora, no runs, no committed evidence."""
    monkeypatch.setenv("EMO_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("FERPLUS_ARCHIVE", str(tmp_path / "absent.zip"))
    monkeypatch.setenv("RAVDESS_AU", str(tmp_path / "data" / "raw" / "ravdess_au"))
    monkeypatch.setattr(tables, "EVIDENCE", tmp_path / "absent.csv")


@pytest.fixture
def emo(monkeypatch, capsys):
    """Run `emo` in this process; gives exit code, output, errors."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["emo", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        done = capsys.readouterr()
        return ended.value.code or 0, done.out, done.err

    return run
