"""The page in a browser: upload, record, live camera, files, journal, refusals, accessibility."""

import io
import zipfile

import pytest

from emo_utils.workflows.analyze import analyze_clips

SERIOUS = ("serious", "critical")

DURATION = """video => new Promise(done => video.readyState ? done(video.duration)
    : video.addEventListener("loadedmetadata", () => done(video.duration)))"""


def analyse(page, clip):
    """Upload a clip, analyse it; gives the texts of the progress."""
    page.evaluate(
        """() => { window.seen = []; const box = document.querySelector('#emo-progress');
        new MutationObserver(() => window.seen.push(box.innerText)).observe(box, {subtree: true, childList: true,
        characterData: true}); }"""
    )
    page.set_input_files("#emo-clip input[type=file]", clip)
    page.wait_for_selector("#emo-clip video, #emo-clip .file-name")
    page.click("#emo-start")
    page.wait_for_selector("#emo-results .emo-results, #emo-progress .emo-failed")
    return page.evaluate("window.seen")


def download(page, name):
    with page.expect_download() as found:
        page.get_by_role("link", name=name).click()
    return found.value.path().read_bytes()


def uploads(served) -> set:
    """The files that visitors have uploaded and that are still there."""
    return set(served.visitors.root.glob("*/uploads/*/*"))


@pytest.fixture(scope="module")
def axe():
    return pytest.importorskip("axe_playwright_python.sync_playwright").Axe()


def faults(axe, page):
    """What an accessibility checker finds serious."""
    found = axe.run(page).response["violations"]
    return [(one["id"], [node["html"][:150] for node in one["nodes"]]) for one in found if one["impact"] in SERIOUS]


def test_an_uploaded_clip_is_analysed_and_its_files_are_those_of_emo_analyze(visit, served, clip, tmp_path, axe):
    before = uploads(served)
    page = visit()
    told = analyse(page, clip)
    assert any("Finding faces" in text and "of 24" in text for text in told)
    assert any("left" in text for text in told)

    assert page.locator("#emo-results video").evaluate(DURATION) == pytest.approx(1, abs=0.1)
    assert page.locator("#emo-results svg[role=img]").count() == 4  # over time for wide and narrow, bar, pie
    assert "Person 1" in page.inner_text(".emo-card")
    assert page.locator(".emo-apexes img").first.evaluate("image => image.naturalWidth") > 0

    analyze_clips([clip], tmp_path / "ours", progress=False)
    expected = (tmp_path / "ours" / "timeline.csv").read_bytes()
    assert download(page, "Timeline (CSV)") == expected
    archive = zipfile.ZipFile(io.BytesIO(download(page, "Everything (ZIP)")))
    assert archive.read("timeline.csv") == expected
    assert download(page, "Report (PDF)").startswith(b"%PDF")
    assert {"segments.csv", "annotated.mp4", "charts/line.png", "summary.json"} <= set(archive.namelist())
    assert not [name for name in archive.namelist() if name.startswith(".")]
    assert str(served.visitors.root) not in archive.read("analysis.log").decode()

    assert uploads(served) <= before, "uploads of other tests may still be there"
    assert faults(axe, page) == []
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": 390, "height": 844})
    assert faults(axe, page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390

    page.click("#emo-forget")
    page.wait_for_selector("text=Your files are deleted")
    assert not list(served.visitors.root.glob("*/results/*"))


def test_the_other_tabs_are_accessible_and_reached_by_keyboard(visit, axe):
    page = visit()
    page.get_by_role("tab", name="Analyse").focus()
    for name in ("Live", "Compare", "Journal", "About"):
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector(f"[role=tab][aria-selected=true]:has-text('{name}')")
        assert faults(axe, page) == [], name


def test_a_live_camera_is_read_and_frames_are_counted(visit, served):
    page = visit()
    page.get_by_role("tab", name="Live").click()
    page.click("#emo-live-start")
    page.wait_for_selector("#emo-live-numbers:has-text('1 face')")
    page.wait_for_selector("#emo-live-numbers:text-matches('^([1-9]|0.[1-9])')")
    page.click("#emo-live-rest")
    page.wait_for_selector("#emo-live-now:text-matches('^Rest')")
    page.click("#emo-live-stop")
    assert page.inner_text("#emo-live-hint") == "The camera is off."
    assert not list(served.visitors.root.rglob("*.jpg")), "nothing of it is stored"


def test_a_recorded_clip_is_analysed(visit):
    page = visit()
    page.click("#emo-clip button[aria-label='Capture from camera']")
    page.click("#emo-clip button:has-text('Click to Access Webcam'), #emo-clip [title='grant webcam access']")
    page.click("#emo-clip button[aria-label='start recording'], #emo-clip button[title='start recording']")
    page.wait_for_timeout(1500)
    page.click("#emo-clip [title='stop recording']")
    page.wait_for_selector("#emo-clip video[src*='gradio_api']")
    page.click("#emo-start")
    page.wait_for_selector("#emo-results .emo-results")
    assert "Person 1" in page.inner_text(".emo-card")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.mp4", b"", "is empty"),
        ("letter.mp4", b"Dear reader,\n" * 200, "is a text file, not a video"),
        ("..%2f..%2fetc%2fpasswd.mp4", b"\x00\x01" * 500, "is not a video that can be read"),
    ],
)
def test_a_broken_upload_gets_a_message(visit, served, name, content, message):
    page = visit()
    analyse(page, {"name": name, "mimeType": "video/mp4", "buffer": content})
    said = page.inner_text("#emo-progress")
    assert message in said
    assert "Traceback" not in said
    assert str(served.visitors.root) not in said


def test_two_gigabytes_are_refused_before_they_are_sent(visit, tmp_path, served):
    before, large = uploads(served), tmp_path / "large.mp4"
    with large.open("wb") as file:
        file.truncate(2_000_000_000)
    page = visit()
    page.set_input_files("#emo-clip input[type=file]", large)
    page.wait_for_selector("text=/exceed the maximum allowed size/")
    assert uploads(served) <= before


def test_two_networks_are_compared(visit, clip):
    page = visit()
    page.get_by_role("tab", name="Compare").click()
    page.set_input_files("#emo-clip-a input[type=file]", clip)
    page.wait_for_selector("#emo-clip-a video")
    page.click("#emo-compare-start")
    page.wait_for_selector(".emo-two article:nth-child(2)")
    assert page.locator(".emo-two h2").all_inner_texts() == ["A: smile.mp4, ferplus-int8", "B: smile.mp4, ferplus"]


def test_an_entry_of_the_journal_is_added_edited_and_deleted(visit, clip):
    page = visit()
    page.get_by_role("tab", name="Journal").click()
    page.set_input_files("#emo-journal-clip input[type=file]", clip)
    page.wait_for_selector("#emo-journal-clip video")
    page.fill("#emo-journal-note textarea", "a <b>good</b> day")
    page.click("#emo-journal-add")
    page.wait_for_selector("#emo-journal-shown .emo-card")
    assert page.inner_text("#emo-journal-shown blockquote") == "a <b>good</b> day"
    assert page.locator(".emo-month td.emo-mood").count() == 1

    page.fill("#emo-journal-new-note textarea", "a better day")
    page.click("#emo-journal-save")
    page.wait_for_selector("#emo-journal-shown blockquote:has-text('a better day')")

    page.click("#emo-journal-delete")
    page.wait_for_selector("#emo-journal-progress:has-text('Tick the box')")
    page.check("#emo-journal-sure input")
    page.click("#emo-journal-delete")
    page.wait_for_selector("#emo-journal-overview:has-text('No entry yet')")
