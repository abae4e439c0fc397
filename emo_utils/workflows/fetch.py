"""Fetch model files and corpora by name."""

from pathlib import Path

from emo_utils.assets import ASSETS, locate
from emo_utils.datasets.registry import corpora
from emo_utils.errors import UnknownNameError
from emo_utils.registry import unknown_name
from emo_utils.settings import load_settings


def fetch_one(name: str) -> Path:
    """Fetch a model file or a corpus and return where it is.

    Raises:
        UnknownNameError: no such file or corpus; lists the known ones.
        AssetError, CorpusError: it cannot be fetched; the message says what to do.
    """
    if name in ASSETS:
        return locate(name, progress=True)
    if name in corpora:
        return corpora.create(name).fetch(progress=True)
    raise UnknownNameError(unknown_name("model file or corpus", name, (*ASSETS, *corpora)))


def fetchable() -> list[tuple[str, str, str]]:
    """Name, state (here or not fetched) and licence of everything that can be fetched."""
    models_dir = load_settings().models_dir
    files = [(a.name, (models_dir / a.filename).exists(), a.licence) for a in ASSETS.values()]
    sets = [(name, (corpus := corpora.create(name)).root.exists(), corpus.licence) for name in corpora]
    return [(name, "here" if there else "not fetched", licence) for name, there, licence in files + sets]
