import hashlib
import io
import zipfile
from collections import Counter

import pytest
from layouts import make_ravdess, ravdess_names, touch

from emo_utils.datasets.corpora import ravdess
from emo_utils.datasets.registry import corpora
from emo_utils.errors import AssetError, CorpusError


def test_speech_is_1440_takes_of_24_actors_counted_once(ravdess_tree):
    clips = corpora.create("ravdess", root=ravdess_tree).index()
    assert len(clips) == 1440
    assert Counter(clip.subject_id for clip in clips) == {f"actor_{actor:02}": 60 for actor in range(1, 25)}
    counts = Counter(clip.emotion for clip in clips)
    assert counts.pop("neutral") == 96
    assert counts == dict.fromkeys(("calm", "happiness", "sadness", "anger", "fear", "disgust", "surprise"), 192)
    assert Counter(clip.intensity for clip in clips) == {"normal": 768, "strong": 672}


def test_ids_are_those_of_the_real_measurements(ravdess_tree, shared):
    table = shared / "data" / "ravdess_au" / "action_unit_means.csv"
    if not table.is_file():
        pytest.skip(f"no RAVDESS measurements at {table}")
    real = {line.split(",", 1)[0] for line in table.read_text().splitlines()[1:]}
    assert {clip.clip_id for clip in corpora.create("ravdess", root=ravdess_tree).index()} == real


def test_picture_and_sound_is_read_where_both_files_of_a_take_are_there(ravdess_tree):
    clips = corpora.create("ravdess", root=ravdess_tree, actors=[5]).index()
    assert {clip.path.name[:2] for clip in clips} == {"01"}


def test_a_take_keeps_its_id_when_only_the_silent_file_is_there(tmp_path):
    root = make_ravdess(tmp_path, actors=[3], modalities=[2])
    clips = corpora.create("ravdess", root=root).index()
    assert [clip.clip_id for clip in clips] == sorted(ravdess_names(3, modality=1))
    assert {clip.path.name[:2] for clip in clips} == {"02"}


def test_a_file_name_is_read_field_by_field(tmp_path):
    touch(tmp_path / "Actor_12" / "02-01-06-02-02-01-12.mp4")
    (clip,) = corpora.create("ravdess", root=tmp_path).index()
    assert (clip.emotion, clip.intensity, clip.subject_id) == ("fear", "strong", "actor_12")
    assert clip.clip_id == "01-01-06-02-02-01-12"


def test_song_is_1012_takes_without_actor_18(tmp_path):
    root = make_ravdess(tmp_path, actors=[a for a in range(1, 25) if a != 18], modalities=[1], channel=2)
    corpus = corpora.create("ravdess", root=root, channels="song")
    clips = corpus.index()
    assert len(clips) == corpus.published_count() == 1012
    assert "actor_18" not in {clip.subject_id for clip in clips}
    assert corpora.create("ravdess", root=root, channels="song", actors=[17, 18, 19]).index()


def test_channels_and_actors_are_selected(ravdess_tree, tmp_path):
    assert len(corpora.create("ravdess", root=ravdess_tree, actors=range(1, 11)).index()) == 600
    both = make_ravdess(make_ravdess(tmp_path, actors=[1]), actors=[1], channel=2)
    assert len(corpora.create("ravdess", root=both, channels=("speech", "song")).index()) == 104
    assert len(corpora.create("ravdess", root=both).index()) == 60


def test_an_actor_who_was_asked_for_and_is_not_there_is_named(tmp_path):
    root = make_ravdess(tmp_path, actors=[1, 2])
    with pytest.raises(CorpusError, match="no clips of actor_03"):
        corpora.create("ravdess", root=root, actors=[1, 2, 3]).index()


@pytest.mark.parametrize("wrong", [{"actors": [0]}, {"actors": [25]}, {"actors": []}, {"channels": "dance"}])
def test_a_wrong_selection_is_refused_at_once(wrong, tmp_path):
    with pytest.raises(CorpusError, match="expected"):
        corpora.create("ravdess", root=tmp_path, **wrong)


def test_sound_alone_is_said_to_be_sound(tmp_path):
    touch(tmp_path / "Actor_01" / "03-01-01-01-01-01-01.wav")
    with pytest.raises(CorpusError, match="holds sound only"):
        corpora.create("ravdess", root=tmp_path).index()


def test_an_emotion_that_is_none_of_the_eight_is_an_error(tmp_path):
    touch(tmp_path / "01-01-09-01-01-01-01.mp4")
    with pytest.raises(CorpusError, match="'09' is not a label"):
        corpora.create("ravdess", root=tmp_path).index()


def test_the_card_tells_how_much_of_it_is_here(ravdess_tree, tmp_path):
    assert "1,440 (published: 1,440)" in str(corpora.create("ravdess", root=ravdess_tree).card())
    ten = make_ravdess(tmp_path, actors=range(1, 11), modalities=[1])
    assert "600 (published: 1,440)" in str(corpora.create("ravdess", root=ten).card())


@pytest.fixture
def zenodo(httpserver, monkeypatch):
    """A record with the speech of two actors, as Zenodo's interface gives it."""
    monkeypatch.setattr(ravdess, "ZENODO", httpserver.url_for("").rstrip("/"))
    files = []
    for actor in (1, 2):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name in ravdess_names(actor):
                archive.writestr(f"Actor_{actor:02}/{name}.mp4", b"")
        name, data = f"Video_Speech_Actor_{actor:02}.zip", buffer.getvalue()
        httpserver.expect_request(f"/records/1188976/files/{name}").respond_with_data(data)
        files.append({"key": name, "checksum": f"md5:{hashlib.md5(data).hexdigest()}", "size": len(data)})
    httpserver.expect_request("/api/records/1188976").respond_with_json({"files": files})
    return files


def test_fetch_brings_the_selected_actors_and_only_once(zenodo, httpserver, tmp_path):
    corpus = corpora.create("ravdess", root=tmp_path / "ravdess", actors=[1, 2])
    assert len(corpora.create("ravdess", root=corpus.fetch(progress=False)).index()) == 120
    assert len(corpus.index()) == 120
    assert not list(corpus.root.rglob("*.zip"))
    asked = len(httpserver.log)
    corpus.fetch(progress=False)
    assert len(httpserver.log) == asked == 3


def test_a_zip_whose_published_md5_is_another_is_refused(zenodo, tmp_path):
    zenodo[1]["checksum"] = "md5:" + "0" * 32
    corpus = corpora.create("ravdess", root=tmp_path, actors=[2])
    with pytest.raises(AssetError, match="another hash"):
        _with_record(corpus, zenodo)
    assert not list(tmp_path.rglob("*.mp4"))
    assert not list(tmp_path.rglob("*.part"))


def _with_record(corpus, files):
    """Fetch while the record's hashes are `files`."""
    hashes = {file["key"]: file["checksum"] for file in files}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ravdess, "_published_hashes", lambda: hashes)
        corpus.fetch(progress=False)


def test_zenodo_out_of_reach_says_what_to_do(httpserver, monkeypatch, tmp_path):
    monkeypatch.setattr(ravdess, "ZENODO", httpserver.url_for("").rstrip("/"))
    httpserver.expect_request("/api/records/1188976").respond_with_data("busy", status=503)
    with pytest.raises(AssetError, match="did not give the list of files"):
        corpora.create("ravdess", root=tmp_path, actors=[1]).fetch(progress=False)
