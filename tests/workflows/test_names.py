"""Files under any name, in folders of results that have one, too."""

import os
from pathlib import Path

import pytest
from tiny_clips import QUICK, write_tiny_clips

from emo_utils.errors import VideoError
from emo_utils.inference.options import AnalysisOptions
from emo_utils.workflows.analyze import analyze_clips

NOBODY = AnalysisOptions(identity_weights="none", segments=False)

NAMES = [
    b"caf\xe9.mp4",
    "日本語 🎉.mp4".encode(),
    b"13:45.mp4",
    b"x" * 246 + b".mp4",
    ("日" * 82).encode() + b".mp4",
    b"it's [a] #1 100%d.mp4",
    b"-dash.mp4",
]


def test_a_folder_of_clips_under_every_kind_of_name_is_read_whole(tmp_path):
    (tmp_path / "clips").mkdir()
    (clip,) = write_tiny_clips(tmp_path / "one", 1)
    for name in NAMES:
        (tmp_path / "clips" / os.fsdecode(name)).write_bytes(clip.read_bytes())
    results = analyze_clips([tmp_path / "clips"], tmp_path / "out", NOBODY, **QUICK)
    assert [result.reason for result in results if result.status != "ok"] == []
    assert len({result.folder for result in results}) == len(NAMES)
    assert all((result.folder / "timeline.csv").exists() for result in results)
    manifest = (tmp_path / "out" / "manifest.csv").read_text(encoding="utf-8")
    assert "caf\\udce9.mp4,ok" in manifest
    assert "日本語 🎉.mp4,ok" in manifest
    log = (tmp_path / "out" / os.fsdecode(b"caf\xe9") / "analysis.log").read_text(encoding="utf-8")
    assert "caf\\udce9.mp4" in log


def test_a_broken_clip_of_such_a_name_is_named_too(tmp_path):
    write_tiny_clips(tmp_path / "clips", 1)
    (tmp_path / "clips" / os.fsdecode(b"caf\xe9.mp4")).write_text("no video")
    analyze_clips([tmp_path / "clips"], tmp_path / "out", NOBODY, **QUICK)
    manifest = (tmp_path / "out" / "manifest.csv").read_text(encoding="utf-8")
    assert "caf\\udce9.mp4: is a text file, not a video" in manifest


def test_a_relative_name_with_a_colon_is_a_file(tmp_path, monkeypatch):
    (clip,) = write_tiny_clips(tmp_path / "one", 1)
    monkeypatch.chdir(tmp_path)
    Path("13:45.mp4").write_bytes(clip.read_bytes())
    (result,) = analyze_clips([Path("13:45.mp4")], "out", NOBODY, **QUICK)
    assert result.status == "ok"


def test_an_address_is_refused_as_such(tmp_path):
    with pytest.raises(VideoError, match="is an address; expected files on this machine"):
        analyze_clips(["https://example.org/clip.mp4"], tmp_path / "out", NOBODY, **QUICK)
