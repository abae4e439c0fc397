"""Reports to open and to print: whole in one file, harmless whatever a clip is called, honest about their making."""

import base64
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import av
import numpy as np
import pytest

import emo_utils as emo
from emo_utils.inference.weights import find_weights
from emo_utils.reports.clips.documents.clip_page import clip_page
from emo_utils.reports.clips.documents.clip_pdf import clip_pdf
from emo_utils.reports.clips.documents.content import only_person, people_of
from emo_utils.reports.clips.documents.methods import methods_paragraph
from emo_utils.reports.clips.documents.run_page import ClipLine, run_page
from emo_utils.reports.clips.writer import write_outputs, writers
from emo_utils.workflows.analyze import analyze_clips

HOSTILE = "</title><script>alert('x')</script> & \"quoted\".mp4"


@pytest.fixture(scope="module")
def smile(clips):
    return emo.analyze(clips / "single_face.mp4", identity_weights="none", progress=False).results


@pytest.fixture(scope="module")
def two(clips):
    return emo.analyze(clips / "two_people.gif", identity_weights="none", progress=False).results


class Page(HTMLParser):
    """Tags with their attributes, and the text outside of scripts and styles."""

    def __init__(self, text: str):
        super().__init__()
        self.tags, self.words, self._inside = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self._inside = tag

    def handle_data(self, data):
        if self._inside not in ("script", "style"):
            self.words.append(data)

    def addresses(self) -> list[str]:
        return [value for _, found in self.tags for name, value in found.items() if name in ("src", "href", "action")]

    def count(self, tag: str) -> int:
        return sum(name == tag for name, _ in self.tags)


def test_a_report_holds_what_it_shows_and_loads_nothing(smile):
    text = clip_page(smile)
    page = Page(text)
    assert all(address.startswith("data:image/") for address in page.addresses())
    assert page.count("img") == 4 + len(people_of(smile)[0].apexes)
    assert "default-src 'none'" in text
    assert not re.search(r"@import|url\(|<link", text)
    for data in re.findall(r"data:image/\w+;base64,([^\"]+)", text):
        from PIL import Image

        Image.open(io.BytesIO(base64.b64decode(data))).verify()


def test_the_same_results_give_the_same_bytes(smile, tmp_path):
    assert clip_page(smile) == clip_page(smile)
    for name in ("a.pdf", "b.pdf"):
        clip_pdf(smile, tmp_path / name)
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_a_name_that_looks_like_code_is_only_shown(smile, tmp_path):
    named = replace(smile, name=HOSTILE)
    page = Page(clip_page(named))
    assert page.count("script") == 1, "the one of the report itself"
    assert HOSTILE in "".join(page.words)
    clip_pdf(named, tmp_path / "report.pdf")
    run = Page(run_page(HOSTILE, [ClipLine(HOSTILE, "failed", HOSTILE, "a/report.html")]))
    assert run.count("script") == 1
    assert run.addresses() == ["a/report.html"]


def test_the_methods_paragraph_says_what_was_run_and_how_accurate_it_is(smile):
    paragraph = methods_paragraph(smile.about, "mediapipe")
    weights = find_weights("ferplus-int8")
    test = weights.sidecar["metrics"]["test"]
    low, high = test["accuracy_interval_95"]
    for words in (
        f"emo_utils {emo.__version__}",
        weights.sidecar["sha256"][:12],
        "class shares 'uniform'",
        "no baseline was subtracted",
        "below 0.49",
        f"accuracy is {test['accuracy']:.1%} (95 % interval {low:.1%} to {high:.1%}, n = 3,546)",
    ):
        assert words in paragraph
    assert paragraph in "".join(Page(clip_page(smile)).words).replace("\n", " ")


def test_figures_of_other_weights_are_not_claimed(smile):
    about = {**smile.about, "network": {**smile.about["network"], "weights_sha256": "0" * 64}}
    assert "accuracy is" not in methods_paragraph(about)


def test_a_clip_without_faces_has_a_report_without_charts(clips, tmp_path):
    results = emo.analyze(clips / "no_face.mp4", identity_weights="none", progress=False).results
    page = Page(clip_page(results))
    assert page.count("img") == 0
    assert "No face was found in this clip." in "".join(page.words)
    clip_pdf(results, tmp_path / "report.pdf")
    assert pages_of(tmp_path / "report.pdf") == 1


def pages_of(path) -> int:
    return len(re.findall(rb"/Type /Page\b", path.read_bytes()))


def test_a_pdf_has_a_page_of_a4_per_person_and_one_of_methods(smile, two, tmp_path):
    for results, people in ((smile, 1), (two, 2)):
        clip_pdf(results, tmp_path / "report.pdf")
        assert pages_of(tmp_path / "report.pdf") == people + 1
        boxes = set(re.findall(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", (tmp_path / "report.pdf").read_bytes()))
        assert [tuple(round(float(side)) for side in box) for box in boxes] == [(595, 842)]


def test_the_timeline_of_one_person_has_every_frame_once_and_this_face_only(two):
    timeline = two.result.timeline
    own = only_person(timeline, 2)
    assert own.people == [2]
    assert own.table["frame_index"].tolist() == sorted(set(timeline.table["frame_index"]))
    np.testing.assert_array_equal(own.probabilities(2), timeline.probabilities(2))


def test_a_report_with_video_plays_from_the_file_itself(smile, tmp_path):
    assert write_outputs(smile, tmp_path, [writers.get("report_video")]) == ()
    assert [path.name for path in tmp_path.iterdir()] == ["report_video.html"]
    text = (tmp_path / "report_video.html").read_text(encoding="utf-8")
    (data,) = re.findall(r"data:video/mp4;base64,([^\"]+)", text)
    with av.open(io.BytesIO(base64.b64decode(data))) as container:
        assert sum(1 for _ in container.decode(video=0)) == 72


def test_a_run_has_a_report_of_its_clips_that_is_current_and_leaves_a_users_own_alone(clips, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_text("no video")
    out = tmp_path / "out"
    options = emo.AnalysisOptions(identity_weights="none", segments=False)
    analyze_clips([clips / "no_face.mp4", broken], out, options, ["summary", "report"], progress=False)
    page = Page((out / "report.html").read_text(encoding="utf-8"))
    assert page.addresses() == ["no_face/report.html"]
    assert (out / "no_face" / "report.html").is_file()
    assert "is a text file, not a video" in "".join(page.words)
    assert sum(tag == "tr" for tag, _ in page.tags) == 1 + 2
    (out / "report.html").write_text("mine")
    analyze_clips([clips / "no_face.mp4", broken], out, options, ["summary", "report"], progress=False)
    assert (out / "report.html").read_text() == "mine"
    assert (out / "report.new.html").is_file()
