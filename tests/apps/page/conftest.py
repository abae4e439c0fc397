"""One page and one browser for the tests of the page; they are skipped where gradio or chromium is absent."""

import os
import shutil
import threading
import time
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
VISITOR = {
    "viewport": {"width": 1200, "height": 900},
    "permissions": ["camera"],
    "reduced_motion": "reduce",  # colours are checked at once, not in the middle of a transition
}


@pytest.fixture(scope="session")
def limits():
    from emo_utils.apps.page.limits import Limits

    return Limits(max_mb=4, max_seconds=4, max_side=800, max_queue=10, max_live=2, keep_minutes=5)


@pytest.fixture(scope="session")
def served(limits, tmp_path_factory):
    """A page that runs in a thread: its address, its visitors."""
    pytest.importorskip("gradio", reason="the page needs gradio: pip install 'emo-utils[app]'")
    uvicorn = pytest.importorskip("uvicorn")
    before = {name: os.environ.get(name) for name in ("EMO_JOURNAL_DIR", "GRADIO_TEMP_DIR", "GRADIO_EXAMPLES_CACHE")}
    os.environ["EMO_JOURNAL_DIR"] = str(tmp_path_factory.mktemp("journal"))
    from emo_utils.apps.page.server import build
    from emo_utils.settings import load_settings

    load_settings.cache_clear()
    page = build(limits, parents="'self'")
    server = uvicorn.Server(uvicorn.Config(page.app, port=0, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the page did not start"
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield SimpleNamespace(url=f"http://127.0.0.1:{port}", visitors=page.visitors)
    server.should_exit = True
    thread.join(10)
    for name, value in before.items():
        os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)


@pytest.fixture(scope="session")
def clip(clips, tmp_path_factory) -> Path:
    """A second of a real clip, small: a face that begins to smile."""
    import cv2

    from emo_utils.video import read_frames
    from emo_utils.video_writer import write_video

    frames = [cv2.resize(frame.pixels, (480, 270)) for frame in read_frames(clips / "single_face.mp4")]
    path = tmp_path_factory.mktemp("clip") / "smile.mp4"
    write_video(path, frames[10:34], Fraction(24))
    return path


@pytest.fixture(scope="session")
def camera(clip, tmp_path_factory) -> Path:
    """The clip as an uncompressed file for chromium's camera."""
    import av

    path = tmp_path_factory.mktemp("camera") / "camera.y4m"
    with av.open(str(clip)) as source, av.open(str(path), "w", format="yuv4mpegpipe") as target:
        stream = target.add_stream("rawvideo", rate=24)
        stream.width, stream.height, stream.pix_fmt = 480, 270, "yuv420p"
        for frame in source.decode(video=0):
            picture = frame.reformat(480, 270, "yuv420p")
            picture.pts = None
            target.mux(stream.encode(picture))
        target.mux(stream.encode(None))
    return path


@pytest.fixture(scope="session")
def browser(camera):
    """Debian's chromium with a camera that plays the clip."""
    api = pytest.importorskip(
        "playwright.sync_api", reason="the page is driven with playwright: pip install playwright"
    )
    if not CHROMIUM:
        pytest.skip("no chromium: apt-get install chromium")
    arguments = [
        "--no-sandbox",
        "--disable-gpu",
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={camera}",
    ]
    with api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield started
        started.close()


def is_refusal(answer) -> bool:
    """Whether the page asked for something that is not there; the preview of a deleted upload is not meant."""
    return answer.status >= 400 and "file=" not in answer.url


@pytest.fixture
def visit(browser, served):
    """Open the page as a new visitor; the page may ask for nothing that its policy or its guard refuses."""
    opened, refused = [], []

    def new(**traits):
        context = browser.new_context(**VISITOR, **traits)
        context.set_default_timeout(120_000)
        opened.append(context)
        page = context.new_page()
        page.on("console", lambda message: refused.append(message.text) if "Content Security" in message.text else None)
        page.on("response", lambda answer: refused.append(answer.url) if is_refusal(answer) else None)
        page.goto(served.url)
        page.wait_for_selector("#emo-start")
        return page

    yield new
    for context in opened:
        context.close()
    assert not refused
