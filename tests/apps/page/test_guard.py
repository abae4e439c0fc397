"""What the page keeps apart and refuses, asked over HTTP without a browser."""

import re

import pytest

httpx = pytest.importorskip("httpx")

CLOSED = [
    "/monitoring",
    "/docs",
    "/openapi.json",
    "/gradio_api/openapi.json",
    "/gradio_api/run/predict",
    "/gradio_api/call/predict",
    "/gradio_api/vibe-code/",
    "/gradio_api/proxy=http://127.0.0.1/",
    "/gradio_api/deep_link",
    "/dev/reload",
    "/file/etc/passwd",
    "/../etc/passwd",
]


@pytest.fixture
def visitor(served):
    """New visitors: each a client with a cookie of its own."""
    clients = []

    def new():
        clients.append(httpx.Client(base_url=served.url, timeout=60))
        clients[-1].get("/")
        return clients[-1]

    yield new
    for client in clients:
        client.close()


def upload(client, name="clip.mp4", content=b"0123", **headers):
    return client.post("/gradio_api/upload", files={"files": (name, content)}, headers=headers)


def test_the_policy_allows_no_foreign_script_and_no_eval(visitor):
    answer = visitor().get("/")
    policy = answer.headers["content-security-policy"]
    scripts = re.search("script-src ([^;]+)", policy)[1]
    assert "unsafe" not in scripts
    assert "http" not in scripts
    assert "default-src 'self'" in policy
    assert "HttpOnly" in httpx.get(str(answer.url)).headers["set-cookie"]


def test_an_upload_is_given_to_its_visitor_only(visitor):
    one, other = visitor(), visitor()
    path = upload(one).json()[0]
    assert one.get(f"/gradio_api/file={path}").content == b"0123"
    assert other.get(f"/gradio_api/file={path}").status_code == 404
    assert httpx.get(one.base_url.join(f"/gradio_api/file={path}")).status_code == 404


def test_the_same_file_of_two_visitors_lies_twice(visitor):
    assert upload(visitor()).json() != upload(visitor()).json()


def test_results_are_given_to_their_visitor_only(visitor, served):
    one, other = visitor(), visitor()
    job = served.visitors.new_results(one.cookies["emo_visitor"])
    (job.folder / "timeline.csv").write_text("a,b\n")
    (job.folder / ".emo-results.json").write_text("{}")
    assert one.get(f"/emo/files/{job.name}/timeline.csv").text == "a,b\n"
    for address in (f"/emo/files/{job.name}/timeline.csv", f"/emo/files/{job.name}.zip"):
        assert other.get(address).status_code == 404
    for hidden in (".emo-results.json", "../../uploads", "%2e%2e/%2e%2e/%2e%2e/secret", "/etc/passwd"):
        assert one.get(f"/emo/files/{job.name}/{hidden}").status_code == 404


def test_a_name_like_a_path_stays_in_its_folder(visitor, served):
    path = upload(visitor(), "../../../evil.mp4").json()[0]
    assert path.startswith(f"{served.visitors.root}/")
    assert path.endswith("/evil.mp4")


@pytest.mark.parametrize("address", CLOSED)
def test_addresses_that_the_page_does_not_need_do_not_exist(visitor, address):
    assert visitor().get(address).status_code == 404


def test_files_of_the_machine_are_not_given_out(visitor):
    for path in ("/etc/passwd", "/etc/../etc/passwd", "~/.ssh/id_rsa", "."):
        assert visitor().get(f"/gradio_api/file={path}").status_code == 404


def test_requests_that_are_too_large_foreign_or_of_no_visitor_are_refused(visitor, served, limits):
    client = visitor()
    assert upload(client, content=b"0" * (limits.max_bytes + 100_000)).status_code == 413
    assert upload(client, content=b"0" * (limits.max_bytes + 1)).status_code == 413
    assert upload(client, **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert httpx.post(f"{served.url}/gradio_api/upload", files={"files": ("a.mp4", b"0")}).status_code == 403
    assert client.post("/gradio_api/upload", content=iter([b"0"])).status_code == 411
    assert client.post("/gradio_api/queue/join", content=b"0" * 1_100_000).status_code == 413


def test_only_the_newest_uploads_are_kept(visitor):
    client = visitor()
    paths = [upload(client, content=bytes([number])).json()[0] for number in range(6)]
    kept = [client.get(f"/gradio_api/file={path}").status_code == 200 for path in paths]
    assert kept == [False, False, True, True, True, True]


def test_a_live_camera_needs_the_page_as_its_origin(served, visitor):
    websockets = pytest.importorskip("websockets.sync.client")
    address, cookie = served.url.replace("http", "ws") + "/emo/live", visitor().cookies["emo_visitor"]
    for origin, token in (("http://evil.example", cookie), (served.url, "0")):
        with pytest.raises(Exception, match="403"):
            websockets.connect(address, origin=origin, additional_headers={"Cookie": f"emo_visitor={token}"})


def test_a_live_camera_that_sends_no_picture_is_told_so(served, visitor):
    websockets = pytest.importorskip("websockets.sync.client")
    headers = {"Cookie": f"emo_visitor={visitor().cookies['emo_visitor']}"}
    with websockets.connect(f"{served.url.replace('http', 'ws')}/emo/live", origin=served.url,
                            additional_headers=headers) as socket:  # fmt: skip
        assert "happiness" in socket.recv(timeout=60)
        socket.send(b"\0\0\0\1no picture")
        assert "expected an image" in socket.recv(timeout=60)


def test_gradio_reports_nothing_to_its_makers(served, visitor):
    from gradio import analytics

    assert not analytics.analytics_enabled()
    assert visitor().get("/config").json()["analytics_enabled"] is False
