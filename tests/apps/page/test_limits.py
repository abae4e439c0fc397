"""Limits, the files of visitors, and the line in which they wait."""

import os
import threading
import time

import pytest

from emo_utils.apps.page.limits import Limits, public_limits
from emo_utils.apps.page.visitors import NotYours, Visitors
from emo_utils.errors import EmoError, VideoError


def test_a_public_page_needs_its_limits(emo):
    code, _, said = emo("app", "--public", "--max-mb", "10")
    assert code == 2
    assert "--max-seconds" in said
    assert "--max-mb," not in said
    assert public_limits({"max_mb": 10, "max_seconds": 5, "max_side": 640, "max_queue": 2}).max_bytes == 10_000_000


def test_others_are_let_in_only_by_public(emo):
    code, _, said = emo("app", "--host", "0.0.0.0")
    assert code == 2
    assert "--public" in said


@pytest.mark.parametrize("limits", [{"max_mb": 0}, {"max_seconds": -1}, {"max_queue": 0}])
def test_a_limit_is_positive(limits):
    with pytest.raises(EmoError, match="positive"):
        Limits(**limits)


def test_a_clip_that_is_too_long_or_too_large_is_refused_without_its_folder(small_video):
    for limits, expected in ((Limits(max_seconds=0.2), "lasts"), (Limits(max_side=40), "64x48")):
        with pytest.raises(VideoError, match=expected) as found:
            limits.opened(small_video)
        assert str(small_video.parent) not in str(found.value)
    assert Limits().opened(small_video).frames == 10


def test_what_is_old_is_deleted_and_what_is_in_use_is_kept(tmp_path):
    visitors = Visitors(Limits(keep_minutes=1), tmp_path / "page")
    token = visitors.new_token()
    old, new, used = (visitors.new_results(token) for _ in range(3))
    for job in (old, used):
        os.utime(job.folder, (time.time() - 90, time.time() - 90))
    with visitors.in_use(used.folder):
        visitors.sweep()
    assert [job.folder.exists() for job in (old, new, used)] == [False, True, True]
    visitors.close()
    assert not visitors.root.exists()


def test_a_link_out_of_a_visitors_folder_leads_nowhere(tmp_path):
    visitors = Visitors(Limits(), tmp_path / "page")
    token = visitors.new_token()
    (tmp_path / "secret").write_text("secret")
    (visitors.new_upload(token).folder / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(NotYours):
        visitors.owned(token, next(visitors.root.rglob("link")))


def test_no_upload_is_taken_when_the_store_is_full(tmp_path):
    visitors = Visitors(Limits(max_store_mb=0.001), tmp_path / "page")
    token = visitors.new_token()
    (visitors.new_upload(token).folder / "clip").write_bytes(bytes(2000))
    with pytest.raises(EmoError, match="too many files"):
        visitors.new_upload(token)


def test_visitors_are_served_in_the_order_in_which_they_came():
    from emo_utils.apps.page.engine import Line

    line, stop, served, threads = Line(), threading.Event(), [], []

    def wait(name, waits):
        with line.turn(5, lambda before: waits.set(), stop):
            served.append(name)

    with line.turn(5, lambda before: None, stop):
        for name in "abc":
            waits = threading.Event()
            threads.append(threading.Thread(target=wait, args=(name, waits)))
            threads[-1].start()
            assert waits.wait(10)
        with pytest.raises(EmoError, match="too many"), line.turn(2, lambda before: None, stop):
            pass
        assert served == []
    for thread in threads:
        thread.join(10)
    assert served == ["a", "b", "c"]
