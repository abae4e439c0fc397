"""The windows of a network whose features are normalised by person, for the baseline `people`: `person_windows.npz`."""

from pathlib import Path

from emo_utils.reports.clips.writer import TABLES, ClipResults, writer

WINDOWS = "person_windows.npz"

FILES = {WINDOWS: "windows of a network that reads by person, for `--baseline people`; only with such weights"}


@writer("windows", FILES, TABLES, needs_windows=True, required=True)
def write_windows(results: ClipResults, folder: Path, on_frame=None) -> None:
    """Write `person_windows.npz`; see `emo_utils.inference.person_windows`."""
    results.result.windows.save(folder / WINDOWS)
