"""Pictures of one's own, all the way: prepared, trained on, started from another run; what can fail does so first."""

import json
from pathlib import Path

import pytest
from still_sets import drawn, jaffe, rafdb, save
from typer.testing import CliRunner

from emo_utils.apps.cli import app
from emo_utils.errors import AssetError, EmoError, WeightsError
from emo_utils.run_folder import RunFolder
from emo_utils.workflows.sources import default_representation
from emo_utils.workflows.train import train

FOLDERS = ("happy", "sad", "neutral")
TINY = ["--option", "widths=(8,16)", "--option", "blocks=1", "--epochs", "1", "--batch-size", "8"]


@pytest.fixture
def data(tmp_path, monkeypatch) -> Path:
    """An empty data folder."""
    monkeypatch.setenv("EMO_DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def pictures(tmp_path) -> Path:
    """Faces of four people in folders by emotion."""
    for label, name in enumerate(FOLDERS):
        for person in range(4):
            for take in range(2):
                save(tmp_path / "mine" / name / f"p{person}_{take}.png", drawn(label, 48, 10 * person + take))
    return tmp_path / "mine"


def run(*arguments) -> str:
    done = CliRunner().invoke(app, list(map(str, arguments)))
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.stdout


def test_a_folder_is_prepared_and_trained_on_as_single_faces(data, pictures):
    own = ("folder", "--root", pictures, "--subject", r"/(p\d)_", "--faces", "asis")
    made = json.loads(run("prepare", *own, "--representation", "frame", "--workers", 1, "--json"))
    assert (made["clips"], made["ok"]) == (24, 24)
    found = json.loads(run("train", *own, "--representation", "frame", "--folds", 4, "--fold", 0, *TINY, "--json"))
    assert (found["n"], found["subjects"]) == (6, 1)
    fold = RunFolder(found["folder"]).fold(0)
    assert fold.weights_file.exists(), "such a network reads clips"
    assert fold.experiment()["representation"]["faces"] == "asis"

    later = (*own, "--folds", 4, "--fold", 0, *TINY, "--weights", found["folder"], "--seed", 1)
    second = json.loads(run("train", *later, "--json"))
    assert json.loads(RunFolder(second["folder"]).fold(0).start_file.read_text())["head"] == "kept"
    assert RunFolder(second["folder"]).fold(0).sidecar()["start"]["folder"] == str(fold.path)


def test_pictures_are_trained_on_as_frames_unless_told(data, pictures, tmp_path):
    assert default_representation("folder", {"root": pictures, "subject": r"/(p\d)_"}) == "frame"
    assert default_representation("jaffe", {"root": jaffe(tmp_path / "jaffe")}) == "frame"
    assert default_representation("rafdb", {}) == "frame"
    (pictures / "happy" / "p9_0.mp4").touch()
    assert default_representation("folder", {"root": pictures, "subject": r"/(p\d)_"}) == "stack"


def test_a_still_set_trains_with_its_official_split(data, tmp_path):
    root = rafdb(tmp_path / "rafdb", train=42, test=14)
    found = json.loads(run("train", "rafdb", "--root", root, *TINY, "--json"))
    assert found["n"] == 14
    assert len(found["classes"]) == 7


def test_corpora_that_are_read_as_they_lie_are_not_prepared(data):
    with pytest.raises(EmoError, match="`emo train rafdb` reads as they lie"):
        run("prepare", "rafdb")


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"backbone": "vit"}, AssetError, "ImageNet weights of vit_small"),
        ({"backbone": "face_net", "backbone_options": {"depth": 3}}, EmoError, "depth"),
        ({"backbone": "face_net", "optimizer": "adamm"}, EmoError, "optimizer: expected one of"),
        ({"backbone": "face_net", "weights": "no/such/run"}, WeightsError, "cannot start from 'no/such/run'"),
        ({"backbone": "face_net", "teachers": ("nobody",)}, EmoError, "nobody"),
    ],
)
def test_what_can_fail_does_so_before_anything_is_prepared(data, pictures, monkeypatch, settings, error, message):
    from emo_utils.models import imagenet
    from emo_utils.workflows.sources import Data

    monkeypatch.setattr(imagenet, "_ask_hub", _no_network)
    own = Data("folder", "apex", {"detector": "none"}, {"root": pictures, "subject": r"/(p\d)_"})
    with pytest.raises(error, match=message):
        train(own, settings, folds=4, fold=0)
    assert not (data / "prepared").exists()


def _no_network(*_):
    raise OSError("no network")


def test_absent_people_are_said_by_the_command(data, tmp_path):
    root = jaffe(tmp_path / "jaffe", people=("KA", "KL", "KM"))
    common = ("train", "jaffe", "--root", root, "--faces", "asis", "--fold", 0, *TINY)
    out = run(*common)
    said = "3 of the 10 people of JAFFE are here: the 10 folds of the literature are cut to 3, of 1, 1, 1 people"
    assert said in out
    folder = Path(out.splitlines()[-1])
    assert json.loads((folder / "metrics.json").read_text())["split_note"] == said
