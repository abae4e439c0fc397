import csv
import hashlib
from collections import Counter

import numpy as np
import pytest
from layouts import touch

from emo_utils.datasets.corpora import cremad
from emo_utils.datasets.registry import corpora
from emo_utils.errors import AssetError, CorpusError

CLIPS = ("1001_DFA_ANG_XX", "1001_IEO_HAP_LO", "1002_DFA_SAD_XX")


def write_summary(path, votes):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["", "FileName", "FaceVote", "FaceLevel"])
        writer.writerows([i, name, vote, "50"] for i, (name, vote) in enumerate(votes.items()))
    return path


def test_the_7442_real_names_give_the_published_counts(cremad_tree):
    clips = corpora.create("cremad", root=cremad_tree).index()
    assert len(clips) == 7442
    assert len({clip.subject_id for clip in clips}) == 91
    counts = Counter(clip.emotion for clip in clips)
    assert counts.pop("neutral") == 1087
    assert counts == dict.fromkeys(("anger", "disgust", "fear", "happiness", "sadness"), 1271)
    assert Counter(clip.intensity for clip in clips) == {None: 6077, "low": 455, "medium": 455, "high": 455}


def test_a_file_name_is_read_field_by_field(tmp_path):
    path = touch(tmp_path / "VideoFlash" / "1076_IEO_DIS_HI.flv")
    (clip,) = corpora.create("cremad", root=tmp_path).index()
    assert (clip.clip_id, clip.path, clip.subject_id) == ("1076_IEO_DIS_HI", path, "actor_1076")
    assert (clip.emotion, clip.intensity) == ("disgust", "high")


def test_the_raters_labels_leave_ties_out(cremad_tree, cremad_tables):
    acted = corpora.create("cremad", root=cremad_tree).index()
    seen = corpora.create("cremad", root=cremad_tree, labels="face", votes=cremad_tables).index()
    assert len(seen) == 6972
    assert Counter(clip.emotion for clip in seen) == {
        "neutral": 2076,
        "happiness": 1266,
        "disgust": 1057,
        "anger": 968,
        "fear": 822,
        "sadness": 783,
    }
    by_id = {clip.clip_id: clip.emotion for clip in acted}
    agreeing = sum(by_id[clip.clip_id] == clip.emotion for clip in seen)
    assert 0.5 < agreeing / len(seen) < 0.8


def test_soft_labels_from_the_real_summary_share_ties(cremad_tree, cremad_tables):
    corpus = corpora.create("cremad", root=cremad_tree, votes=cremad_tables / "summaryTable.csv")
    clips = corpus.index()
    soft = corpus.soft_labels(clips)
    assert soft.shape == (7442, 6)
    assert soft.dtype == np.float32
    np.testing.assert_allclose(soft.sum(axis=1), 1, rtol=1e-6)
    assert int((soft.max(axis=1) == 1).sum()) == 6972
    assert int((np.isclose(soft.max(axis=1), 1 / 4)).sum()) == 8


def test_soft_labels_from_the_counts_are_shares_of_the_face_rows(tmp_path):
    touch(tmp_path / "VideoFlash" / "1001_IEO_SAD_HI.flv")
    table = tmp_path / "processedResults" / "tabulatedVotes.csv"
    table.parent.mkdir()
    rows = [
        '"","A","D","F","H","N","S","fileName","numResponses"',
        '"100007",0,0,0,9,0,0,"1001_IEO_SAD_HI",9',
        '"200007",3,0,3,0,2,2,"1001_IEO_SAD_HI",10',
        '"300007",0,9,0,0,0,0,"1001_IEO_SAD_HI",9',
    ]
    table.write_text("\n".join(rows))
    write_summary(table.with_name("summaryTable.csv"), {"1001_IEO_SAD_HI": "A:F"})
    corpus = corpora.create("cremad", root=tmp_path)
    np.testing.assert_allclose(corpus.soft_labels(corpus.index()), [[0.3, 0, 0.3, 0, 0.2, 0.2]], rtol=1e-6)
    assert corpus.classes == ("anger", "disgust", "fear", "happiness", "neutral", "sadness")
    assert corpora.create("cremad", root=tmp_path, labels="face").index() == []


def test_labels_by_raters_need_the_table(tmp_path):
    touch(tmp_path / "VideoFlash" / "1001_DFA_ANG_XX.flv")
    with pytest.raises(CorpusError, match=r"expected summaryTable\.csv or tabulatedVotes\.csv"):
        corpora.create("cremad", root=tmp_path, labels="face").index()


def test_a_clip_without_votes_is_named(tmp_path):
    touch(tmp_path / "VideoFlash" / "1001_DFA_ANG_XX.flv")
    write_summary(tmp_path / "summaryTable.csv", {"1002_DFA_ANG_XX": "A"})
    with pytest.raises(CorpusError, match="lack 1 clips, first 1001_DFA_ANG_XX"):
        corpora.create("cremad", root=tmp_path, labels="face").index()


def test_a_folder_of_sound_is_said_to_hold_no_pictures(tmp_path):
    touch(tmp_path / "AudioWAV" / "1001_DFA_ANG_XX.wav")
    with pytest.raises(CorpusError, match=r"sound only.*ejlok1/cremad.*VideoFlash"):
        corpora.create("cremad", root=tmp_path).index()


def test_a_clone_without_large_files_is_told_from_clips(tmp_path):
    path = touch(tmp_path / "VideoFlash" / "1001_DFA_ANG_XX.flv")
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 265922\n")
    with pytest.raises(CorpusError, match="git lfs pull"):
        corpora.create("cremad", root=tmp_path).index()


@pytest.mark.parametrize("name", ["1001_DFA_XYZ_XX.flv", "happy.mp4"])
def test_a_stray_name_is_an_error(name, tmp_path):
    touch(tmp_path / "VideoFlash" / name)
    with pytest.raises(CorpusError, match=r"XYZ|happy\.mp4"):
        corpora.create("cremad", root=tmp_path).index()


def test_unknown_kind_of_label(tmp_path):
    with pytest.raises(CorpusError, match="'voice'"):
        corpora.create("cremad", root=tmp_path, labels="voice")


@pytest.fixture
def repository(httpserver, monkeypatch, tmp_path):
    """The project's repository with three clips: a pointer with a SHA-256 for each, and the large file elsewhere."""
    monkeypatch.setattr(cremad, "POINTERS", httpserver.url_for("/raw"))
    monkeypatch.setattr(cremad, "MEDIA", httpserver.url_for("/media"))
    summary = write_summary(tmp_path / "served.csv", dict.fromkeys(CLIPS, "A")).read_bytes()
    httpserver.expect_request("/raw/processedResults/summaryTable.csv").respond_with_data(summary)
    httpserver.expect_request("/raw/processedResults/tabulatedVotes.csv").respond_with_data(b"counts")
    for name in CLIPS:
        data = name.encode() * 100
        sha256 = hashlib.sha256(data if name != CLIPS[2] else b"another").hexdigest()
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {len(data)}\n"
        httpserver.expect_request(f"/raw/VideoFlash/{name}.flv").respond_with_data(pointer)
        httpserver.expect_request(f"/media/VideoFlash/{name}.flv").respond_with_data(data)


def test_fetch_checks_each_clip_and_keeps_the_good_ones(repository, httpserver, tmp_path):
    root = tmp_path / "cremad"
    with pytest.raises(AssetError, match=r"1 of 3 clips could not be fetched; the first is 1002_DFA_SAD_XX: .*hash"):
        corpora.create("cremad", root=root).fetch(progress=False)
    assert [clip.clip_id for clip in corpora.create("cremad", root=root).index()] == list(CLIPS[:2])
    asked = Counter(request.path for request, _ in httpserver.log)
    with pytest.raises(AssetError):
        corpora.create("cremad", root=root).fetch(progress=False)
    again = Counter(request.path for request, _ in httpserver.log) - asked
    assert set(again) == {f"/raw/VideoFlash/{CLIPS[2]}.flv", f"/media/VideoFlash/{CLIPS[2]}.flv"}
