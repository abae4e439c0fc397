"""The floors of the house: a module imports only from lower floors, or from the ground."""

import ast
from pathlib import Path

import pytest

import emo_utils

PACKAGE = Path(emo_utils.__file__).parent
FLOORS = {
    "video": 0,
    "faces": 1,
    "measures": 2,
    "motion": 3,
    "representations": 4,
    "datasets": 5,
    "models": 6,
    "inference": 7,
    "evaluation": 8,
    "training": 9,
    "reports": 10,
    "workflows": 11,
    "apps": 12,
}
GROUND = 0
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))
WITHOUT_TORCH = ("faces", "motion", "inference", "evaluation", "reports")


def floor_of(module: str) -> int:
    parts = module.split(".")
    if parts[1:] == ["__init__"]:
        return max(FLOORS.values())  # the public door: it names what the floors offer, and imports it lazily
    return FLOORS.get(parts[1], GROUND) if len(parts) > 1 else GROUND


def package_imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_imports_only_from_its_own_or_lower_floors(path):
    own = floor_of(".".join(("emo_utils", *path.relative_to(PACKAGE).with_suffix("").parts)))
    above = [name for name in package_imports(path) if name.startswith("emo_utils.") and floor_of(name) > own]
    assert not above, f"{path.name} is on floor {own} and imports from above: {above}"


def test_every_folder_of_the_package_has_a_floor():
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert folders <= set(FLOORS)


@pytest.mark.parametrize("folder", WITHOUT_TORCH)
def test_no_torch_on_the_way_from_clip_to_report(folder):
    for path in (PACKAGE / folder).rglob("*.py"):
        top = {name.split(".")[0] for name in package_imports(path)}
        assert not top & {"torch", "torchvision", "timm"} or path.stem == "mtcnn", path
