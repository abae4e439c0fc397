import io
import zipfile
from collections import Counter

import gdown
import pytest
from layouts import make_stock, touch

from emo_utils.datasets.registry import corpora
from emo_utils.datasets.splits import check_people, make_split
from emo_utils.errors import AssetError, CorpusError


def test_five_classes_are_read_from_the_names(tmp_path):
    clips = corpora.create("stock", root=make_stock(tmp_path)).index()
    assert Counter(clip.emotion for clip in clips) == dict.fromkeys(
        ("anger", "happiness", "surprise", "neutral", "sadness"), 30
    )
    assert len({clip.subject_id for clip in clips}) == 150


def test_numbers_16_to_20_of_each_class_validate(tmp_path):
    split = make_split(corpora.create("stock", root=make_stock(tmp_path)).index(), "official")
    assert Counter(clip.emotion for clip in split.validation) == dict.fromkeys(
        ("anger", "happiness", "surprise", "neutral", "sadness"), 5
    )
    assert {clip.clip_id[-4:] for clip in split.validation} == {"0016", "0017", "0018", "0019", "0020"}
    assert len(split.train) == 125
    assert split.test == ()


def test_people_are_not_known_and_no_split_pretends_they_are(tmp_path):
    clips = corpora.create("stock", root=make_stock(tmp_path)).index()
    with pytest.raises(CorpusError, match="does not tell who is in its clips"):
        make_split(clips, "subject")
    report = check_people(make_split(clips, "random"))
    assert not report.known
    assert "does not tell" in str(report)


@pytest.mark.parametrize("name", ["Happy_1.mp4", "happy.mp4", "Angry_0001.mp4"])
def test_a_stray_name_is_an_error(name, tmp_path):
    touch(tmp_path / "Scrapping" / name)
    with pytest.raises(CorpusError, match=r"Happy_0001\.mp4|'Angry' is not a label"):
        corpora.create("stock", root=tmp_path).index()


def test_what_systems_leave_behind_is_passed_over(tmp_path):
    root = make_stock(tmp_path, each=1)
    touch(root / "__MACOSX" / "Scrapping" / "._Happy_0001.mp4")
    touch(root / "Scrapping" / "._Happy_0001.mp4")
    assert len(corpora.create("stock", root=root).index()) == 5


@pytest.fixture
def drive(httpserver, monkeypatch):
    """Let gdown fetch from a server here, by the id of the settings; returns what sets the file."""
    monkeypatch.setenv("DATASET_DOWNLOAD_ID", "an-id")
    fetch = gdown.download

    def from_here(id, **options):
        return fetch(url=httpserver.url_for(f"/drive/{id}"), use_cookies=False, **options)

    monkeypatch.setattr(gdown, "download", from_here)
    return lambda data, status=200: httpserver.expect_request("/drive/an-id").respond_with_data(
        data,
        status=status,
        content_type="application/zip",
        headers={"Content-Disposition": 'attachment; filename="a.zip"'},
    )


def zip_of(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, b"")
    return buffer.getvalue()


def test_fetch_unpacks_what_the_drive_gives_once(drive, httpserver, tmp_path):
    drive(zip_of("Scrapping/Happy_0001.mp4", "Scrapping/Sad_0016.mp4"))
    corpus = corpora.create("stock", root=tmp_path / "stock")
    corpus.fetch(progress=False)
    assert [clip.clip_id for clip in corpus.index()] == ["Happy_0001", "Sad_0016"]
    asked = len(httpserver.log)
    corpus.fetch(progress=False)
    assert len(httpserver.log) == asked


def test_a_zip_that_reaches_outside_leaves_nothing(drive, tmp_path):
    drive(zip_of("Scrapping/Happy_0001.mp4", "../../evil.mp4"))
    with pytest.raises(AssetError, match=r"'\.\./\.\./evil\.mp4' would be written outside"):
        corpora.create("stock", root=tmp_path / "a" / "stock").fetch(progress=False)
    assert not list(tmp_path.rglob("*.mp4"))


def test_a_file_that_the_drive_does_not_give_says_what_to_check(drive, tmp_path):
    drive(b"gone", status=404)
    with pytest.raises(AssetError, match="Check DATASET_DOWNLOAD_ID"):
        corpora.create("stock", root=tmp_path).fetch(progress=False)
