"""Clips that take no time to read: a few gray frames each, nobody in them."""

from pathlib import Path

import numpy as np

from emo_utils.video_writer import write_video

QUICK = {"outputs": ["summary"], "progress": False}
"""Of `analyze_clips`: a timeline and a summary, no bars."""


def write_tiny_clips(folder: Path, count: int) -> list[Path]:
    """Write `c00.mp4` and so on, four frames of 64x64, each clip of another gray."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"c{number:02d}.mp4" for number in range(count)]
    for number, path in enumerate(paths):
        write_video(path, [np.full((64, 64, 3), 6 * number, np.uint8)] * 4, 25)
    return paths


def results_of(out: Path) -> dict[str, bytes]:
    """The bytes of every result by its path; without what tells the time: log, listing, seconds of the manifest."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.name not in ("analysis.log", ".emo-results.json", ".emo-tables.json", "manifest.csv")
    }
