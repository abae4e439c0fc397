import hashlib
import re
import socket
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from werkzeug import Response

from emo_utils import download as downloads
from emo_utils.download import download, unpack_zip
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


@contextmanager
def raw_server(*answers):
    """A server of raw sockets: each connection gets the next answer, a function of the first byte and `send`.

    Gives the address and the list of first bytes.
    """
    ended, asked = threading.Event(), []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for answer in answers:
                try:
                    line, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=give, args=(line, answer), daemon=True).start()

        def give(line: socket.socket, answer) -> None:
            with line:
                found = re.search(rb"Range: bytes=(\d+)-", line.recv(65536))
                asked.append(int(found[1]) if found else 0)
                answer(asked[-1], line.sendall, ended)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/file", asked
        finally:
            ended.set()
            server.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def head(first: int) -> bytes:
    status = "206 Partial Content" if first else "200 OK"
    span = f"Content-Range: bytes {first}-{len(DATA) - 1}/{len(DATA)}\r\n" if first else ""
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(DATA) - first}\r\n{span}Connection: close\r\n\r\n".encode()


def falls_silent(first, send, ended):
    """Send a tenth, then nothing more, with the line open."""
    send(head(first) + DATA[first : first + len(DATA) // 10])
    ended.wait(20)


def hangs_up(first, send, ended):
    """Send a third, and close the line."""
    send(head(first) + DATA[first : first + len(DATA) // 3])


def drips(first, send, ended):
    """Send all, in small pieces with pauses shorter than the time that is waited."""
    send(head(first))
    step = len(DATA) // 8 + 1
    for start in range(first, len(DATA), step):
        send(DATA[start : start + step])
        ended.wait(0.25)


def talks_nonsense(first, send, ended):
    send(b"\x16\x03\x01 not HTTP\r\n\r\n")


def test_a_server_that_falls_silent_is_asked_again_for_the_rest(monkeypatch, tmp_path):
    monkeypatch.setattr(downloads, "TIMEOUT_S", 1.5)
    monkeypatch.setattr(downloads, "CHUNK", 500)
    with raw_server(falls_silent, hangs_up, drips) as (address, asked):
        assert download(address, tmp_path / "file.bin", MD5, progress=False).read_bytes() == DATA
    assert len(asked) == 3
    assert 0 == asked[0] < asked[1] < asked[2]


def test_a_slow_server_is_waited_for(monkeypatch, tmp_path):
    """The time that is waited counts from the last byte, not from the first."""
    monkeypatch.setattr(downloads, "TIMEOUT_S", 1.5)
    with raw_server(drips) as (address, asked):
        assert download(address, tmp_path / "file.bin", MD5, progress=False).read_bytes() == DATA
    assert asked == [0]


def test_what_is_no_http_is_named_and_leaves_nothing(tmp_path):
    with (
        raw_server(*[talks_nonsense] * downloads.TRIES) as (address, _),
        pytest.raises(AssetError, match="cannot be fetched"),
    ):
        download(address, tmp_path / "file.bin", MD5, progress=False)
    assert list(tmp_path.iterdir()) == []


def test_two_that_want_one_file_fetch_it_once(serve, tmp_path):
    address, asked = serve()
    with ThreadPoolExecutor(2) as pool:
        tasks = [pool.submit(download, address, tmp_path / "file.bin", MD5, False) for _ in range(2)]
        assert {task.result() for task in tasks} == {tmp_path / "file.bin"}
    assert asked == [None]
    assert [path.name for path in tmp_path.iterdir()] == ["file.bin"]


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


def test_a_bomb_is_refused_before_anything_is_written(tmp_path):
    """A quarter of a gigabyte of zeros in a quarter of a megabyte."""
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(f"{number}.bin", bytes(64 << 20), compresslevel=1)
    with pytest.raises(AssetError, match="unpack to 268,435,456, over 200 times as many"):
        unpack_zip(tmp_path / "a.zip", tmp_path / "in" / "out")
    assert list((tmp_path / "in").iterdir()) == []


def test_an_archive_larger_than_the_disk_is_refused_by_its_size(tmp_path, monkeypatch):
    archive = make_zip(tmp_path / "a.zip", *(f"{number}.txt" for number in range(9)))
    usage = downloads.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(downloads.shutil, "disk_usage", lambda _: usage._replace(free=10))
    with pytest.raises(AssetError, match="unpacks to 63 bytes, but 10 are free"):
        unpack_zip(archive, tmp_path / "out")


def test_a_member_that_lies_about_its_size_is_refused(tmp_path):
    """`zipfile` reads no more than a member declares, and then its check sum is wrong."""
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr("a.bin", bytes(1 << 20))
    data = archive.read_bytes().replace((1 << 20).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    archive.write_bytes(data)
    with pytest.raises(AssetError, match="not a whole zip"):
        unpack_zip(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_encrypted_archive_is_named(tmp_path):
    archive = make_zip(tmp_path / "a.zip", "a.txt")
    data = bytearray(archive.read_bytes())
    data[6] |= 1  # the flag of encryption, in the member's own header and in the list of members
    data[data.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(data)
    with pytest.raises(AssetError, match=r"not a whole zip.*(encrypted|password)"):
        unpack_zip(archive, tmp_path / "out")
