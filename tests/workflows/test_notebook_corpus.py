"""What the notebooks share: their corpus, whose faces are shown, which runs there are."""

import json

import numpy as np
import pandas as pd
import pytest
from IPython.display import Markdown
from layouts import make_stock, touch
from matplotlib.figure import Figure
from still_sets import rafdb

from emo_utils.errors import CorpusError, RunError
from emo_utils.evaluation.predictions import prediction_table, write_predictions
from emo_utils.run_folder import RunFolder
from emo_utils.workflows.notebooks import finished_runs, one_each, open_corpus, quick, videos_of

PICTURE = np.zeros((8, 8), np.uint8)


@pytest.fixture
def tree(tmp_path):
    """Clips of four people in folders by emotion."""
    for emotion in ("happy", "sad"):
        for person in range(4):
            touch(tmp_path / "mine" / emotion / f"p{person}_1.mp4")
    return tmp_path / "mine"


def test_a_folder_is_opened_by_two_parameters(tree):
    corpus = open_corpus("folder", tree, r"/(p\d)_")
    assert len(corpus.clips) == 8
    assert corpus.data("stack", interval=5).corpus_options == {"root": tree, "subject": r"/(p\d)_"}
    chosen = one_each(corpus.clips)
    assert len({clip.subject_id for clip in chosen.values()}) == len(chosen) == 2
    assert [clip.clip_id for clip in corpus.some(4)] == ["happy_p0_1", "happy_p3_1", "sad_p0_1", "sad_p3_1"]
    assert len(corpus.some(None)) == len(corpus.some(99)) == 8


def test_faces_of_a_real_corpus_are_shown_only_where_asked_for(tree):
    hidden = open_corpus("folder", tree, r"/(p\d)_").strip([PICTURE] * 3)
    assert isinstance(hidden, Markdown)
    assert "3 pictures of Your own folder, not shown" in hidden.data
    assert isinstance(open_corpus("folder", tree, r"/(p\d)_", faces=True).strip([PICTURE]), Figure)


def test_unless_told_it_is_the_real_corpus_where_that_lies(tmp_path, monkeypatch):
    monkeypatch.setenv("EMO_DATA_DIR", str(tmp_path))
    touch(tmp_path / "there" / "clips" / "01-01-01_01.mp4")
    monkeypatch.setenv("JAVANESE_ROOT", str(tmp_path / "there"))
    corpus = open_corpus()
    assert (corpus.name, corpus.faces, corpus.synthetic) == ("javanese", False, False)


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("rafdb", {}, "`emo train rafdb` trains on it"),
        ("stock", {"subject": "(.)"}, "does not take all of root, subject .*set what it does not take to None"),
        ("folder", {}, "who is in the files is not known"),
    ],
)
def test_what_a_notebook_cannot_read_is_said(tmp_path, tree, name, given, message):
    roots = {"rafdb": rafdb, "stock": make_stock, "folder": lambda _: tree}
    with pytest.raises(CorpusError, match=message):
        open_corpus(name, roots[name](tmp_path / name), **given)


def test_pictures_have_no_motion(tmp_path):
    touch(tmp_path / "happy" / "p1.png")
    with pytest.raises(CorpusError, match="expected videos, found 1 clip of pictures"):
        videos_of(open_corpus("folder", tmp_path, r"(p\d)").clips)


def test_quick_trains_one_epoch_and_changes_nothing_else():
    networks = {"vit": {"weights": "random", "epochs": 9}}
    assert quick(networks, True) == {"vit": {"weights": "random", "epochs": 1}}
    assert quick(networks, False) == networks


def finish(folder, representation="stack"):
    labels = np.arange(8) % 2
    probabilities = np.where(np.eye(2)[labels] == 1, 0.8, 0.2)
    names = [f"c{row}" for row in range(8)]
    people = [f"p{row % 4}" for row in range(8)]
    table = prediction_table(names, people, labels, ("happiness", "sadness"), probabilities, ("happiness", "sadness"))
    fold = RunFolder(folder).fold(0)
    fold.path.mkdir(parents=True)
    write_predictions(table, fold.predictions_file("test"))
    settings = {"corpus": "folder", "backbone": "face_net", "representation": {"name": representation}}
    fold.metrics_file.write_text(json.dumps({"experiment": {**settings, "protocol": "subject"}}))


def test_runs_are_found_once_and_missing_ones_named(tmp_path, tree):
    corpus = open_corpus("folder", tree, r"/(p\d)_")
    with pytest.raises(RunError, match=r"found none\. Run one of 05_stack_backbones\.ipynb, 06.*CORPUS = 'folder'"):
        finished_runs(corpus, tmp_path)
    for name in ("first", "renamed"):
        finish(tmp_path / "runs" / "folder" / name)
    runs, missing = finished_runs(corpus, tmp_path)
    assert len(runs) == 1, "the same run in two folders"
    assert "apex: 06_apex_and_frame_classifiers.ipynb; sequence: 07_sequence_models.ipynb" in missing
    assert isinstance(runs[0].predictions, pd.DataFrame)
