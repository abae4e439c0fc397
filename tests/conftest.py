"""Where tests find real data and model files; a test that needs what is absent skips and says what."""

import os
import shutil
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("EMO_SHARED_DIR", ROOT.parent / "shared"))

# Model files for tests live beside the code, so that a run neither needs nor touches the user's own cache.
os.environ.setdefault("EMO_MODELS_DIR", str(ROOT / "data" / "models"))
os.environ.setdefault("FERPLUS_ARCHIVE", str(SHARED / "data" / "ferplus.zip"))


LONGEST = (
    "evaluation/test_evaluate.py",
    "apps/page/test_browser.py",
    "models/test_backbones.py",
    "apps/test_train_command.py",
    "apps/test_cli.py",
    "workflows/test_batches.py",
    "training/test_fit.py",
    "faces/test_identity.py",
    "workflows/test_networks_over_time.py",
    "training/test_teachers.py",
    "workflows/test_table_plans.py",
)
"""Files that take longest, from the longest on: they begin first, so that two processes end at about the same time."""


BROKEN_INPUT = (
    "inference/test_strange_clips.py",
    "test_fuzz.py",
    "video/test_past_failures.py",
    "video/test_strange_pictures.py",
    "video/test_strange_sound.py",
)
"""Files that feed broken input to native decoders in this process: they come last, so that what a decoder may do to the
memory of the process meets no other test."""


def pytest_collection_modifyitems(items):
    """Put the longest files first and broken input last; see `--no-loadscope-reorder` in the Makefile."""
    order = (*LONGEST, None, *BROKEN_INPUT)
    ranks = {ROOT / "tests" / name: rank for rank, name in enumerate(order) if name}
    items.sort(key=lambda item: ranks.get(item.path, len(LONGEST)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Captured output may hold file names that are not UTF-8; a process of pytest-xdist can only send UTF-8."""
    report = yield
    report.sections = [(title, text.encode("utf-8", "backslashreplace").decode()) for title, text in report.sections]
    return report


@pytest.fixture(scope="session", autouse=True)
def _face_mesh_at_hand():
    """Put the shared copies of the face mesh where `assets.locate` looks, instead of downloading them."""
    for name in ("face_landmarker.task", "face_landmarker_v2_with_blendshapes.task"):
        _at_hand(SHARED / "models" / name)


@pytest.fixture(scope="session", autouse=True)
def _float32_here():
    """Train in float32 in this process unless a test asks for bfloat16.

    A process that had run 1,900 tests was ended by the C library ("corrupted size vs. prev_size") while oneDNN computed
    bfloat16 gradients of a network of 8 and 16 channels on two threads. The Makefile gives each process one thread.
    """
    from emo_utils.training import optimise

    kept, optimise.has_fast_bf16 = optimise.has_fast_bf16, lambda device: False
    yield
    optimise.has_fast_bf16 = kept


@pytest.fixture(scope="session")
def recogniser_files():
    """The recogniser's two files where `assets.locate` looks."""
    for name in ("faceres.json", "faceres.bin"):
        if not _at_hand(SHARED / "models" / "hse_faceres" / name):
            pytest.skip(f"no {name} in the shared models and none in EMO_MODELS_DIR")


def _at_hand(source: Path) -> bool:
    """Copy a shared model file to the folder of models, if it is not there; whether it is there now."""
    target = Path(os.environ["EMO_MODELS_DIR"]) / source.name
    if source.exists() and not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    return target.exists()


@pytest.fixture(autouse=True)
def _fresh_settings():
    """Settings are read once; a test that changes the environment must not change the next one's."""
    from emo_utils.settings import load_settings

    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real clips, data and models."""
    if not SHARED.is_dir():
        pytest.skip(f"no shared data at {SHARED}; set EMO_SHARED_DIR")
    return SHARED


@pytest.fixture(scope="session")
def clips(shared) -> Path:
    """Real clips."""
    if not (shared / "clips").is_dir():
        pytest.skip(f"no clips in {shared}")
    return shared / "clips"


@pytest.fixture(scope="session")
def ferplus_archive() -> Path:
    """The real FER+."""
    path = Path(os.environ["FERPLUS_ARCHIVE"])
    if not path.exists():
        pytest.skip(f"no FER+ at {path}; set FERPLUS_ARCHIVE")
    return path


@pytest.fixture
def small_video(tmp_path) -> Path:
    """Ten frames of 64x48, 25 a second; frame i has the gray value 20 i."""
    from emo_utils.video_writer import write_video

    path = tmp_path / "small.mp4"
    write_video(path, (np.full((48, 64, 3), 20 * i, np.uint8) for i in range(10)), Fraction(25))
    return path


@pytest.fixture(scope="session")
def tiny_ferplus(tmp_path_factory) -> Path:
    """A tiny corpus in FER+'s layout, on which a network trains in seconds: each class is a bright bar in its place."""
    import cv2

    from emo_utils.datasets.corpora.ferplus import COLUMNS, SPLITS

    root = tmp_path_factory.mktemp("tiny_ferplus")
    rng = np.random.default_rng(0)
    lines = [",".join(("Usage", "Image name", *COLUMNS))]
    number = 0
    for usage, folder in SPLITS.values():
        (root / folder).mkdir()
        for index in range(96 if usage == "Training" else 32):
            label = index % 8
            picture = rng.integers(0, 80, (48, 48)).astype(np.uint8)
            picture[6 * label : 6 * label + 6] += 150
            name = f"fer{number:07d}.png"
            cv2.imwrite(str(root / folder / name), picture)
            votes = [10 if i == label else 0 for i in range(10)]
            lines.append(",".join((usage, name, *map(str, votes))))
            number += 1
    (root / "fer2013new.csv").write_text("\n".join(lines) + "\n")
    return root


@pytest.fixture
def nothing_here(monkeypatch, tmp_path):
    """No corpora, no runs, no committed evidence."""
    from emo_utils.workflows.tables import build

    monkeypatch.setenv("EMO_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("FERPLUS_ARCHIVE", str(tmp_path / "absent.zip"))
    monkeypatch.setenv("RAVDESS_AU", str(tmp_path / "data" / "raw" / "ravdess_au"))
    monkeypatch.setattr(build, "EVIDENCE", tmp_path / "absent.csv")


@pytest.fixture
def emo(monkeypatch, capsys):
    """Run `emo` in this process; gives exit code, output, errors."""
    from emo_utils.apps import cli

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["emo", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        done = capsys.readouterr()
        return ended.value.code or 0, done.out, done.err

    return run
