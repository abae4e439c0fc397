"""Visitors at the same time: each gets the results of the own clip, one after another."""

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

pytest.importorskip("httpx")
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "benchmarks"))

JOB = re.compile(r"emo/files/([0-9a-f]{32})/timeline\.csv")


def test_each_of_three_visitors_gets_the_own_results_and_no_other_can_open_them(served, clip):
    from page import Visitor

    visitors = [Visitor(served.url) for _ in range(3)]

    def visit(number):
        return visitors[number].analyse(visitors[number].upload(f"clip{number}.mp4", clip.read_bytes()))

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(visit, range(3)))
    for number, said in enumerate(answers):
        assert re.findall(r"<h2>(.*?)</h2>", said) == [f"clip{number}.mp4"]
        (job,) = JOB.findall(said)
        opened = [one.client.get(f"/emo/files/{job}/timeline.csv").status_code for one in visitors]
        assert opened == [200 if other == number else 404 for other in range(3)]
    own = [served.visitors.folder(one.client.cookies["emo_visitor"]) for one in visitors]
    assert not [upload for folder in own for upload in folder.glob("uploads/*")]


def test_the_upload_of_another_visitor_cannot_be_analysed(served, clip):
    from page import Visitor

    path = Visitor(served.url).upload("mine.mp4", clip.read_bytes())
    said = Visitor(served.url).analyse(path)
    assert "upload the clip again" in said
    assert str(served.visitors.root) not in said
