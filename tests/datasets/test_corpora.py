"""What every corpus owes, and that a new one gets all of it from one file."""

import sys
from pathlib import Path

import pytest
from layouts import touch

import emo_utils.datasets.corpora as package
from emo_utils.datasets.corpus import Corpus
from emo_utils.datasets.facts import Facts
from emo_utils.datasets.frozen import freeze, load_frozen
from emo_utils.datasets.registry import corpora
from emo_utils.datasets.splits import check_people, make_folds, make_split
from emo_utils.errors import AssetError, CorpusError
from emo_utils.labels import ALL_EMOTIONS

PUBLIC = ["affectnet", "ckplus", "cremad", "fer2013", "ferplus", "folder", "jaffe", "javanese", "kdef", "mead"]
PUBLIC += ["rafdb", "ravdess", "savee", "stock"]
MADE_HERE = {"sample"}


NEWCOMERS = Path(__file__).parents[1] / "support" / "newcomers" / "emo_utils" / "datasets" / "corpora"


@pytest.fixture
def toy(monkeypatch):
    """Drop one file into the folder of corpora, as somebody who adds one would; take it away afterwards."""
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(NEWCOMERS)])
    monkeypatch.setattr(corpora, "_factories", dict(corpora._factories))
    monkeypatch.setattr(corpora, "_discovered", False)
    yield "newcomer"
    sys.modules.pop("emo_utils.datasets.corpora.newcomer", None)


def test_all_promised_corpora_are_registered():
    assert set(PUBLIC) | MADE_HERE <= set(corpora)


@pytest.mark.parametrize("name", list(corpora))
def test_a_corpus_says_its_terms_and_its_classes(name):
    corpus = corpora.create(name)
    assert isinstance(corpus, Corpus)
    assert corpus.name == name
    assert corpus.synthetic == (name in MADE_HERE)
    assert len(corpus.licence) > 3
    assert len(corpus.citation) > 3
    assert set(corpus.classes) <= set(ALL_EMOTIONS)
    assert len(set(corpus.classes)) == len(corpus.classes) >= 2


@pytest.mark.parametrize("name", list(corpora))
def test_labels_map_into_canonical_names_and_nothing_else(name):
    facts = corpora.get(name).facts
    assert facts.name == name
    assert set(facts.labels.values()) <= set(ALL_EMOTIONS)
    assert facts.classes == tuple(dict.fromkeys(facts.labels.values()))
    assert facts.homepage
    with pytest.raises(CorpusError, match="known: "):
        facts.emotion("no such label")


@pytest.mark.parametrize("name", PUBLIC)
def test_an_absent_corpus_says_where_it_looked_and_what_to_do(name, tmp_path):
    corpus = corpora.create(name, root=tmp_path / "nowhere")
    with pytest.raises(CorpusError) as error:
        corpus.index()
    assert str(tmp_path / "nowhere") in str(error.value)
    assert "does not exist" in str(error.value)
    assert any(
        hint in str(error.value)
        for hint in ("emo fetch", "Ask its authors", "Put your files", "FERPLUS_ARCHIVE", "JAVANESE_ROOT")
    )


@pytest.mark.parametrize("name", PUBLIC)
def test_the_card_of_an_absent_corpus_still_tells_its_terms(name, tmp_path):
    card = corpora.create(name, root=tmp_path / "nowhere").card()
    assert "not on this machine" in str(card)
    assert corpora.get(name).facts.licence.split("|")[0] in str(card)
    assert card._repr_html_().startswith("<table>")


@pytest.mark.parametrize("name", ["ckplus", "ferplus", "folder"])
def test_what_no_program_may_download_says_how_it_is_had(name, tmp_path):
    with pytest.raises(CorpusError, match="cannot be downloaded by a program"):
        corpora.create(name, root=tmp_path).fetch()


@pytest.mark.parametrize("name", PUBLIC)
def test_the_default_root_is_the_data_folder(name, tmp_path, monkeypatch):
    monkeypatch.setenv("EMO_DATA_DIR", str(tmp_path))
    for key in ("FERPLUS_ARCHIVE", f"{name.upper()}_ROOT"):
        monkeypatch.delenv(key, raising=False)
    expected = "ferplus.zip" if name == "ferplus" else name
    assert corpora.create(name).root == tmp_path / "raw" / expected


def test_facts_refuse_a_label_that_maps_to_no_canonical_noun():
    with pytest.raises(ValueError, match="happy"):
        Facts("x", "X", {"HAP": "happy"}, "CC0", "nobody", "none", "Draw it.")


def test_a_new_corpus_in_one_file_gets_index_card_splits_and_freezing(toy, tmp_path):
    root = tmp_path / "files"
    for person in ("ann", "ben", "cem", "dua", "eva", "fin"):
        for label in ("grin", "frown"):
            touch(root / f"{person}_{label}_1.mp4")
    corpus = corpora.create(toy, root=root)
    clips = corpus.index()

    assert isinstance(corpus, Corpus)
    assert [clip.clip_id for clip in clips[:2]] == ["ann_frown_1", "ann_grin_1"]
    assert "happiness 6, anger 6" in str(corpus.card())
    assert "| people | 6 |" in str(corpus.card())
    assert "Toy faces" in corpus._repr_html_()
    folds = make_folds(clips, "subject", folds=3)
    assert sorted(clip.clip_id for fold in folds for clip in fold.test) == [clip.clip_id for clip in clips]
    assert check_people(make_split(clips, "random")).people == 6
    freeze(folds[0], tmp_path / "split.csv")
    assert load_frozen(tmp_path / "split.csv", clips) == folds[0]
    with pytest.raises(CorpusError, match="publishes no split"):
        make_split(clips, "official")
    touch(root / "ann_smirk_1.mp4")
    with pytest.raises(CorpusError, match="'smirk' is not a label"):
        corpus.index()


def test_the_toy_left_no_trace():
    assert "newcomer" not in corpora


def test_stock_without_an_id_says_which_setting_lacks(tmp_path, monkeypatch):
    monkeypatch.setenv("DATASET_DOWNLOAD_ID", "")
    with pytest.raises(AssetError, match="DATASET_DOWNLOAD_ID is not set"):
        corpora.create("stock", root=tmp_path).fetch()
