"""Optional packages: what messages tell a user to install is what the project's own files say."""

import re
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
