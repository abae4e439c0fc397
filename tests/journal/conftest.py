"""Journals with made-up analyses: real SQLite, real files."""

import numpy as np
import pytest

from emo_utils.journal.entry import Apex, EntryAnalysis
from emo_utils.journal.journal import Journal
from emo_utils.labels import EMOTIONS


@pytest.fixture
def journal(tmp_path):
    with Journal(tmp_path / "journal") as opened:
        yield opened


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "holiday.MP4"
    path.write_bytes(b"the bytes of a clip" * 1000)
    return path


@pytest.fixture
def analysed():
    """Make an analysis: one emotion `lean` times as probable as each other one, on top of a face's own offset."""

    def make(emotion: str = "happiness", lean: float = 20.0, offset=0.0) -> EntryAnalysis:
        logs = np.log(np.where(np.array(EMOTIONS) == emotion, lean, 1.0)) + offset
        logs -= logs.mean()
        probabilities = np.exp(logs) / np.exp(logs).sum()
        return EntryAnalysis(EMOTIONS, probabilities, probabilities, logs, 50, 2.0, 1, 1, "none", "0", "uniform", "0")

    return make


@pytest.fixture
def apexes(small_picture):
    return [Apex(0.5, "happiness", 1.25, small_picture), Apex(1.5, "", float("nan"), small_picture)]


@pytest.fixture(scope="session")
def small_picture() -> bytes:
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (16, 16), (200, 10, 10)).save(file, "JPEG")
    return file.getvalue()
