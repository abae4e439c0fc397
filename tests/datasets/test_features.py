"""A table of numbers per clip: who and what from the clip's name, or from columns."""

import numpy as np
import pytest

from emo_utils.datasets.csv_tables import TableError
from emo_utils.datasets.features import FeatureTable, load_features
from emo_utils.datasets.registry import corpora
from emo_utils.errors import CorpusError, UnknownNameError

FEAR, CALM = "01-01-06-02-02-01-12", "01-01-02-01-01-01-03"


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "features.csv"
        path.write_text(text)
        return path

    return write


def test_ravdess_names_tell_person_and_emotion(written):
    table = load_features("ravdess", written(f"clip,AU01_r,AU02_r\n{FEAR},0.5,1\n{CALM},2,3.25\n"))
    assert [clip.clip_id for clip in table.clips] == [CALM, FEAR], "in order of their ids"
    assert [clip.subject_id for clip in table.clips] == ["actor_03", "actor_12"]
    assert [clip.intensity for clip in table.clips] == ["normal", "strong"]
    assert table.classes == ("fear", "calm")
    assert table.names == ("AU01_r", "AU02_r")
    assert table.values.tolist() == [[2, 3.25], [0.5, 1]]
    assert table.labels_of(np.array([0, 1])).tolist() == [1, 0]
    assert table.rows_of(table.clips[1:]).tolist() == [1]


def test_file_names_and_other_modalities_are_the_same_take(written):
    table = load_features("ravdess", written("file,x\nActor_12/02-01-06-02-02-01-12.csv,1\n"))
    assert table.clips[0].clip_id == FEAR


def test_cremad_names_tell_person_and_emotion(written):
    (clip,) = load_features("cremad", written("clip,x\n1001_DFA_HAP_LO,1\n")).clips
    assert (clip.subject_id, clip.emotion, clip.intensity) == ("actor_1001", "happiness", "low")
    with pytest.raises(CorpusError, match="CREMA-D, '1001_HAP': expected a name like"):
        load_features("cremad", written("clip,x\n1001_HAP,1\n"))


@pytest.mark.parametrize("name", ["ravdess", "cremad"])
def test_a_clip_by_name_is_the_clip_of_the_index(name, request):
    corpus = corpora.create(name, root=request.getfixturevalue(f"{name}_tree"))
    clips = corpus.index()
    for clip in clips[:: len(clips) // 50]:
        named = corpus.clip_named(clip.clip_id)
        same = ("clip_id", "corpus", "subject_id", "emotion", "intensity")
        assert [getattr(named, key) for key in same] == [getattr(clip, key) for key in same]


def test_other_corpora_need_columns(written):
    table = load_features("stock", written("clip_id,subject_id,label,x\nb,Ann,happiness,1\na,Bob,anger,2\n"))
    assert [(clip.clip_id, clip.subject_id, clip.emotion) for clip in table.clips] == [
        ("a", "Bob", "anger"),
        ("b", "Ann", "happiness"),
    ]
    assert table.names == ("x",)
    with pytest.raises(TableError, match="columns subject_id and label"):
        load_features("stock", written("clip_id,x\na,1\n"))


def test_columns_must_agree_with_names(written):
    good = load_features("ravdess", written(f"clip,label,x\n{FEAR},fear,1\n"))
    assert good.names == ("x",)
    with pytest.raises(TableError, match="is fear by its name, but anger by the column"):
        load_features("ravdess", written(f"clip,label,x\n{FEAR},anger,1\n"))


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (f"clip,x\n{FEAR},high\n", TableError, f"found 'high' for '{FEAR}' in 'x'"),
        (f"clip,x\n{FEAR},\n", TableError, "finite numbers in x; found ''"),
        (f"clip,x\n{FEAR},nan\n", TableError, "finite numbers"),
        (f"clip,x\n{FEAR},inf\n", TableError, "finite numbers"),
        (f"clip,x\n{FEAR},1\n02{FEAR[2:]},1\n", TableError, f"each clip once, found '{FEAR}' again"),
        ("clip,x\nsmile_1,1\n", CorpusError, "RAVDESS, 'smile_1': expected seven numbers"),
        ("clip,x\n01-01-09-01-01-01-12,1\n", CorpusError, "'09' is not a label"),
        (f"clip\n{FEAR}\n", TableError, "columns of numbers beside clip"),
        ("x,z\n1,2\n", TableError, "the clip's id"),
    ],
)
def test_what_is_wrong_is_said(written, text, error, message):
    with pytest.raises(error, match=message):
        load_features("ravdess", written(text))


def test_unknown_corpora_and_clips_are_refused(written):
    with pytest.raises(UnknownNameError, match="ravdess"):
        load_features("ravdes", written(f"clip,x\n{FEAR},1\n"))
    table = load_features("ravdess", written(f"clip,x\n{FEAR},1\n"))
    with pytest.raises(TableError, match=f"none of '{CALM}'"):
        table.rows_of([corpora.get("ravdess").clip_named(CALM)])
    with pytest.raises(ValueError, match="expected shape"):
        FeatureTable("ravdess", table.clips, np.zeros((2, 1)), ("x",))


def test_real_action_units(shared):
    path = shared / "data" / "ravdess_au" / "action_unit_means.csv"
    if not path.is_file():
        pytest.skip(f"no RAVDESS measurements at {path}")
    table = load_features("ravdess", path)
    assert table.values.shape == (1440, 35)
    assert len({clip.subject_id for clip in table.clips}) == 24
    assert len(table.classes) == 8
