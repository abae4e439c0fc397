import hashlib
import zipfile
from pathlib import Path

import pytest
from werkzeug import Response

from emo_utils.datasets import download as downloads
from emo_utils.datasets.download import download, unpack_zip
from emo_utils.errors import AssetError

DATA = bytes(range(256)) * 400
MD5 = "md5:" + hashlib.md5(DATA).hexdigest()


@pytest.fixture
def serve(httpserver, monkeypatch):
    """Serve DATA, whole or from where the client asks; records the ranges asked for.

    Args of the returned function: `ranges`: whether the server can continue a file; `breaks`: how many of the first
    answers end after 1,000 bytes although they promise all.
    """

    def start(ranges: bool = True, breaks: int = 0):
        asked = []

        def answer(request):
            asked.append(request.headers.get("Range"))
            first = int(asked[-1].removeprefix("bytes=").removesuffix("-")) if ranges and asked[-1] else 0
            if first >= len(DATA):
                return Response(status=416, headers={"Content-Range": f"bytes */{len(DATA)}"})
            body, headers = DATA[first:], {"Content-Length": str(len(DATA) - first)}
            if first:
                headers["Content-Range"] = f"bytes {first}-{len(DATA) - 1}/{len(DATA)}"
            if len(asked) <= breaks:
                body = body[:1000]
            return Response(iter([body]), status=206 if first else 200, headers=headers)

        httpserver.expect_request("/file").respond_with_handler(answer)
        return httpserver.url_for("/file"), asked

    monkeypatch.setattr(downloads, "CHUNK", 500)
    return start


def test_a_whole_file_comes_and_is_not_fetched_again(serve, tmp_path):
    address, asked = serve()
    path = download(address, tmp_path / "a" / "file.bin", MD5, progress=False)
    assert path.read_bytes() == DATA
    assert [p.name for p in path.parent.iterdir()] == ["file.bin"]
    download(address, path, MD5, progress=False)
    assert asked == [None]


def test_a_part_left_behind_is_completed(serve, tmp_path):
    address, asked = serve()
    (tmp_path / "file.bin.part").write_bytes(DATA[:70_000])
    assert download(address, tmp_path / "file.bin", MD5, progress=False).read_bytes() == DATA
    assert asked == ["bytes=70000-"]


def test_a_line_that_breaks_is_taken_up_where_it_broke(serve, tmp_path):
    address, asked = serve(breaks=2)
    assert download(address, tmp_path / "file.bin", MD5, progress=False).read_bytes() == DATA
    assert asked == [None, "bytes=1000-", "bytes=2000-"]


def test_a_line_that_breaks_every_time_keeps_what_came_and_says_how_to_go_on(serve, tmp_path):
    address, _ = serve(breaks=99)
    with pytest.raises(AssetError, match=r"3,000 bytes are kept in .*run the same command again"):
        download(address, tmp_path / "file.bin", MD5, progress=False)
    assert (tmp_path / "file.bin.part").read_bytes() == DATA[:3000]
    assert not (tmp_path / "file.bin").exists()


def test_a_server_that_cannot_continue_sends_all_again(serve, tmp_path):
    address, _ = serve(ranges=False)
    (tmp_path / "file.bin.part").write_bytes(b"x" * 500)
    assert download(address, tmp_path / "file.bin", MD5, progress=False).read_bytes() == DATA


def test_a_part_that_is_whole_already_takes_its_name(serve, tmp_path):
    address, asked = serve()
    (tmp_path / "file.bin.part").write_bytes(DATA)
    assert download(address, tmp_path / "file.bin", MD5, progress=False).read_bytes() == DATA
    assert asked == [f"bytes={len(DATA)}-"]


def test_a_part_longer_than_the_file_is_begun_anew(serve, tmp_path):
    address, asked = serve()
    (tmp_path / "file.bin.part").write_bytes(DATA + b"more")
    assert download(address, tmp_path / "file.bin", MD5, progress=False).read_bytes() == DATA
    assert asked[-1] is None


@pytest.mark.parametrize("known_hash", ["md5:" + "0" * 32, "sha256:" + "0" * 64])
def test_a_wrong_hash_is_refused_and_nothing_stays(known_hash, serve, tmp_path):
    address, _ = serve()
    with pytest.raises(AssetError, match=f"expected {known_hash}"):
        download(address, tmp_path / "file.bin", known_hash, progress=False)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_with_a_wrong_hash_is_not_used(serve, tmp_path):
    address, asked = serve()
    (tmp_path / "file.bin").write_bytes(b"old")
    with pytest.raises(AssetError, match="delete it"):
        download(address, tmp_path / "file.bin", MD5, progress=False)
    assert asked == []


def test_a_refusal_is_not_tried_again(httpserver, tmp_path):
    httpserver.expect_request("/gone").respond_with_data("no", status=404)
    with pytest.raises(AssetError, match="404"):
        download(httpserver.url_for("/gone"), tmp_path / "file.bin", progress=False)
    assert len(httpserver.log) == 1


def test_a_busy_server_is_tried_again(httpserver, tmp_path):
    httpserver.expect_request("/busy").respond_with_data("wait", status=503)
    with pytest.raises(AssetError, match="503"):
        download(httpserver.url_for("/busy"), tmp_path / "file.bin", progress=False)
    assert len(httpserver.log) == downloads.TRIES


def test_nobody_answers(tmp_path):
    with pytest.raises(AssetError, match="cannot be fetched"):
        download("http://127.0.0.1:9/file", tmp_path / "file.bin", progress=False)


def make_zip(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, b"content")
    return path


def test_a_zip_is_unpacked(tmp_path):
    folder = unpack_zip(make_zip(tmp_path / "a.zip", "Actor_01/x.mp4", "y..z.txt"), tmp_path / "deep" / "out")
    assert sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.*")) == ["Actor_01/x.mp4", "y..z.txt"]
    assert [p.name for p in folder.parent.iterdir()] == ["out"]


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/evil", "C:/evil", "a\\..\\..\\evil"])
def test_a_member_that_reaches_outside_is_refused_before_anything_is_written(name, tmp_path):
    archive = make_zip(tmp_path / "a.zip", "good.txt", name)
    with pytest.raises(AssetError, match="would be written outside"):
        unpack_zip(archive, tmp_path / "in" / "out")
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == ["a.zip"]
    assert list((tmp_path / "in").iterdir()) == []


def test_a_link_in_a_zip_is_refused(tmp_path):
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc")
    with pytest.raises(AssetError, match="'link'"):
        unpack_zip(tmp_path / "a.zip", tmp_path / "out")


def test_a_damaged_zip_leaves_no_half_folder(tmp_path):
    archive = make_zip(tmp_path / "a.zip", "good.txt", "bad.txt")
    data = bytearray(archive.read_bytes())
    data[data.rindex(b"content")] ^= 0xFF
    archive.write_bytes(data)
    with pytest.raises(AssetError, match="not a whole zip"):
        unpack_zip(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    archive.write_bytes(data[:40])
    with pytest.raises(AssetError, match="not a whole zip"):
        unpack_zip(archive, tmp_path / "out")
