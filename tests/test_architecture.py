"""The floors of the house: a module imports only from lower floors, no file and no room goes in a circle.

A room is a folder of the package; a folder inside it is a room of its own. The files beside the folders are the ground,
which every room may import. Imports inside functions count too: they are read from the source, not observed.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
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
    "journal": 9,
    "training": 10,
    "reports": 11,
    "workflows": 12,
    "apps": 13,
}
GROUND = 0
DOORS = {"emo_utils", "emo_utils.__main__"}
"""What a user imports or starts. They stand on no floor: they offer what the upper ones make, loaded when asked for."""

WITH_TORCH = ("models", "training", "workflows", "apps")
TORCH = {"torch", "torchvision", "timm", "accelerate", "safetensors"}
ONCE = {
    r"\bos\.(replace|rename)\(": (
        "output",
        "results_folder",
        "download",
        "datasets.prepare_clip",
        "reports.clips.writer",
    ),
    r"\bhashlib\b": ("hashing",),
    r"\bcv2\.imread\(|\bImage\.open\(": ("images", "datasets.samples", "reports.clips.pictures"),
    r"\bnp\.exp\([^)]*- [^)]*\.max\(": (),
    r"(metrics|experiment|best|checkpoint)\.json|history\.csv|best\.safetensors|\bweights\.onnx": ("run_folder",),
    r"\bfold_\{|predictions_\{": ("run_folder",),
    r"^[A-Z]+_SUFFIXES\b[^)]*=": ("suffixes", "datasets.corpora.folder"),
}
"""What the ground does for all, and the modules that may do it: the ground's own, and those that do something else."""


def module_name(path: Path) -> str:
    parts = ("emo_utils", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def imported_names(path: Path) -> set[str]:
    """Everything that a file imports, also inside functions; `a.b` of `from a import b`."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def imported_modules(path: Path) -> set[str]:
    """The modules of the package that a file imports; one of the ground by `from emo_utils import x` is that module."""
    found = set()
    for name in imported_names(path):
        parent = name.rpartition(".")[0]
        found |= {module for module in (name, parent) if module in MODULES and module not in DOORS}
    return found - {module_name(path)}


IMPORTS = {module: imported_modules(path) for module, path in MODULES.items() if module not in DOORS}


def room_of(module: str) -> str:
    """The folder of a module, `reports.clips`; empty for the ground."""
    folder = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    return folder.removeprefix("emo_utils").removeprefix(".")


def floor_of(module: str) -> int:
    return FLOORS.get(room_of(module).split(".")[0], GROUND)


def circles(graph: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Groups of nodes that reach each other: strongly connected components of two and more (R. Tarjan, 1972)."""
    number, low, stack, found = {}, {}, [], []

    def visit(node: str) -> None:
        number[node] = low[node] = len(number)
        stack.append(node)
        for other in graph.get(node, ()):
            if other not in number:
                visit(other)
            if other in stack:
                low[node] = min(low[node], low[other])
        if low[node] == number[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(group) > 1:
                found.append(sorted(group))

    for node in graph:
        if node not in number:
            visit(node)
    return found


def reached_from(module: str) -> set[str]:
    """A module, what it imports, what that imports, and so on."""
    reached, waiting = {module}, [module]
    while waiting:
        fresh = IMPORTS.get(waiting.pop(), set()) - reached
        reached |= fresh
        waiting += fresh
    return reached


@pytest.mark.parametrize("module", IMPORTS)
def test_a_module_imports_only_from_its_own_or_lower_floors(module):
    above = sorted(name for name in IMPORTS[module] if floor_of(name) > floor_of(module))
    assert not above, f"{module} is on floor {floor_of(module)} and imports from above: {above}"


def test_the_ground_imports_no_room():
    """Files beside the folders serve all; the reading of video is the one folder that they may use."""
    upward = {module: IMPORTS[module] for module in IMPORTS if not room_of(module)}
    assert not {
        module: rooms for module, names in upward.items() if (rooms := set(map(room_of, names)) - {"", "video"})
    }


def test_no_files_import_each_other_in_a_circle():
    assert circles(IMPORTS) == []


def test_no_two_rooms_import_each_other():
    """Nor go several of them in a circle."""
    rooms = defaultdict(set)
    for module, names in IMPORTS.items():
        rooms[room_of(module)] |= {room_of(name) for name in names} - {room_of(module), ""}
    assert circles(rooms) == []


def test_circles_are_found():
    assert circles({"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"], "e": ["f"], "f": ["e"]}) == [
        ["a", "b", "c"],
        ["e", "f"],
    ]
    assert circles({"a": ["b", "c"], "b": ["c"], "c": []}) == []


def test_every_folder_of_the_package_has_a_floor():
    folders = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    assert folders <= set(FLOORS)
    assert len({floor for room, floor in FLOORS.items() if floor}) == len(FLOORS) - 1, "each room has its own number"


def test_no_torch_on_the_way_from_clip_to_report():
    """Neither in a module of these rooms nor in what it imports; MTCNN is a network of torch and says so when made."""
    with_torch = {module for module, path in MODULES.items() if TORCH & {n.split(".")[0] for n in imported_names(path)}}
    with_torch -= {"emo_utils.faces.detectors.mtcnn"}
    free = [module for module in IMPORTS if room_of(module).split(".")[0] not in WITH_TORCH]
    assert not {module: found for module in free if (found := reached_from(module) & with_torch)}


@pytest.mark.parametrize("pattern", ONCE)
def test_what_the_ground_does_is_done_nowhere_else(pattern):
    found = [name for name, path in MODULES.items() if re.search(pattern, path.read_text(), re.MULTILINE)]
    assert {name.removeprefix("emo_utils.") for name in found} <= set(ONCE[pattern])
