"""What is found beside a coding table: apex errors of cut clips, and spotting scores of long ones."""

import json

import pytest
from typer.testing import CliRunner

from emo_utils.apps.cli import app
from emo_utils.datasets.coding_tables import CodedExpression
from emo_utils.workflows.coded import coded_of


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_clip_is_known_by_its_name_alone_or_behind_the_person():
    codes = [CodedExpression(2, "01", "EP02_01f", 46, 59, 86), CodedExpression(3, "01", "EP03_02", 1, 2, 3)]
    assert [code.row for code in coded_of("EP02_01f", codes)] == [2]
    assert [code.row for code in coded_of("sub01_EP03_02", codes)] == [3]
    assert coded_of("EP3_02", codes) == []


@pytest.fixture
def codes(tmp_path):
    path = tmp_path / "codes.csv"
    path.write_text("Subject,Filename,OnsetFrame,ApexFrame,OffsetFrame\n1,single_face,17,40,70\n")
    return path


def test_spotting_is_scored_by_scale(clips, codes):
    done = run("spot", clips / "single_face.mp4", "--codes", codes, "--expressions", "macro", "--json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["macro"] == report["overall"] == {
        "precision": 1.0, "recall": 1.0, "f1": 1.0, "hits": 1, "false": 0, "missed": 0,
    }  # fmt: skip
    assert report["micro"]["recall"] is None, "none is coded"


def test_apexes_are_compared_from_the_onset(clips, codes):
    done = run("apex", clips / "single_face.mp4", "--codes", codes, "--json")
    report = json.loads(done.stdout)
    assert report["mean_apex_error_frames"] == abs(report["apexes"][0]["apex"] - (40 - 17))


def test_a_table_about_other_clips_is_an_error(clips, codes):
    done = run("spot", clips / "no_face.mp4", "--codes", codes)
    assert done.exit_code != 0
    assert "about none of the clips" in str(done.exception)
