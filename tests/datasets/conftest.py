import csv
from pathlib import Path

import pytest
from layouts import make_ravdess, touch


@pytest.fixture(scope="session")
def cremad_tables(shared) -> Path:
    """The real metadata of CREMA-D."""
    folder = shared / "data" / "cremad"
    if not (folder / "summaryTable.csv").is_file():
        pytest.skip(f"no CREMA-D metadata at {folder}; set EMO_SHARED_DIR")
    return folder


@pytest.fixture(scope="session")
def cremad_tree(cremad_tables, tmp_path_factory) -> Path:
    """7,442 empty FLV files with the real names."""
    root = tmp_path_factory.mktemp("cremad")
    with (cremad_tables / "summaryTable.csv").open(newline="") as file:
        names = [row["FileName"] for row in csv.DictReader(file)]
    (root / "VideoFlash").mkdir()
    for name in names:
        (root / "VideoFlash" / f"{name}.flv").touch()
    return root


@pytest.fixture(scope="session")
def ravdess_tree(tmp_path_factory) -> Path:
    """Speech of 24 actors: 1,440 takes in two modalities, and some sound."""
    root = make_ravdess(tmp_path_factory.mktemp("ravdess"))
    touch(root / "Audio_Speech" / "Actor_01" / "03-01-01-01-01-01-01.wav")
    return root
