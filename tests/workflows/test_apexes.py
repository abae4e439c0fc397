"""Clips that hold one expression each: a table with a row for every clip that shows a face."""

import pandas as pd
import pytest
from typer.testing import CliRunner

from emo_utils.apps.cli import app
from emo_utils.errors import SegmentsError
from emo_utils.inference.options import AnalysisOptions
from emo_utils.motion.segments_file import COLUMNS, read_segments
from emo_utils.workflows.apexes import find_apexes


def test_every_clip_gets_exactly_one_row_and_a_bad_one_is_named(clips, tmp_path):
    out = tmp_path / "apexes.csv"
    names = [clips / "single_face.mp4", clips / "no_face.mp4", clips / "labelled" / "happiness.mp4"]
    done = CliRunner().invoke(app, ["apex", *map(str, names), "--out", str(out)])
    assert done.exit_code == 3, "some failed"
    assert "no_face.mp4: FAILED" in done.stdout
    table = pd.read_csv(out)
    assert list(table.columns) == list(COLUMNS)
    assert list(table["clip"]) == ["single_face.mp4", "happiness.mp4"]
    assert list(table["emotion"]) == ["happiness", "happiness"]
    assert 24 <= table["apex"][0] <= 68
    assert table["region"][0] in ("mouth", "cheeks")
    assert [mark.apex for mark in read_segments(out)] == list(table["apex"]), "as --segments wants it"


def test_a_clip_without_a_face_is_an_error_where_it_is_the_only_one(clips):
    with pytest.raises(SegmentsError, match="no_face.mp4: expected a face"):
        find_apexes([clips / "no_face.mp4"], AnalysisOptions(identity_weights="none"), progress=False)
