"""Reading a file never runs code from it: the source is searched for what would."""

import ast
from pathlib import Path

import pytest

import emo_utils

PACKAGE = Path(emo_utils.__file__).parent
FORBIDDEN = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal", "jsonpickle"}
"""Modules whose files run code when they are read."""

CALLS = {"eval", "exec"}


def faults(source: str) -> list[str]:
    """What in a source could run code from a file."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.split(".")[0] in FORBIDDEN]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in FORBIDDEN:
            found.append(node.module)
        elif isinstance(node, ast.Call):
            found += call_faults(node)
    return found


def call_faults(node: ast.Call) -> list[str]:
    named = {word.arg: ast.unparse(word.value) for word in node.keywords}
    called = ast.unparse(node.func)
    last = called.rpartition(".")[2]
    wrong = [called] if called in CALLS or last in ("read_pickle", "to_pickle") else []
    if named.get("allow_pickle", "False") != "False":
        wrong.append(f"{called}(allow_pickle={named['allow_pickle']})")
    if called in ("torch.load", "torch.hub.load") and named.get("weights_only") != "True":
        wrong.append(f"{called} without weights_only=True")
    if called in ("np.load", "numpy.load") and named.get("allow_pickle") != "False":
        wrong.append(f"{called} without allow_pickle=False")
    if last in ("load", "full_load", "unsafe_load") and called.startswith("yaml.") and "Loader" not in named:
        wrong.append(called)
    return wrong


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_module_reads_a_file_that_can_run_code(path):
    assert faults(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import load",
        "torch.load('a')",
        "torch.load('a', weights_only=False)",
        "np.load('a')",
        "np.load('a', allow_pickle=True)",
        "np.save('a', b, allow_pickle=True)",
        "pd.read_pickle('a')",
        "eval('1')",
        "yaml.load(a)",
    ],
)
def test_what_could_run_code_is_found(source):
    assert faults(source)


def test_what_reads_numbers_only_is_allowed():
    assert faults("torch.load('a', weights_only=True); np.load('a', allow_pickle=False); json.load(f)") == []


def test_no_file_of_the_package_is_a_pickle():
    suffixes = {path.suffix for path in PACKAGE.rglob("*") if path.is_file()}
    assert not suffixes & {".pkl", ".pickle", ".pt", ".pth", ".joblib", ".npy", ".npz"}
