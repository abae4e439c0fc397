"""The floors of the house: a module imports only from lower floors, or from the ground."""

import ast
from pathlib import Path

import pytest

import emo_utils

PACKAGE = Path(emo_utils.__file__).parent
FLOORS = {
    "faces": 1,
    "representations": 2,
    "motion": 2,
    "datasets": 3,
    "models": 4,
    "training": 5,
    "inference": 5,
    "reports": 6,
    "apps": 7,
}
GROUND = 0
MODULES = sorted(path for path in PACKAGE.rglob("*.py"))
IMPORTED_BY_ANALYZE = ("faces", "motion", "inference", "reports")


def floor_of(module: str) -> int:
    parts = module.split(".")
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


@pytest.mark.parametrize("folder", IMPORTED_BY_ANALYZE)
def test_no_torch_on_the_way_from_clip_to_report(folder):
    for path in (PACKAGE / folder).rglob("*.py"):
        top = {name.split(".")[0] for name in package_imports(path)}
        assert not top & {"torch", "torchvision", "timm"} or path.stem == "mtcnn", path
