"""Optional packages: what messages tell a user to install is what the project's own files say."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from emo_utils.extras import PACKAGES, distribution_of, how_to_install, is_optional, missing

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def requirements(file: str) -> list[str]:
    lines = (ROOT / file).read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.parametrize("module", PACKAGES)
def test_the_extra_that_is_named_brings_the_package(module):
    package = PACKAGES[module]
    if package.alone:
        assert package.alone in requirements("requirements-no-deps.txt")
        assert package.alone.startswith(f"{distribution_of(module)}==")
        assert package.extra in {"", *EXTRAS}
    else:
        names = [re.match(r"[\w-]+", line)[0] for line in EXTRAS[package.extra]]
        assert distribution_of(module) in names


READ_A_CLIP = """
import importlib.util, sys
from emo_utils.extras import PACKAGES

find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name in PACKAGES else find(name, *rest)
sys.modules |= dict.fromkeys(PACKAGES)

import emo_utils, emo_utils.workflows.analyze, emo_utils.workflows.demo, emo_utils.workflows.doctor
from emo_utils.datasets.synthetic.portrait import read_photo
from emo_utils.video_writer import write_video

write_video("clip.mp4", (read_photo() for _ in range(12)), 25)
analysis = emo_utils.analyze("clip.mp4", progress=False)
analysis.save("results")
assert set(analysis.timeline["smoothed_emotion"]) == {"happiness"}
"""


def test_a_clip_is_read_where_every_optional_package_is_absent(tmp_path):
    """As after a plain `pip install`."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", READ_A_CLIP]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    written = {path.name for path in (tmp_path / "results").iterdir()}
    assert {"timeline.csv", "summary.json", "annotated.mp4", "charts"} <= written
    assert "timeline.parquet" not in written


def test_nothing_that_pip_resolves_asks_for_a_second_opencv():
    base = "\n".join(PROJECT["dependencies"])
    assert "opencv-contrib-python" in base
    pinned = [line.split("==")[0] for line in requirements("requirements.txt")]
    assert [name for name in pinned if name.startswith("opencv")] == ["opencv-contrib-python"]
    alone = {line.split("==")[0] for line in requirements("requirements-no-deps.txt")}
    assert not alone & set(pinned), "these would bring it, or outdated versions of others"


def test_a_missing_package_is_named_with_the_commands_that_bring_it():
    assert how_to_install("torch.nn") == "pip install 'emo-utils[train]'"
    assert missing("face detector 'yolov8'", "uniface.detection") == (
        "face detector 'yolov8' needs the package 'uniface', which is not installed: "
        "pip install 'emo-utils[detectors]', then pip install --no-deps uniface==4.2.1"
    )
    assert not is_optional("numpy")
    assert how_to_install("somebodys_own") == "pip install somebodys_own"
